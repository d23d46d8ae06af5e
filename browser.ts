/**
 * knitting for browsers: the same pools over web workers. This is what `npm/browser.js` is bundled from;
 * by itself it runs nowhere.
 *
 * The page must be cross-origin isolated, and the tasks must be exported by an ES module, which workers
 * import again. There are no processes, no permissions, no `BufferReference` and no `ProcessSharedBuffer`.
 *
 * @example
 * ```ts ignore
 * import { createPool, isMain, setModuleUrl } from "knitting/browser";
 *
 * setModuleUrl(import.meta.url);
 * export const greet = (name: string) => `hello ${name}`;
 *
 * if (isMain) {
 *   await using pool = createPool({ threads: 1 })({ greet });
 *   console.log(await pool.call.greet("knitting")); // hello knitting
 * }
 * ```
 *
 * @module
 */

import "./src/worker/browser_entry.ts";

export * from "./mod.ts";
