/**
 * From a worker to the host that started it.
 *
 * @module
 */

import { isProcessWorker } from "../runtime/threads.ts";
import type { WorkerHost } from "./host.ts";
import { threadHost } from "./thread_host.ts";

/**
 * @param startupData see {@linkcode threadHost}; nothing to a process
 * @throws {Error} in what `createPool` did not start, and the second time
 */
export async function connect(startupData?: unknown): Promise<WorkerHost> {
  if (!isProcessWorker) return threadHost(startupData);
  const { processHost } = await import("./process_host.ts"); // which loads the native library
  return processHost();
}
