/**
 * Plain objects and arrays. What JSON carries without change goes as JSON, which engines read and
 * write fastest; the rest goes as a structured walk. Nothing is silently changed.
 *
 * @module
 */

import type { Encoder } from "../encoder.ts";
import { Tag } from "../tags.ts";
import { isJsonClean } from "./plain_shape.ts";
import { encodeStructured } from "./structured.ts";
import { encodeText } from "./text.ts";

/** Encodes a plain object or an array; flags and tag, or `NO_SPACE`. */
export function encodePlain(encoder: Encoder, value: object): number {
  return isJsonClean(value)
    ? encodeText(encoder, Tag.Json, JSON.stringify(value))
    : encodeStructured(encoder, value);
}
