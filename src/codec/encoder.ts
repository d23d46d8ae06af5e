/**
 * Values into slots. One encoder serves one channel; calls and replies use the same code.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import { dropHold, holdFor, writeCrossing } from "../memory/crossing.ts";
import type { OwnedBuffer } from "../memory/owned_buffer.ts";
import type { ProcessSharedBuffer } from "../memory/process_shared_buffer.ts";
import type { ChannelProducer } from "../transport/channel.ts";
import {
  INLINE,
  INLINE_BYTES,
  SLOT_CALL,
  SLOT_HEAD,
  SLOT_INLINE_BYTE,
  SLOT_LENGTH,
  SLOT_OFFSET,
} from "../transport/layout.ts";
import type { Attachments } from "./attachments.ts";
import { KeptHolds } from "./kept_holds.ts";
import { bigintToText, isLong } from "./kinds/bigint.ts";
import { encodeObject } from "./kinds/object.ts";
import { encodeText } from "./kinds/text.ts";
import { UNCOUNTED_BYTES } from "./limits.ts";
import type { Memory } from "./memory.ts";
import { asEncodeError, functionError, symbolKey, typeError } from "./refusals.ts";
import { NO_SPACE, Tag } from "./tags.ts";

/** From this size on a payload takes microseconds to copy. */
export const LARGE_BYTES = 16 * 1024;

/** Writes values into the slots of one channel. */
export class Encoder {
  /** Where payloads go: the memory of the lane. */
  readonly target: Memory;
  /** First byte of the payload of the slot in hand. */
  at = 0;
  /**
   * Bytes of the last payload that did not lie in its slot, or that was moved; set to 0 by who wants to
   * know those of one value.
   */
  payloadBytes = 0;
  /** Bytes of the last payload, wherever it lies. */
  protected placed = 0;
  /** Whether a value may be a stream, whose items follow. */
  mayStream = false;
  /** Asked before memory is moved; false is no room now. */
  mayMove: () => boolean = () => true;
  /** Set when memory has been moved with a slot, which cannot be taken back then; reset by who looks. */
  moved = false;
  /**
   * Whether this side may forget shared memory that it has sent before the other side has it. A host
   * keeps arguments until the call is answered; a worker does not keep results.
   */
  forgets = false;
  readonly #channel: ChannelProducer;
  readonly #attachments: Attachments;
  readonly #maxPayloadBytes: number;
  /**
   * Set while a value is read: a getter or a proxy in it may send another one, which then has to
   * wait, because the claimed slot is not complete.
   */
  #encoding = false;
  #slot = 0;
  /** Memory to move; at most one in a slot. */
  #moving: OwnedBuffer | undefined;
  readonly #attached: unknown[] = [];
  /** Holds on shared memory for the other side, until it has its own. */
  readonly #holds: number[] = [];
  #kept: KeptHolds | undefined;

