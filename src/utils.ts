/**
 * Text, JSON and numbers in and out of shared memory. A `SharedArrayBuffer` reaches tasks as the same
 * memory, so what is written once can be read by any number of calls.
 *
 * Imports nothing of a runtime, so it works in browsers, too. There `SharedArrayBuffer` exists only in
 * pages that are cross-origin isolated.
 *
 * @example
 * ```ts
 * import { bufferToJson, jsonToBuffer } from "@vixeny/knitting/utils";
 *
 * const shared = jsonToBuffer({ rows: [1, 2, 3] });
 * console.log(bufferToJson<{ rows: number[] }>(shared).rows.length); // 3
 * ```
 *
 * @module
 */

export { type BufferLike, bufferToBytes, bytesToBuffer } from "./utils/bytes.ts";
export {
  bufferToNumbers,
  type NumberBufferOptions,
  type NumberFormat,
  numbersToBuffer,
} from "./utils/numbers.ts";
export { bufferToJson, bufferToString, jsonToBuffer, stringToBuffer } from "./utils/text.ts";
