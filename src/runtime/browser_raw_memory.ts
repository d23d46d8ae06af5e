// not covered: only in browsers, where tests/browser/ runs it
/**
 * Text and bytes in and out of raw memory, as `raw_memory.ts` has it, without Node's `Buffer`.
 *
 * Browsers may refuse to decode shared memory, for good reason: it may change meanwhile. So text is read from
 * a copy.
 *
 * @module
 */

import { SHORT_TEXT, WIDE, writeShortOneByte } from "./short_text.ts";

const encoder = new TextEncoder();
/** The nearest to one byte a character that there is: 0x80 to 0x9f are other characters. */
const oneByte = new TextDecoder("windows-1252");
const twoByte = new TextDecoder("utf-16le", { ignoreBOM: true });
/** What a decoder puts in the place of a lone surrogate. */
const REPLACEMENT = "\ufffd";
/** Characters that can be arguments of one call. */
const PIECE = 8192;

/** Fast access to one block of memory, private or shared. */
export class RawMemory {
  readonly #bytes: Uint8Array;

  constructor(buffer: ArrayBufferLike) {
    this.#bytes = new Uint8Array(buffer);
  }

  /** One byte a character; false if some character needs two. */
  tryWriteOneByte(text: string, at: number, length: number): boolean {
    if (length <= SHORT_TEXT) return writeShortOneByte(this.#bytes, text, at, length);
    if (WIDE.test(text)) return false;
    // Not every browser encodes into shared memory.
    const bytes = encoder.encode(text);
    if (bytes.length !== length) return writeShortOneByte(this.#bytes, text, at, length);
    this.#bytes.set(bytes, at);
    return true;
  }

  /** Two bytes a character, little-endian, lone surrogates included. */
  writeTwoByte(text: string, at: number): void {
    const bytes = this.#bytes;
    for (let i = 0; i < text.length; i++, at += 2) {
      const unit = text.charCodeAt(i);
      bytes[at] = unit;
      bytes[at + 1] = unit >> 8;
    }
  }

  /** Reads one byte a character. */
  readOneByte(at: number, lengthBytes: number): string {
    const copy = this.#bytes.slice(at, at + lengthBytes);
    if (lengthBytes <= SHORT_TEXT) return String.fromCharCode(...copy);
    const text = oneByte.decode(copy);
    return WIDE.test(text) ? fromUnits(copy) : text;
  }

  /** Reads two bytes a character. */
  readTwoByte(at: number, lengthBytes: number): string {
    const copy = this.copyOut(at, lengthBytes);
    const text = twoByte.decode(copy);
    return text.includes(REPLACEMENT) ? fromUnits(new Uint16Array(copy.buffer)) : text;
  }

  /**
   * Copies all of `source`, `lengthBytes` long.
   *
   * @throws {RangeError} if it has become longer
   */
  copyIn(source: Uint8Array, at: number, lengthBytes: number): void {
    this.#bytes.subarray(at, at + lengthBytes).set(source);
  }

  /** A private copy, in a buffer of its own. */
  copyOut(at: number, lengthBytes: number): Uint8Array {
    return this.#bytes.slice(at, at + lengthBytes);
  }
}

/** Each number is a character, whatever decoders think of it. */
function fromUnits(units: Uint8Array | Uint16Array): string {
  let text = "";
  for (let i = 0; i < units.length; i += PIECE) {
    text += String.fromCharCode(...units.subarray(i, i + PIECE));
  }
  return text;
}

/** A private copy of what begins `bytes`. */
export function copyBytes(bytes: Uint8Array, lengthBytes: number): ArrayBuffer {
  return bytes.slice(0, lengthBytes).buffer as ArrayBuffer;
}

/** The prototype of no object: there are no Buffers here. */
export const bufferPrototype: object = Object.create(null);

/** The bytes of a `Buffer`; only who breaks the rules of a lane speaks of one. */
export function asBuffer(bytes: ArrayBuffer): Uint8Array {
  return new Uint8Array(bytes);
}

/** Length of `text` as UTF-8; lone surrogates are replaced by a character of three bytes. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) length++;
    if (unit > 0x7ff) length++;
    // A pair has four bytes: three are counted with its first half, and one with the second.
    if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) i++;
  }
  return length;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}
