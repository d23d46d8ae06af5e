/**
 * One direction of a lane: a ring of slots, the region beside it, and the doorbells at its ends.
 * The call channel and the reply channel are two instances of the same code.
 *
 * @module
 */

import type { AtomicOps } from "./atomic.ts";
import { ITEMS, ring, ROOM } from "./doorbell.ts";
import type { ChannelLayout } from "./layout.ts";
import { Regions } from "./regions.ts";
import { RingConsumer, RingProducer } from "./ring.ts";

/** A doorbell as the side that rings it sees it: a word of some shared memory. */
export interface Bell {
  readonly words: Int32Array;
  readonly index: number;
}

/** The side that sends. Every `claim` ends in `commit` or `abort`; committed slots go out with `publish`. */
export class ChannelProducer {
  /** Set when the consumer slept and was woken; reset by who looks. */
  hasWoken = false;
  readonly #ring: RingProducer;
  readonly #regions: Regions;
  readonly #regionByte: number;
  readonly #bell: Bell;
  readonly #atomic: AtomicOps;

  /** @param bell the consumer's doorbell */
  constructor(words: Int32Array, layout: ChannelLayout, bell: Bell, atomic: AtomicOps) {
    this.#ring = new RingProducer(words, layout, atomic);
    this.#regions = new Regions(layout.regionBytes, layout.slotCount, layout.usualBytes);
    this.#regionByte = layout.regionByte;
    this.#bell = bell;
    this.#atomic = atomic;
  }

  /** Bytes that the region can hold at most. */
  get capacity(): number {
    return this.#regions.capacity;
  }

  /** Bytes that it holds but for larger payloads. */
  get usualCapacity(): number {
    return this.#regions.usual;
  }

  /** First word of a free slot, or -1 when the ring is full. */
  claim(): number {
    if (this.#ring.full) this.#taken(); // at least once a lap, so that regions are freed in time
    return this.#ring.claim();
  }

  /** Byte offset in the lane of `bytes` bytes for the claimed slot, or -1 when there is no room now. */
  reserve(bytes: number): number {
    this.#taken();
    const start = this.#regions.allocate(bytes, this.#ring.filled);
    return start < 0 ? -1 : this.#regionByte + start;
  }

  /** Whether no payload of this channel is still to be read. */
  get drained(): boolean {
    this.#taken();
    return this.#regions.empty;
  }

  /** The claimed slot is complete, with this call id. */
  commit(call: number): void {
    this.#ring.commit(call);
  }

  /** The slot committed last is no call: it follows one. */
  aside(): void {
    this.#ring.aside();
  }

  /** Gives the claimed slot and its region back unused. */
  abort(): void {
    this.#regions.undo(this.#ring.filled);
  }

  /** The count of slots committed, modulo 2^32. */
  get sent(): number {
    return this.#ring.filled;
  }

  /** Whether the consumer is through with all slots that were {@linkcode sent} at that count. */
  hasTaken(sent: number): boolean {
    return ((this.#taken() - sent) | 0) >= 0;
  }

  /** Slots committed but not yet published. */
  get unpublished(): number {
    return this.#ring.unpublished;
  }

  /** Slots committed but not yet begun, as of now, withdrawn ones included. */
  notBegun(): number {
    return this.#ring.notBegun();
  }

  /** Slots sent but not yet begun, as of now. */
  unbegun(): number {
    return this.#ring.unbegun();
  }

  /** What the consumer did to its counters that no consumer does, if it did. */
  get fault(): string | undefined {
    return this.#ring.fault;
  }

  /** Takes back slots that the consumer has not begun, those whose call id `matches`; none after a fault. */
  withdraw(matches: (call: number) => boolean): void {
    this.#ring.withdraw(matches);
  }

  /** Sends the committed slots and wakes the consumer if it sleeps. */
  publish(): void {
    this.#ring.publish();
    if (ring(this.#bell.words, this.#bell.index, ITEMS, this.#atomic)) this.hasWoken = true;
  }

  /**
   * Slots taken, as of now. Regions are freed each time: 2^31 slots later the number of the slot that
   * named one would be taken for a number to come.
   */
  #taken(): number {
    const taken = this.#ring.taken();
    this.#regions.free(taken);
    return taken;
  }
}

/** The side that receives: `available`, then per slot `slot` and `advance`, then `release` and `ringForRoom`. */
export class ChannelConsumer {
  readonly ring: RingConsumer;
  readonly #bell: Bell;
  readonly #atomic: AtomicOps;

  /** @param bell the producer's doorbell */
  constructor(words: Int32Array, layout: ChannelLayout, bell: Bell, atomic: AtomicOps) {
    this.ring = new RingConsumer(words, layout, atomic);
    this.#bell = bell;
    this.#atomic = atomic;
  }

  /** After slots were released: wakes the producer if it sleeps for want of room. */
  ringForRoom(): void {
    ring(this.#bell.words, this.#bell.index, ROOM, this.#atomic);
  }
}
