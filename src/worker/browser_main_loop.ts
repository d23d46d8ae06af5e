/**
 * The way into a web worker.
 *
 * @module
 */

import { boot } from "./boot.ts";
import { connect } from "./browser_connect.ts";

/**
 * Serves the calls of a pool; for a module that is given to `createPool` as `source` and does
 * something of its own first. Loads the tasks, and returns when the pool shuts down.
 */
export async function workerMainLoop(): Promise<void> {
  await boot(await connect());
}
