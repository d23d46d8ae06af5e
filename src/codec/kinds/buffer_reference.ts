/**
 * `BufferReference`: the buffer is moved beside the lane, and no byte of it is copied.
 *
 * @module
 */

import { ownedBy, referenceTo } from "../../memory/buffer_reference.ts";
import type { BufferReference } from "../../memory/buffer_reference.ts";
import { OwnedBuffer } from "../../memory/owned_buffer.ts";
import type { Encoder } from "../encoder.ts";
import { malformed, typeError } from "../refusals.ts";
import { Flag, NO_SPACE, Tag } from "../tags.ts";

/** Encodes a reference; flags and tag, or `NO_SPACE`. */
export function encodeReference(encoder: Encoder, value: object): number {
  const memory = memoryOf(value, "");
  if (!encoder.move(memory)) return NO_SPACE;
  if (!encoder.placeBeside(memory.size, "BufferReference", 0)) return NO_SPACE;
  encoder.writeDouble(memory.byteOffset);
  encoder.writeDouble(memory.byteLength, 1);
  return Tag.BufferReference | (Flag.Attached << 8);
}

/**
 * The memory of a reference that is to be sent.
 *
 * @throws {KnittingError} if there is none: released, moved, elsewhere, or not a reference at all
 */
export function memoryOf(value: object, path: string): OwnedBuffer {
  const memory = ownedBy(value);
  if (memory === undefined) throw typeError("an object only looks like a BufferReference", path);
  memory.whole();
  return memory;
}

/**
 * A reference to a buffer that has come here.
 *
 * @throws {KnittingError} `KNT_ERROR_3` if it is not to show bytes of that buffer
 */
export function arrived(
  buffer: ArrayBuffer,
  byteOffset: number,
  byteLength: number,
): BufferReference {
  const areCounts = Number.isInteger(byteOffset) && byteOffset >= 0 &&
    Number.isInteger(byteLength) && byteLength >= 0;
  if (!areCounts || byteOffset + byteLength > buffer.byteLength) {
    throw malformed("a BufferReference shows what is not there");
  }
  return referenceTo(new OwnedBuffer(buffer, byteOffset, byteLength));
}
