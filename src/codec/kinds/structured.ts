/**
 * Objects, arrays and errors that JSON would change: a walk that writes a tag before every value.
 * What a walk meets is a plain object, an array, an error, a date, binary data or a primitive;
 * anything else is refused with the path to it.
 *
 * ```text
 *   number        tag, float64              date       tag, float64
 *   text          tag, flags, u32 length in bytes, bytes
 *   object        tag, u32 count, then key (text without tag) and value
 *   array         tag, u32 length, values (Hole for what is not there)
 *   binary        tag, u32 length in bytes, bytes
 *   error         see error.ts
 * ```
 *
 * @module
 */

import { ProcessSharedBuffer } from "../../memory/process_shared_buffer.ts";
import { rawMemory } from "../../runtime/current.ts";
import type { RawMemory } from "../../runtime/raw_memory.ts";
import type { Encoder } from "../encoder.ts";
import { isLong } from "../limits.ts";
import type { Memory } from "../memory.ts";
import {
  functionError,
  graphError,
  malformed,
  objectError,
  symbolKey,
  typeError,
} from "../refusals.ts";
import { Flag, NO_SPACE, Tag } from "../tags.ts";
import { bytesOf, bytesTag, decodeBytes, isBytesTag } from "./bytes.ts";
import { isErrorObject, readError, writeError } from "./error.ts";
import { isPlain } from "./plain_shape.ts";

/** Nesting beyond this is refused: the other side could run out of stack. */
const MAX_DEPTH = 1000;
/** To a reader the errors of an `AggregateError` lie one deeper than it, in an array. */
const MAX_READ_DEPTH = 2 * MAX_DEPTH;
/** A scratch buffer that grew beyond this is not kept. */
const KEEP_BYTES = 1 << 20;

/** Encodes by a walk; the tag, or `NO_SPACE`. */
export function encodeStructured(encoder: Encoder, value: object): number {
  const scratch = StructuredWriter.begin((bytes) => encoder.checkLimit(bytes, "Object"));
  scratch.value(value);
  return encoder.placeBytes(scratch.end(), "Object") ? Tag.Structured : NO_SPACE;
}

/** Reads what {@linkcode encodeStructured} wrote. */
export function decodeStructured(memory: Memory, at: number, length: number): unknown {
  return new StructuredReader(memory, at, length).value();
}

/** Writes a walk into private memory that grows. */
export class StructuredWriter {
  static #idle: StructuredWriter | undefined;

  /** Whether this is the header of an envelope, which has no room for bigints and promises. */
  forHeader = false;
  /** Errors met in this walk, so that a cycle of causes ends. */
  readonly errors: object[] = [];
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #raw: RawMemory = rawMemory(this.#bytes.buffer);
  #at = 0;
  #checkLength: (bytes: number) => void = () => {};
  /** Objects the walk is inside of. */
  readonly #inside: object[] = [];
  readonly #path: (string | number)[] = [];

  /**
   * An empty writer: the one of the last walk, if it is not in use by an outer one.
   *
   * @param checkLength throws if so many bytes are too many
   */
  static begin(checkLength: (bytes: number) => void): StructuredWriter {
    const writer = StructuredWriter.#idle ?? new StructuredWriter();
    StructuredWriter.#idle = undefined;
    writer.#at = 0;
    writer.forHeader = false;
    writer.#checkLength = checkLength;
    writer.errors.length = 0;
    writer.#inside.length = 0;
    writer.#path.length = 0;
    return writer;
  }

