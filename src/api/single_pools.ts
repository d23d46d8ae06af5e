/**
 * From the definition of a task to a pool of it, without loading what makes pools: most modules with tasks
 * only define them, and every worker loads them.
 *
 * @module
 */

import type { BrandedTask } from "../runtime/branded_task.ts";
import type { Options } from "./options.ts";
import type { SingleTaskPool } from "./types.ts";

/** Makes a pool of one task; `caller` is the module that asks for it. */
export type StartSinglePool = (
  task: BrandedTask,
  options: Options,
  caller: string,
  // deno-lint-ignore no-explicit-any
) => SingleTaskPool<any, any>;

let start: StartSinglePool | undefined;

/** Said by what makes pools as it is loaded. */
export function offerSinglePools(startSinglePool: StartSinglePool): void {
  start = startSinglePool;
}

/** @throws {Error} if nothing that makes pools was loaded */
export const startSinglePool: StartSinglePool = (task, options, caller) => {
  if (start !== undefined) return start(task, options, caller);
  throw new Error(
    'knitting/task defines tasks and makes no pools: import "knitting" in the program that calls createPool',
  );
};
