/**
 * Text and JSON in buffers, as UTF-8.
 *
 * @module
 */

import { received } from "../errors.ts";
import { type BufferLike, bufferToBytes, bytesToBuffer } from "./bytes.ts";

const encoder = new TextEncoder();
// A U+FEFF in front belongs to a text like any other character. JSON cannot begin with one, so there
// it can only be the mark that some editors put in front of files.
const textDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
const jsonDecoder = new TextDecoder();

/**
 * Text as UTF-8. A lone surrogate, which UTF-8 cannot express, becomes U+FFFD; all other text is read
 * by {@linkcode bufferToString} as it was.
 *
 * @throws TypeError if `text` is not a string
 *
 * @example
 * ```ts
 * import { bufferToString, stringToBuffer } from "@vixeny/knitting/utils";
 *
 * console.log(bufferToString(stringToBuffer("naïve"))); // naïve
 * ```
 */
export function stringToBuffer(text: string): SharedArrayBuffer {
  if (typeof text !== "string") {
    throw new TypeError(`Expected a string, received ${received(text)}`);
  }
  // ASCII, the most common text by far, goes into shared memory at once, about twice as fast as by way
  // of a copy: all of it fits only if every character takes one byte. Other text costs the attempt, a
  // third or so more (on Bun up to four times, if it is long and wide): counting first costs everyone.
  const shared = new SharedArrayBuffer(text.length);
  const { read } = encoder.encodeInto(text, new Uint8Array(shared));
  return read === text.length ? shared : bytesToBuffer(encoder.encode(text));
}

/**
 * Reads UTF-8. Bytes that are not UTF-8 become U+FFFD. A byte order mark is kept, as U+FEFF.
 *
 * @throws TypeError if `src` is neither a buffer nor a view, or if its memory is gone
 *
 * @example
 * ```ts
 * import { bufferToString } from "@vixeny/knitting/utils";
 *
 * console.log(bufferToString(new Uint8Array([104, 105]))); // hi
 * ```
 */
export function bufferToString(src: BufferLike): string {
  return textDecoder.decode(stableBytes(src));
}

/**
 * Bytes that nobody changes while they are decoded. A decoder looks at its input more than once, to
 * see how long the text gets and then to write it; if another thread wrote in between, it could go
 * beyond what it has set aside. So bytes that are shared are copied first; and those that can be
 * resized, because the standard has browsers refuse them.
 */
function stableBytes(src: BufferLike): Uint8Array {
  const bytes = bufferToBytes(src);
  const { buffer } = bytes;
  // Shared memory has no such property.
  return "resizable" in buffer && !buffer.resizable ? bytes : new Uint8Array(bytes);
}

/**
 * A value as JSON, in UTF-8. What `JSON.stringify` leaves out or changes is left out or changed here.
 *
 * @throws TypeError if JSON has nothing for `value` (`undefined`, functions, symbols), or cannot write
 * it: a cycle, a bigint, a `toJSON` that throws; then `cause` is the reason
 *
 * @example
 * ```ts
 * import { bufferToString, jsonToBuffer } from "@vixeny/knitting/utils";
 *
 * console.log(bufferToString(jsonToBuffer({ a: [1, true] }))); // {"a":[1,true]}
 * ```
 */
export function jsonToBuffer(value: unknown): SharedArrayBuffer {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : `threw ${received(cause)}`;
    throw new TypeError(`The value is not JSON-serializable: ${why}`, { cause });
  }
  if (json === undefined) {
    throw new TypeError(`The value is not JSON-serializable: received ${received(value)}`);
  }
  return stringToBuffer(json);
}

/**
 * Reads JSON in UTF-8. A byte order mark in front is skipped. That the value is a `T` is not checked.
 *
 * @throws SyntaxError if the bytes are not JSON
 * @throws TypeError if `src` is neither a buffer nor a view, or if its memory is gone
 *
 * @example
 * ```ts
 * import { bufferToJson, jsonToBuffer } from "@vixeny/knitting/utils";
 *
 * const { a } = bufferToJson<{ a: number[] }>(jsonToBuffer({ a: [1, 2] }));
 * console.log(a.length); // 2
 * ```
 */
export function bufferToJson<T>(src: BufferLike): T {
  return JSON.parse(jsonDecoder.decode(stableBytes(src)));
}
