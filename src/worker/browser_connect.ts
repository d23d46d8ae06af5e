/**
 * From a web worker to the page that started it.
 *
 * @module
 */

import { handover } from "../runtime/browser_threads.ts";
import type { WorkerHost } from "./host.ts";
import { threadHost } from "./thread_host.ts";

/** @throws {Error} in what `createPool` did not start, and the second time */
export async function connect(): Promise<WorkerHost> {
  return threadHost(await handover());
}
