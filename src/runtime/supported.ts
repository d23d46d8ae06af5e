/**
 * Which versions of the runtimes the library runs on.
 *
 * @module
 */

import type { RuntimeName } from "./runtime.ts";

/** The oldest major version of each; `engines` in the npm package says the same. */
export const oldestSupported: Readonly<Record<RuntimeName, number>> = { node: 22, deno: 2, bun: 1 };

/** Whether the library runs on a version such as `22.18.0`. */
export function isSupported(name: RuntimeName, version: string): boolean {
  return Number.parseInt(version) >= oldestSupported[name];
}
