/**
 * What `import "knitting"` loads from the npm package on Node and Bun: all of `mod.ts`, but what makes pools
 * only when the first is made. So workers, which load the modules of their tasks and all that they import, never
 * do. Most bundlers, and everybody else, get `mod.ts`.
 *
 * @module
 */

import type * as host from "./src/api/create_pool.ts";
import { inertPool } from "./src/api/inert_pool.ts";
import { callerOf } from "./src/api/module_url.ts";
import type { Options } from "./src/api/options.ts";
import { offerSinglePools } from "./src/api/single_pools.ts";
import type { PoolMaker } from "./src/api/types.ts";
import { requireOf } from "./src/runtime/require.ts";
import { isWorker } from "./src/runtime/threads.ts";

export { carried } from "./src/api/carried.ts";
export { importTask } from "./src/api/import_task.ts";
export { setModuleUrl } from "./src/api/module_url.ts";
export { task } from "./src/api/task.ts";
export { workerMainLoop } from "./src/worker/main_loop.ts";
export { Envelope } from "./src/codec/kinds/envelope.ts";
export { KnittingError } from "./src/errors.ts";
export { isMain } from "./src/runtime/threads.ts";

/** On Bun every module has one, and its bundler takes in what that loads. */
declare const require: ReturnType<typeof requireOf> | undefined;

/** As {@linkcode host.createPool}. */
export function createPool(options: Options): PoolMaker {
  if (isWorker) return <T>() => inertPool<T>();
  const { url } = callerOf(createPool);
  return load().poolMaker(options, url);
}

offerSinglePools((...parts) => load().singlePool(...parts));

function load(): typeof host {
  return (typeof require === "function"
    ? require("./src/api/create_pool.js")
    : requireOf(import.meta.url)("./src/api/create_pool.js")) as typeof host;
}
