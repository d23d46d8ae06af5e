/**
 * Text, and what travels as text: strings, JSON, symbol keys, large bigints. One byte a character
 * where that is exact, two where it is not; so lone surrogates cross like any other character.
 *
 * @module
 */

import { utf8Length } from "../../runtime/current.ts";
import type { Encoder } from "../encoder.ts";
import type { Memory } from "../memory.ts";
import { Flag, NO_SPACE, Tag, type TextTag } from "../tags.ts";

/** Encodes `text` under `tag`; flags and tag, or `NO_SPACE`. */
export function encodeText(encoder: Encoder, tag: TextTag, text: string): number {
  const length = text.length;
  const counted = countedBytes(encoder, text);
  if (encoder.prefersText(text)) {
    if (!encoder.placeBeside(length, typeName(tag), counted)) return NO_SPACE;
    encoder.attach(text);
    return tag | (Flag.Attached << 8);
  }
  if (!encoder.place(length, typeName(tag), counted)) return NO_SPACE;
  if (encoder.target.raw.tryWriteOneByte(text, encoder.at, length)) return tag;
  if (!encoder.place(length * 2, typeName(tag), counted)) return NO_SPACE;
  encoder.target.raw.writeTwoByte(text, encoder.at);
  return tag | (Flag.TwoByte << 8);
}

/** Reads text written by {@linkcode encodeText}, but for attached text. */
export function decodeText(memory: Memory, at: number, length: number, flags: number): string {
  return (flags & Flag.TwoByte) === 0
    ? memory.raw.readOneByte(at, length)
    : memory.raw.readTwoByte(at, length);
}

/**
 * What counts against the limit is the length in UTF-8, whatever the encoding; computed only when it
 * can matter, because it means reading all of the text.
 */
function countedBytes(encoder: Encoder, text: string): number {
  return encoder.mayExceed(text.length * 3) ? utf8Length(text) : text.length;
}

function typeName(tag: TextTag): string {
  switch (tag) {
    case Tag.String:
      return "String";
    case Tag.Json:
      return "Json";
    case Tag.BigInt:
      return "BigInt";
    case Tag.Symbol:
      return "Symbol";
    case Tag.ProcessSharedBuffer:
      return "ProcessSharedBuffer";
  }
}
