/**
 * The way into a worker for modules given as `source`.
 *
 * @module
 */

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
