/**
 * `require`, for modules that are not loaded before a function needs them.
 *
 * @module
 */

import { createRequire } from "node:module";

/**
 * `require` of a module, which loads others at once, where `import()` would let others go on meanwhile. On Node
 * before 22.12 it loads only CommonJS.
 *
 * @param url `import.meta.url` of the module
 */
export function requireOf(url: string): (path: string) => unknown {
  return createRequire(url);
}
