/**
 * Slots into values. One decoder serves one channel; calls and replies use the same code. What it
 * returns owns its memory: nothing points into the lane, but for shared buffers that were sent.
 *
 * Whoever wrote the slot may be hostile, and may go on writing. So each number is read once, checked,
 * and used; nothing is read from outside of the payload; and what takes time or memory is in proportion to it.
 *
 * @module
 */

import { INLINE, SLOT_INLINE_BYTE, SLOT_LENGTH, SLOT_OFFSET } from "../transport/layout.ts";
import type { BufferReference } from "../memory/buffer_reference.ts";
import { readCrossing } from "../memory/crossing.ts";
import { type Attachments, checkAttachedText, checkAttachment, senderOf } from "./attachments.ts";
import { bigintFromText } from "./kinds/bigint.ts";
import { decodeBytes, isBytesTag, ownBytes } from "./kinds/bytes.ts";
import { arrived } from "./kinds/buffer_reference.ts";
import { decodeEnvelope } from "./kinds/envelope.ts";
import { decodeStructured } from "./kinds/structured.ts";
import { decodeText } from "./kinds/text.ts";
import type { Memory } from "./memory.ts";
import { referenceIn } from "./references.ts";
import { malformed } from "./refusals.ts";
import { Flag, headFlags, headTag, Tag, type TextTag } from "./tags.ts";

/** Reads values from the slots of one channel. */
export class Decoder {
  /** Called with each reference that is decoded, the body of an envelope included. */
  onReference: (reference: BufferReference) => void = () => {};
  /** Makes what a value that is a stream is read as. */
  onStream: () => unknown = () => {
    throw malformed("a stream where there can be none");
  };
  readonly #lane: Memory;
  readonly #attachments: Attachments;

  constructor(lane: Memory, attachments: Attachments) {
    this.#lane = lane;
    this.#attachments = attachments;
  }

  /**
   * The value in the slot that starts at word `slot`.
   *
   * @param head the head word of the slot
   * @throws {ProtocolViolation} if what came beside the slot is not what it speaks of
   * @throws {Error} if the slot does not hold a value
   */
  decode(slot: number, head: number): unknown {
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
    if (tag === Tag.SharedArrayBuffer) {
      return checkAttachment(this.#attachments.take(), SharedArrayBuffer);
    }
    if (isBytesTag(tag) && (flags & Flag.Attached) !== 0) {
      return ownBytes(checkAttachment(this.#attachments.take(), ArrayBuffer), tag);
    }
    if (tag === Tag.BufferReference) return this.#reference(slot);
    if (tag === Tag.Stream) return this.onStream();
    if ((flags & Flag.Attached) !== 0 && tag !== Tag.Envelope) {
      return this.#fromText(checkAttachedText(this.#attachments.take()), tag);
    }
    const body = (flags & Flag.Attached) !== 0 ? this.#attachments.take() : undefined;
    const lane = this.#lane;
    const length = lane.words[slot + SLOT_LENGTH]! >>> 0;
    const offset = lane.words[slot + SLOT_OFFSET]!;
    const at = offset === INLINE ? slot * 4 + SLOT_INLINE_BYTE : offset >>> 0;
    if (length > lane.bytes.length - at) throw malformed("it does not lie in the lane");

    if (isBytesTag(tag)) return decodeBytes(lane, at, length, tag);
    if (tag === Tag.Structured) return decodeStructured(lane, at, length);
    if (tag === Tag.Envelope) return this.#envelope(lane, at, length, body);
    return this.#fromText(decodeText(lane, at, length, flags), tag);
  }

  #fromText(text: string, tag: number): unknown {
    const known = tag as TextTag; // it may be any number; so the compiler sees that none is left out
    switch (known) {
      case Tag.String:
        return text;
      case Tag.Json:
        return JSON.parse(text);
      case Tag.BigInt:
        return bigintFromText(text);
      case Tag.ProcessSharedBuffer:
        return readCrossing(text, senderOf(this.#attachments));
      case Tag.Symbol:
        return Symbol.for(text);
      default:
        throw malformed(`unknown tag ${known satisfies never}`);
    }
  }

  #reference(slot: number): BufferReference {
    const at = (slot >> 1) + 2;
    const [byteOffset, byteLength] = this.#lane.doubles.subarray(at, at + 2);
    const buffer = checkAttachment(this.#attachments.take(), ArrayBuffer);
    const reference = arrived(buffer, byteOffset!, byteLength!);
    this.onReference(reference);
    return reference;
  }

  #envelope(memory: Memory, at: number, length: number, body: unknown): unknown {
    const envelope = decodeEnvelope(memory, at, length, body, senderOf(this.#attachments));
    const reference = referenceIn(envelope);
    if (reference !== undefined) this.onReference(reference);
    return envelope;
  }
}