  /** What was written; valid until the next walk. */
  end(): Uint8Array {
    if (this.#bytes.length <= KEEP_BYTES) StructuredWriter.#idle = this;
    return this.#bytes.subarray(0, this.#at);
  }

  /** Writes a value with its tag. */
  value(value: unknown): void {
    switch (typeof value) {
      case "number":
        return this.#double(Tag.Number, value);
      case "string":
        this.byte(Tag.String);
        return this.text(value);
      case "boolean":
        return this.byte(value ? Tag.True : Tag.False);
      case "undefined":
        return this.byte(Tag.Undefined);
      case "bigint":
        return this.#bigint(value);
      case "symbol":
        this.byte(Tag.Symbol);
        return this.text(symbolKey(value, this.path()));
      case "function":
        throw functionError(value, this.path());
      default:
        return value === null ? this.byte(Tag.Null) : this.#object(value as object);
    }
  }

  /** Writes `value` as the entry `key` of what is being written; errors then name the path. */
  entry(key: string | number, value: unknown): void {
    this.#path.push(key);
    this.value(value);
    this.#path.pop();
  }

  /**
   * Writes `value` as the entry `key` if it can cross.
   *
   * @returns false if it cannot; then nothing is written
   */
  tryEntry(key: string, value: unknown): boolean {
    return this.#try(() => this.entry(key, value));
  }

  /** The same for an entry whose key is written before the value. */
  tryField(key: string, read: () => unknown): boolean {
    return this.#try(() => {
      this.text(key);
      this.entry(key, read());
    });
  }

  #try(write: () => void): boolean {
    const { length } = this.#path;
    const inside = this.#inside.length;
    const errors = this.errors.length;
    const start = this.#at;
    try {
      write();
      return true;
    } catch {
      this.#path.length = length;
      this.#inside.length = inside;
      this.errors.length = errors;
      this.#at = start;
      return false;
    }
  }

  /** Writes one byte. */
  byte(value: number): void {
    this.#grow(1);
    this.#bytes[this.#at++] = value;
  }

  /** Writes a 32-bit count. */
  count(value: number): void {
    this.#grow(4);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  /** Where the next byte goes; for {@linkcode patchCount}. */
  get position(): number {
    return this.#at;
  }

  /** Writes a count over one written before. */
  patchCount(position: number, value: number): void {
    this.#view.setUint32(position, value, true);
  }

  /** Writes text without a tag. */
  text(text: string): void {
    const { length } = text;
    this.#grow(5 + length * 2);
    const at = this.#at + 5;
    const oneByte = this.#raw.tryWriteOneByte(text, at, length);
    if (!oneByte) this.#raw.writeTwoByte(text, at);
    const bytes = oneByte ? length : length * 2;
    this.#bytes[this.#at] = oneByte ? 0 : Flag.TwoByte;
    this.#view.setUint32(this.#at + 1, bytes, true);
    this.#at = at + bytes;
  }

  /** The path to the value in hand, for messages: `rows[3].when`. */
  path(): string {
    return this.#path.map((key, index) =>
      typeof key === "number"
        ? `[${key}]`
        : !/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
        ? `[${JSON.stringify(key)}]`
        : index === 0
        ? key
        : `.${key}`
    ).join("");
  }

  #object(value: object): void {
    const prototype: object | null = Object.getPrototypeOf(value);
    const isArray = Array.isArray(value);
    if (!isArray && prototype !== Object.prototype) {
      const bytes = prototype === null ? undefined : bytesTag(prototype);
      if (bytes !== undefined) return this.#binary(bytes, value as ArrayBufferView);
      if (value instanceof Date) return this.#double(Tag.Date, value.getTime());
      if (isErrorObject(value)) return this.#error(value);
      if (value instanceof Promise) {
        throw typeError(
          this.forHeader
            ? "Envelope header cannot contain Promise values."
            : "a Promise is awaited only when it is the argument itself",
          this.path(),
        );
      }
      // Inside of objects it is described, and not shared: the host can make one of it again.
      if (ProcessSharedBuffer.is(value)) return this.#record(value.toMetadata());
      if (!isPlain(value)) throw objectError(value, this.path());
    }
    if (this.#inside.includes(value)) throw graphError("the object graph has a cycle", this.path());
    this.#enter(value);
    if (isArray) this.#array(value);
    else this.#record(value);
    this.#leave();
  }

  #enter(value: object): void {
    if (this.#inside.length >= MAX_DEPTH) {
      throw graphError(`nested deeper than ${MAX_DEPTH} levels`, this.path().slice(0, 100) + "…");
    }
    this.#inside.push(value);
  }

  #leave(): void {
    this.#inside.pop();
  }

  /** Errors may be their own cause: those met before are written as a reference. */
  #error(error: Error): void {
    this.#enter(error);
    writeError(this, error);
    this.#leave();
  }

  #array(values: readonly unknown[]): void {
    const { length } = values;
    // Each element takes a byte at least: a sparse array that is too long is not walked.
    this.#checkLength(this.#at + length);
    this.byte(Tag.Array);
    this.count(length);
    for (let i = 0; i < length; i++) {
      const value = values[i];
      if (value === undefined && !(i in values)) this.byte(Tag.Hole);
      else this.entry(i, value);
    }
  }

  #record(record: object): void {
    const keys = Object.keys(record);
    this.byte(Tag.Object);
    this.count(keys.length);
    for (const key of keys) {
      this.text(key);
      this.entry(key, (record as Record<string, unknown>)[key]);
    }
  }

  #binary(tag: number, value: ArrayBuffer | ArrayBufferView): void {
    const bytes = bytesOf(value, this.path());
    this.byte(tag);
    this.count(bytes.length);
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #bigint(value: bigint): void {
    if (this.forHeader) throw graphError("BigInt in an Envelope header", this.path());
    if (!isLong(value)) {
      this.byte(Tag.BigInt);
      return this.text(value.toString(16));
    }
    this.#grow(9);
    this.#bytes[this.#at] = Tag.BigInt64;
    this.#view.setBigInt64(this.#at + 1, value, true);
    this.#at += 9;
  }

  #double(tag: number, value: number): void {
    this.#grow(9);
    this.#bytes[this.#at] = tag;
    this.#view.setFloat64(this.#at + 1, value, true);
    this.#at += 9;
  }

  #grow(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
    this.#raw = rawMemory(grown.buffer);
  }
}

/** Reads a walk. What it reads may be no walk, and may change meanwhile: it never leaves the payload. */
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
        return parseBigInt(this.text());
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
export function setEntry(record: object, key: string, value: unknown): void {
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

/** Reads what `toString(16)` of a bigint wrote. */
export function parseBigInt(hex: string): bigint {
  return hex.startsWith("-") ? -BigInt("0x" + hex.slice(1)) : BigInt("0x" + hex);
}
