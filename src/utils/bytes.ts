/**
 * Bytes of any buffer or view, and bytes into shared memory.
 *
 * @module
 */

import { received } from "../errors.ts";

/** Memory, or a view of some of it: typed arrays, `DataView`, Node's `Buffer`. */
export type BufferLike = ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

/**
 * The bytes of a buffer, or those that a view shows, without a copy. A `Uint8Array`, and so a
 * `Buffer`, is given back itself. Of a buffer that can grow it is the bytes that are there now.
 *
 * @throws TypeError if `src` is neither a buffer nor a view, or if its memory is gone: transferred, or
 * cut short by `resize`
 *
 * @example
 * ```ts
 * import { bufferToBytes } from "@vixeny/knitting/utils";
 *
 * const words = new Uint16Array([1, 2, 3]);
 * console.log(bufferToBytes(words.subarray(1)).length); // 4
 * ```
 */
export function bufferToBytes(src: BufferLike): Uint8Array {
  const isView = ArrayBuffer.isView(src);
  if (!isView && !isBuffer(src)) {
    throw new TypeError(
      `Expected an ArrayBuffer, a SharedArrayBuffer or a view of one, received ${received(src)}`,
    );
  }
  try {
    if (!isView) return new Uint8Array(src, 0, src.byteLength);
    if (src.byteLength === 0) checkEmpty(src);
    if (src instanceof Uint8Array) return src;
    return new Uint8Array(src.buffer, src.byteOffset, src.byteLength);
  } catch (cause) {
    throw new TypeError("The ArrayBuffer is detached, or too short for this view", { cause });
  }
}

/** By name and not by class, because a buffer of another realm, such as a frame's, is one, too. */
function isBuffer(value: unknown): value is ArrayBufferLike {
  const name = Object.prototype.toString.call(value);
  return name === "[object ArrayBuffer]" || name === "[object SharedArrayBuffer]";
}

/**
 * Typed arrays whose memory is gone say that they are empty; only their methods throw. `keys` and
 * `values` sometimes do not in Bun, once they are compiled.
 */
function checkEmpty(view: ArrayBufferView): void {
  if ("BYTES_PER_ELEMENT" in view) Uint8Array.prototype.set.call(view as Uint8Array, []);
}

/**
 * A copy of the bytes in shared memory of its own, exactly as long.
 *
 * @throws TypeError if `src` is neither a buffer nor a view, or if its memory is gone
 *
 * @example
 * ```ts
 * import { bytesToBuffer } from "@vixeny/knitting/utils";
 *
 * const shared = bytesToBuffer(new Uint8Array([1, 2, 3]));
 * console.log(shared.byteLength); // 3
 * ```
 */
export function bytesToBuffer(src: BufferLike): SharedArrayBuffer {
  const bytes = bufferToBytes(src);
  const shared = new SharedArrayBuffer(bytes.byteLength);
  new Uint8Array(shared).set(bytes);
  return shared;
}
