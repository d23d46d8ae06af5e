/**
 * Writes the walk of structured.ts.
 *
 * @module
 */

import { ProcessSharedBuffer } from "../../memory/process_shared_buffer.ts";
import { rawMemory } from "../../runtime/current.ts";
import type { RawMemory } from "../../runtime/raw_memory.ts";
import { functionError, graphError, objectError, symbolKey, typeError } from "../refusals.ts";
import { Flag, Tag } from "../tags.ts";
import { bigintToText, isLong } from "./bigint.ts";
import { bytesOf, bytesTag } from "./bytes.ts";
import { isErrorObject, writeError } from "./error.ts";
import { isPlain } from "./plain_shape.ts";

/** Nesting beyond this is refused: the other side could run out of stack. */
export const MAX_DEPTH = 1000;
/** A scratch buffer that grew beyond this is not kept. */
const KEEP_BYTES = 1 << 20;

const noCheck = (): void => {};

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
  #checkLength: (bytes: number) => void = noCheck;
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
    writer.#inside.length = 0;
    writer.#path.length = 0;
    return writer;
  }

  /** What was written; valid until the next walk. */
  end(): Uint8Array {
    // It stays for the next walk, and must not keep the pool of this one, or what the walk has met.
    this.#checkLength = noCheck;
    this.errors.length = 0;
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
      return this.text(bigintToText(value));
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
