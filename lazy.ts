/**
 * What `import "knitting"` loads from the npm package on Bun: all of `mod.ts`, but what makes pools only when the
 * first is made. So workers, which load the modules of their tasks and all that they import, never do. Node has no
 * way to load a module at once that no other loader changes, such as that of a TypeScript runner; it gets `mod.ts`.
 *
 * @module
 */

import type * as host from "./src/api/create_pool.ts";
import { inertPool } from "./src/api/inert_pool.ts";
import { callerOf } from "./src/api/module_url.ts";
import type { Options } from "./src/api/options.ts";
import { offerSinglePools } from "./src/api/single_pools.ts";
import type { PoolMaker } from "./src/api/types.ts";
import { isWorker } from "./src/runtime/threads.ts";

export { carried } from "./src/api/carried.ts";
export { importTask } from "./src/api/import_task.ts";
export { setModuleUrl } from "./src/api/module_url.ts";
export { task } from "./src/api/task.ts";
export { workerMainLoop } from "./src/worker/main_loop.ts";
export { Envelope } from "./src/codec/kinds/envelope.ts";
export { KnittingError } from "./src/errors.ts";
export { isMain } from "./src/runtime/threads.ts";

/** Bun has it in every module, and its bundler takes in what it names. */
declare const require: (path: string) => unknown;

/** As {@linkcode host.createPool}. */
export function createPool(options: Options): PoolMaker {
  if (isWorker) return <T>() => inertPool<T>();
  const { url } = callerOf(createPool);
  return load().poolMaker(options, url);
}

offerSinglePools((...parts) => load().singlePool(...parts));

function load(): typeof host {
  return require("./src/api/create_pool.js") as typeof host;
}