  constructor(
    lane: Memory,
    channel: ChannelProducer,
    attachments: Attachments,
    maxPayloadBytes: number,
  ) {
    this.target = lane;
    this.#channel = channel;
    this.#attachments = attachments;
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /** Whether a value is being read, so that nothing else can be sent. */
  protected get isBusy(): boolean {
    return this.#encoding;
  }

  /**
   * Encodes `value` into the next slot and commits it; publishing is the caller's.
   *
   * @param head task and flags as packed by `packHead`
   * @returns false if there is no room now; nothing was sent, call again later
   * @throws {KnittingError} if the value cannot cross; nothing was sent
   */
  send(call: number, head: number, value: unknown): boolean {
    if (this.#encoding) return false;
    const slot = this.#channel.claim();
    if (slot < 0) return false;
    let kind: number;
    switch (typeof value) {
      case "number":
        this.target.doubles[(slot >> 1) + 2] = value;
        kind = Tag.Number;
        break;
      case "undefined":
        kind = Tag.Undefined;
        break;
      case "boolean":
        kind = value ? Tag.True : Tag.False;
        break;
      default:
        kind = value === null ? Tag.Null : this.#encode(slot, value);
        if (kind === NO_SPACE) return false;
    }
    const words = this.target.words;
    words[slot + SLOT_CALL] = call;
    words[slot + SLOT_HEAD] = head | kind;
    this.#channel.commit(call);
    if (this.#holds.length > 0) this.#keepHolds();
    return true;
  }

  /** Everything that may need memory or attachments, and so may fail half way. */
  #encode(slot: number, value: unknown): number {
    this.#slot = slot;
    this.#encoding = true;
    this.placed = 0;
    try {
      const kind = this.#encodeKind(slot, value);
      if (kind === NO_SPACE) {
        this.#abort();
        return NO_SPACE;
      }
      this.#postAttached();
      this.target.sentBytes += this.placed;
      return kind;
    } catch (error) {
      this.#abort();
      throw asEncodeError(error);
    } finally {
      this.#encoding = false;
      this.#attached.length = 0;
      this.#moving = undefined;
    }
  }

  #abort(): void {
    this.#channel.abort();
    this.#holds.splice(0).forEach(dropHold);
  }

  /** The other thread drops them when it has its own; another process cannot. */
  #keepHolds(): void {
    const holds = this.#holds.splice(0);
    if (this.#attachments.sameProcess) return; // not covered: tests go both ways, but lcov does not say which
    this.#kept ??= new KeptHolds(this.#channel);
    this.#kept.add(holds);
  }

  /** Sends what goes beside the slot. Moving can fail, and comes first: then nothing was sent. */
  #postAttached(): void {
    if (this.#moving !== undefined) {
      this.#moving.moveOut((buffer) => this.#attachments.post(buffer));
      this.moved = true;
    }
    for (const attachment of this.#attached) this.#attachments.post(attachment);
  }

  #encodeKind(slot: number, value: unknown): number {
    switch (typeof value) {
      case "string":
        return encodeText(this, Tag.String, value);
      case "bigint":
        if (isLong(value)) {
          this.target.longs[(slot >> 1) + 2] = value;
          return Tag.BigInt64;
        }
        return encodeText(this, Tag.BigInt, bigintToText(value));
      case "symbol":
        return encodeText(this, Tag.Symbol, symbolKey(value));
      case "function":
        throw functionError(value, "");
      default:
        return encodeObject(this, value as object);
    }
  }

