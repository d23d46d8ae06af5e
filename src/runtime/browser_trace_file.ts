/**
 * Browsers have no files, in the place of `trace_file.ts`.
 *
 * @module
 */

import type { TraceFile } from "./trace_file.ts";

/** @throws {Error} always */
export function openTraceFile(_path: string, _end: string, _flush: () => void): TraceFile {
  throw new Error("debug.trace writes a file, which a browser cannot");
}
