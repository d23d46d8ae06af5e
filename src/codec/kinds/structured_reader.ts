/**
 * Reads the walk of structured.ts. What it reads may be no walk, and may change meanwhile: it never
 * leaves the payload.
 *
 * @module
 */

import type { Memory } from "../memory.ts";
import { malformed } from "../refusals.ts";
import { Flag, Tag } from "../tags.ts";
import { bigintFromText } from "./bigint.ts";
import { decodeBytes, isBytesTag } from "./bytes.ts";
import { readError } from "./error.ts";
import { MAX_DEPTH } from "./structured_writer.ts";

/** To a reader the errors of an `AggregateError` lie one deeper than it, in an array. */
const MAX_READ_DEPTH = 2 * MAX_DEPTH;

/** Reads one walk. */
export class StructuredReader {
  /** Errors read so far, in order; a cycle of causes refers to them. */
  readonly errors: Error[] = [];
  readonly #memory: Memory;
  readonly #view: DataView;
  #at: number;
  readonly #end: number;
  #depth = 0;

  /** @param length of the payload; it lies in `memory` */
  constructor(memory: Memory, at: number, length: number) {
    this.#memory = memory;
    this.#view = new DataView(memory.buffer as ArrayBuffer);
    this.#at = at;
    this.#end = at + length;
  }

  /** Goes on by so many bytes; where they begin. */
  #skip(bytes: number): number {
    const at = this.#at;
    if (bytes > this.#end - at) throw malformed("it is longer than it says");
    this.#at = at + bytes;
    return at;
  }

  #enter(): void {
    if (++this.#depth > MAX_READ_DEPTH) throw malformed("it is nested too deep");
  }

  #leave(): void {
    this.#depth--;
  }

  /** Reads a value with its tag. */
  value(): unknown {
    const tag = this.byte();
    switch (tag) {
      case Tag.Number:
        return this.#double();
      case Tag.String:
        return this.text();
      case Tag.True:
        return true;
      case Tag.False:
        return false;
      case Tag.Null:
        return null;
      case Tag.Undefined:
        return undefined;
      case Tag.Object:
        return this.#record();
      case Tag.Array:
        return this.#array();
      case Tag.BigInt64:
        return this.#view.getBigInt64(this.#skip(8), true);
      case Tag.BigInt:
        return bigintFromText(this.text());
      case Tag.Symbol:
        return Symbol.for(this.text());
      case Tag.Date:
        return new Date(this.#double());
      case Tag.Error:
        return this.#error();
      case Tag.ErrorAgain:
        return this.#errorAgain();
      default:
        if (!isBytesTag(tag)) throw malformed(`unknown tag ${tag} inside of it`);
        return this.#binary(tag);
    }
  }

  /** Reads one byte. */
  byte(): number {
    return this.#memory.bytes[this.#skip(1)]!;
  }

  /** Reads a 32-bit count. */
  count(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  /** Reads text without a tag. */
  text(): string {
    const flags = this.byte();
    const length = this.count();
    const at = this.#skip(length);
    return (flags & Flag.TwoByte) === 0
      ? this.#memory.raw.readOneByte(at, length)
      : this.#memory.raw.readTwoByte(at, length);
  }

  #array(): unknown[] {
    const length = this.count();
    // Each element takes a byte at least.
    if (length > this.#end - this.#at) throw malformed("an array is longer than its payload");
    this.#enter();
    const values: unknown[] = [];
    values.length = length;
    for (let i = 0; i < length; i++) {
      if (this.#at < this.#end && this.#memory.bytes[this.#at] === Tag.Hole) this.#at++;
      else values[i] = this.value();
    }
    this.#leave();
    return values;
  }

  #record(): Record<string, unknown> {
    const record: Record<string, unknown> = {};
    this.#enter();
    for (let count = this.count(); count > 0; count--) setEntry(record, this.text(), this.value());
    this.#leave();
    return record;
  }

  #binary(tag: number): object {
    const length = this.count();
    return decodeBytes(this.#memory, this.#skip(length), length, tag);
  }

  #error(): Error {
    this.#enter();
    const error = readError(this);
    this.#leave();
    return error;
  }

  #errorAgain(): Error {
    const error = this.errors[this.count()];
    if (error === undefined) throw malformed("an error that has not come before");
    return error;
  }

  #double(): number {
    return this.#view.getFloat64(this.#skip(8), true);
  }
}

/** Sets an own property, also one named `__proto__`. */
function setEntry(record: object, key: string, value: unknown): void {
  if (key !== "__proto__") (record as Record<string, unknown>)[key] = value;
  else {
    Object.defineProperty(record, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}