  /** Writes a number into the slot itself, at the first place for one or at another. */
  writeDouble(value: number, index = 0): void {
    this.target.doubles[(this.#slot >> 1) + 2 + index] = value;
  }

  /**
   * Finds room for a payload and records where it lies; then {@linkcode at} says where to write.
   * Called again for the same slot, it takes the first room back.
   *
   * @param typeName for the message of the error
   * @param countedBytes what counts against the limit, if not all of it
   * @returns false if there is no room now
   * @throws {KnittingError} `KNT_ERROR_3` if it is over the limit, or there never will be
   */
  place(bytes: number, typeName: string, countedBytes: number = bytes): boolean {
    this.#channel.abort();
    this.placed = bytes;
    const words = this.target.words;
    words[this.#slot + SLOT_LENGTH] = bytes;
    if (bytes <= INLINE_BYTES) {
      words[this.#slot + SLOT_OFFSET] = INLINE;
      this.at = this.#slot * 4 + SLOT_INLINE_BYTE;
      return true;
    }
    this.checkLimit(countedBytes, typeName);
    if (bytes > this.#channel.capacity) {
      throw new RegionExceeded(this.#channel.capacity, bytes, typeName);
    }
    this.#sendThoseBefore(bytes);
    this.payloadBytes = bytes;
    const offset = this.#channel.reserve(bytes);
    words[this.#slot + SLOT_OFFSET] = offset;
    this.at = offset;
    return offset >= 0;
  }

  /** While a large payload is copied, the other side may read what was sent before it. */
  #sendThoseBefore(bytes: number): void {
    if (bytes >= LARGE_BYTES && this.#channel.unpublished > 0) this.#channel.publish();
  }

  /** Places and writes a payload that lies ready. */
  placeBytes(bytes: Uint8Array, typeName: string): boolean {
    if (!this.place(bytes.length, typeName)) return false;
    this.target.raw.copyIn(bytes, this.at, bytes.length);
    return true;
  }

  /** Whether `text` should go beside the shared memory. */
  prefersText(text: string): boolean {
    return this.#attachments.prefersText(text);
  }

  /** Whether so many bytes should go beside the shared memory. */
  prefersBytes(lengthBytes: number): boolean {
    return this.#attachments.prefersBytes(lengthBytes);
  }

  /**
   * Like {@linkcode place} for a payload that goes beside the shared memory. It takes room in the
   * region all the same, without using it: so the sender of many has to wait for their reader.
   */
  placeBeside(bytes: number, typeName: string, countedBytes: number = bytes): boolean {
    this.checkLimit(countedBytes, typeName);
    this.#sendThoseBefore(bytes);
    this.payloadBytes = bytes;
    this.placed += bytes;
    return this.#channel.reserve(Math.max(1, Math.min(bytes, this.#channel.usualCapacity))) >= 0;
  }

  /**
   * Sends `value` beside the shared memory, with the slot in hand.
   *
   * @throws {KnittingError} `KNT_ERROR_3` if nothing can go there
   */
  attach(value: unknown): void {
    this.#checkPipe("a SharedArrayBuffer");
    this.#attached.push(value);
  }

  #checkPipe(what: string): void {
    const { sameProcess, boundary } = this.#attachments;
    if (!sameProcess) throw typeError(`${what} cannot cross ${boundary}`, "");
  }

  /**
   * Moves memory to the other side, with the slot in hand. Its bytes count against no limit.
   *
   * @returns false if that cannot be now
   * @throws {KnittingError} `KNT_ERROR_3` if memory cannot be moved on this way
   */
  move(memory: OwnedBuffer): boolean {
    this.#checkPipe("a BufferReference");
    if (!this.mayMove()) return false;
    this.#moving = memory;
    this.payloadBytes = memory.byteLength;
    return true;
  }

  /** Says which memory `buffer` is, for the other side. */
  share(buffer: ProcessSharedBuffer): string {
    const hold = this.forgets ? holdFor(buffer) : 0;
    if (hold !== 0) this.#holds.push(hold);
    return writeCrossing(buffer, this.#attachments.sameProcess ? hold : 0);
  }

  /** Whether `bytes` is over the limit for one payload. */
  mayExceed(bytes: number): boolean {
    return bytes > this.#maxPayloadBytes && bytes > UNCOUNTED_BYTES;
  }

  /** @throws {KnittingError} `KNT_ERROR_3` if `bytes` is over the limit for one payload */
  checkLimit(bytes: number, typeName: string): void {
    if (this.mayExceed(bytes)) {
      throw new KnittingError(
        "KNT_ERROR_3",
        `KNT_ERROR_3: Unsupported payload type; Dynamic payload exceeds maxPayloadBytes. ` +
          `limit=${this.#maxPayloadBytes}; actual=${bytes}; type=${typeName}.`,
      );
    }
  }
}

/** A payload for which there never will be room. In a pool the limit for one payload keeps it from this. */
export class RegionExceeded extends KnittingError {
  constructor(capacity: number, bytes: number, typeName: string) {
    super(
      "KNT_ERROR_3",
      `KNT_ERROR_3: Unsupported payload type; Dynamic payload buffer capacity exceeded. ` +
        `capacity=${capacity}; actual=${bytes}; type=${typeName}.`,
    );
  }
}
