/**
 * Numbers in buffers, as typed arrays keep them.
 *
 * @module
 */

import { received } from "../errors.ts";
import { type BufferLike, bufferToBytes } from "./bytes.ts";

/** How a number is written: 64-bit float, 32-bit float, 32-bit integer with a sign. */
export type NumberFormat = "f64" | "f32" | "i32";

/** Options of {@linkcode numbersToBuffer} and {@linkcode bufferToNumbers}. */
export interface NumberBufferOptions<F extends NumberFormat = NumberFormat> {
  /** How numbers are written. Default `"f64"`, the only one that keeps every number as it is. */
  readonly format?: F;
}

/**
 * Numbers, one behind the other, in the byte order of the machine. They are converted as typed arrays
 * do it: `"f32"` rounds, `"i32"` drops fractions and keeps the lower 32 bits.
 *
 * @param nums an array, a typed array, or another object with a `length`
 * @throws TypeError if `nums` is something else, or a typed array whose memory is gone, or if the
 * format is unknown
 *
 * @example
 * ```ts
 * import { numbersToBuffer } from "@vixeny/knitting/utils";
 *
 * console.log(numbersToBuffer([1, 2, 3]).byteLength); // 24
 * console.log(numbersToBuffer([1, 2, 3], { format: "i32" }).byteLength); // 12
 * ```
 */
export function numbersToBuffer(
  nums: ArrayLike<number>,
  options: NumberBufferOptions = {},
): SharedArrayBuffer {
  const NumberArray = arrayFor(options);
  const length: unknown = typeof nums === "object" ? nums?.length : undefined;
  if (!Number.isSafeInteger(length) || (length as number) < 0) {
    throw new TypeError(`Expected an array of numbers, received ${received(nums)}`);
  }
  if (ArrayBuffer.isView(nums)) bufferToBytes(nums);
  const shared = new SharedArrayBuffer((length as number) * NumberArray.BYTES_PER_ELEMENT);
  new NumberArray(shared).set(nums);
  return shared;
}

/**
 * Shows bytes as numbers. It is a view of the same memory, or a copy where the bytes do not begin at
 * a multiple of the size of a number, because no typed array can.
 *
 * @throws RangeError if the bytes do not end with a whole number
 * @throws TypeError if `src` is neither a buffer nor a view, if its memory is gone, or if the format is
 * unknown
 *
 * @example
 * ```ts
 * import { bufferToNumbers, numbersToBuffer } from "@vixeny/knitting/utils";
 *
 * const shared = numbersToBuffer([0.5, 1.5]);
 * console.log(bufferToNumbers(shared)[1]); // 1.5
 * ```
 */
export function bufferToNumbers<F extends NumberFormat = "f64">(
  src: BufferLike,
  options?: NumberBufferOptions<F>,
): { f64: Float64Array; f32: Float32Array; i32: Int32Array }[F];
export function bufferToNumbers(
  src: BufferLike,
  options: NumberBufferOptions = {},
): Float64Array | Float32Array | Int32Array {
  const NumberArray = arrayFor(options);
  const size = NumberArray.BYTES_PER_ELEMENT;
  const bytes = bufferToBytes(src);
  if (bytes.byteLength % size !== 0) {
    throw new RangeError(`Expected a multiple of ${size} bytes, received ${bytes.byteLength}`);
  }
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % size === 0
    ? bytes
    : new Uint8Array(bytes);
  return new NumberArray(buffer, byteOffset, byteLength / size);
}

interface NumberArrayClass {
  readonly BYTES_PER_ELEMENT: number;
  new (
    buffer: ArrayBufferLike,
    byteOffset?: number,
    length?: number,
  ): Float64Array | Float32Array | Int32Array;
}

function arrayFor(options: NumberBufferOptions): NumberArrayClass {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Options must be an object, received ${received(options)}`);
  }
  const { format = "f64" } = options;
  switch (format) {
    case "f64":
      return Float64Array;
    case "f32":
      return Float32Array;
    case "i32":
      return Int32Array;
    default:
      throw new TypeError(`format must be "f64", "f32" or "i32", received ${received(format)}`);
  }
}
