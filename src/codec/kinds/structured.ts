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

import type { Encoder } from "../encoder.ts";
import type { Memory } from "../memory.ts";
import { NO_SPACE, Tag } from "../tags.ts";
import { StructuredReader } from "./structured_reader.ts";
import { StructuredWriter } from "./structured_writer.ts";

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
