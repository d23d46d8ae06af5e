/**
 * Slots into values. One decoder serves one channel; calls and replies use the same code. What it
 * returns owns its memory: nothing points into the lane, but for shared buffers that were sent.
 *
 * @module
 */

import {
  INLINE,
  SLOT_HEAD,
  SLOT_INLINE_BYTE,
  SLOT_LENGTH,
  SLOT_OFFSET,
} from "../transport/layout.ts";
import type { BufferReference } from "../memory/buffer_reference.ts";
import { readCrossing } from "../memory/crossing.ts";
import type { Attachments } from "./attachments.ts";
import { decodeBytes, isBytesTag, ownBytes } from "./kinds/bytes.ts";
import { arrived } from "./kinds/buffer_reference.ts";
import { decodeEnvelope } from "./kinds/envelope.ts";
import { decodeStructured, parseBigInt } from "./kinds/structured.ts";
import { decodeText } from "./kinds/text.ts";
import { Memory } from "./memory.ts";
import { referenceIn } from "./references.ts";
import { typeError } from "./refusals.ts";
import { Flag, headFlags, headTag, Tag } from "./tags.ts";

/** Reads values from the slots of one channel. */
export class Decoder {
  /** Called with each reference that is decoded, the body of an envelope included. */
  onReference: (reference: BufferReference) => void = () => {};
  readonly #lane: Memory;
  readonly #attachments: Attachments;

  constructor(lane: Memory, attachments: Attachments) {
    this.#lane = lane;
    this.#attachments = attachments;
  }

  /** The value in the slot that starts at word `slot`. */
  decode(slot: number): unknown {
    const head = this.#lane.words[slot + SLOT_HEAD]!;
    switch (headTag(head)) {
      case Tag.Number:
        return this.#lane.doubles[(slot >> 1) + 2];
      case Tag.Undefined:
        return undefined;
      case Tag.Null:
        return null;
      case Tag.True:
        return true;
      case Tag.False:
        return false;
      case Tag.BigInt64:
        return this.#lane.longs[(slot >> 1) + 2];
      case Tag.Date:
        return new Date(this.#lane.doubles[(slot >> 1) + 2]!);
      default:
        return this.#decodePayload(slot, headTag(head), headFlags(head));
    }
  }

  #decodePayload(slot: number, tag: number, flags: number): unknown {
    if (tag === Tag.SharedArrayBuffer) return this.#attachments.take();
    if (isBytesTag(tag) && (flags & Flag.Attached) !== 0) {
      return ownBytes(this.#attachments.take() as ArrayBuffer, tag);
    }
    if (tag === Tag.BufferReference) return this.#reference(slot);
    // Before the segment, in the order in which they were sent.
    const body = tag === Tag.Envelope && (flags & Flag.Attached) !== 0
      ? this.#attachments.take()
      : undefined;
    const lane = this.#lane;
    const length = lane.words[slot + SLOT_LENGTH]! >>> 0;
    const offset = lane.words[slot + SLOT_OFFSET]!;
    const at = offset === INLINE ? slot * 4 + SLOT_INLINE_BYTE : offset >>> 0;
    const memory = (flags & Flag.Segment) === 0
      ? lane
      : new Memory(this.#attachments.take() as SharedArrayBuffer);

    if (isBytesTag(tag)) return decodeBytes(memory, at, length, tag);
    switch (tag) {
      case Tag.String:
        return this.#text(memory, at, length, flags);
      case Tag.Json:
        return JSON.parse(this.#text(memory, at, length, flags));
      case Tag.Structured:
        return decodeStructured(memory, at);
      case Tag.Envelope:
        return this.#envelope(memory, at, length, body);
      case Tag.BigInt:
        return parseBigInt(this.#text(memory, at, length, flags));
      case Tag.ProcessSharedBuffer:
        return readCrossing(this.#text(memory, at, length, flags));
      case Tag.Symbol:
        return Symbol.for(this.#text(memory, at, length, flags));
      default:
        throw typeError(`unknown tag ${tag}`, "");
    }
  }

  #reference(slot: number): BufferReference {
    const at = (slot >> 1) + 2;
    const [byteOffset, byteLength] = this.#lane.doubles.subarray(at, at + 2);
    const buffer = this.#attachments.take() as ArrayBuffer;
    const reference = arrived(buffer, byteOffset!, byteLength!);
    this.onReference(reference);
    return reference;
  }

  #envelope(memory: Memory, at: number, length: number, body: unknown): unknown {
    const envelope = decodeEnvelope(memory, at, length, body);
    const reference = referenceIn(envelope);
    if (reference !== undefined) this.onReference(reference);
    return envelope;
  }

  #text(memory: Memory, at: number, length: number, flags: number): string {
    return (flags & Flag.Attached) === 0
      ? decodeText(memory, at, length, flags)
      : this.#attachments.take() as string;
  }
}
