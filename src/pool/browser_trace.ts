/**
 * Browsers have no files that a trace could be written to.
 *
 * @module
 */

import type { Trace } from "./trace.ts";

/** @throws {Error} always */
export function openTrace(): Trace {
  throw new Error("debug.trace writes a file, which a browser cannot");
}
