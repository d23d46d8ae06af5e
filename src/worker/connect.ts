/**
 * From a worker to the host that started it.
 *
 * @module
 */

import { isMain, isProcessWorker } from "../runtime/threads.ts";
import type { WorkerHost } from "./host.ts";
import { threadHost } from "./thread_host.ts";

/**
 * @param startupData see {@linkcode threadHost}; nothing to a process
 * @throws {Error} in what `createPool` did not start, and the second time
 */
export async function connect(startupData?: unknown): Promise<WorkerHost> {
  if (isMain) {
    throw new Error(
      "missing process worker boot payload: KNITTING_PROCESS_WORKER is not set. Wrappers and " +
        "containers must forward it; only a worker that createPool has started can serve calls",
    );
  }
  if (!isProcessWorker) return threadHost(startupData);
  const { processHost } = await import("./process_host.ts"); // which loads the native library
  return processHost();
}
