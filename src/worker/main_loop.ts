/**
 * The ways into a worker that are not `entry.ts`: a module given as `source`, and a bundle.
 *
 * @module
 */

import { isBundled, offerBundledEntry, ownUrl } from "../runtime/library_files.ts";
import { takeSelfStart } from "../runtime/threads.ts";

/**
 * Serves the calls of a pool; for a module that is given to `createPool` as `source` and does
 * something of its own first. Loads the tasks, and returns when the pool shuts down.
 *
 * @param startupData a thread's `workerData`, unchanged; by default it is fetched. It is empty afterwards
 *
 * @example
 * ```ts ignore
 * // my_worker.ts, used as createPool({ source: "./my_worker.ts" })
 * import { workerMainLoop } from "@vixeny/knitting";
 *
 * globalThis.started = Date.now();
 * await workerMainLoop();
 * ```
 */
export async function workerMainLoop(startupData?: unknown): Promise<void> {
  const { connect } = await import("./connect.ts");
  const host = await connect(startupData);
  const { boot } = await import("./boot.ts");
  await boot(host);
}

if (isBundled) {
  offerBundledEntry(ownUrl(import.meta.url));
  // Not awaited, as in entry.ts; and other code of the bundle may have to be evaluated first.
  if (takeSelfStart()) void workerMainLoop();
}
