/**
 * Text and bytes in and out of raw memory. What most engines are fast at is here; an adapter that is
 * faster at something else overrides it. The figures behind the choices come from `bench/text_bench.ts`.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { SHORT_TEXT, WIDE, writeShortOneByte } from "./short_text.ts";

/** Methods of `Buffer`; those that read and write without option parsing are typed nowhere. */
export interface FastBuffer extends Uint8Array {
  latin1Slice(start: number, end: number): string;
  ucs2Slice(start: number, end: number): string;
  latin1Write(text: string, at: number, lengthBytes: number): number;
  ucs2Write(text: string, at: number, lengthBytes: number): number;
  copy(target: Uint8Array, targetAt: number, start: number, end: number): number;
  fill(value: number | Uint8Array, start?: number, end?: number): this;
}

/** A `Buffer` over all of `buffer`. */
export function fastBuffer(buffer: ArrayBufferLike): FastBuffer {
  return Buffer.from(buffer as ArrayBuffer) as unknown as FastBuffer;
}

/** Fast access to one block of memory, private or shared. */
export class RawMemory {
  protected readonly buffer: FastBuffer;
  protected readonly bytes: Uint8Array;

  constructor(buffer: ArrayBufferLike) {
    this.buffer = fastBuffer(buffer);
    this.bytes = new Uint8Array(buffer);
  }

  /**
   * Writes `text`, `length` characters long, as one byte a character.
   *
   * @returns false if some character needs two bytes; what was written then is void
   */
  tryWriteOneByte(text: string, at: number, length: number): boolean {
    if (length <= SHORT_TEXT) return writeShortOneByte(this.bytes, text, at, length);
    if (WIDE.test(text)) return false;
    this.buffer.latin1Write(text, at, length);
    return true;
  }

  /** Writes `text` as two bytes a character, little-endian, lone surrogates included. */
  writeTwoByte(text: string, at: number): void {
    this.buffer.ucs2Write(text, at, text.length * 2);
  }

  /** Reads one byte a character. */
  readOneByte(at: number, lengthBytes: number): string {
    return this.buffer.latin1Slice(at, at + lengthBytes);
  }

  /** Reads two bytes a character. */
  readTwoByte(at: number, lengthBytes: number): string {
    return this.buffer.ucs2Slice(at, at + lengthBytes);
  }

  /**
   * Copies all of `source`, `lengthBytes` long.
   *
   * @throws {RangeError} if it has become longer, unless the first `lengthBytes` were copied
   */
  copyIn(source: Uint8Array, at: number, lengthBytes: number): void {
    this.bytes.subarray(at, at + lengthBytes).set(source);
  }

  /** A private copy, in a buffer of its own. */
  copyOut(at: number, lengthBytes: number): Uint8Array {
    return this.bytes.slice(at, at + lengthBytes);
  }
}

/** A private copy of what begins `bytes`, in memory that is not filled with zeros first. */
export function copyBytes(bytes: Uint8Array, lengthBytes: number): ArrayBuffer {
  const copy = new Uint8Array(Buffer.allocUnsafeSlow(lengthBytes).buffer as ArrayBuffer);
  copy.set(bytes.subarray(0, lengthBytes));
  return copy.buffer;
}

/** The prototype of Node's `Buffer`, which all three runtimes have. */
export const bufferPrototype: object = Buffer.prototype;

/** A `Buffer` over all of `bytes`, no copy. */
export function asBuffer(bytes: ArrayBuffer): Uint8Array {
  return Buffer.from(bytes);
}

/** Length of `text` as UTF-8. */
export function utf8Length(text: string): number {
  return Buffer.byteLength(text);
}
