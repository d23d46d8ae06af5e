/**
 * A ring of fixed slots with one producer and one consumer.
 *
 * Invariants, cited by number below and in the tests:
 *
 * - I1  `published` is written by the producer alone, `taken` by the consumer alone.
 * - I2  `0 <= published - taken <= slotCount`, modulo 2^32.
 * - I3  The producer writes only slots `published .. taken + slotCount - 1`; the consumer reads only
 *       slots `taken .. published - 1`. So no byte of a slot has two owners at one time.
 * - I4  What a producer wrote into a slot, or into memory that the slot names, is visible to the
 *       consumer once it has seen the slot published; what a consumer still reads is not written
 *       again before the producer has seen it taken.
 *
 * A producer may take published slots back, which makes an exception to I3:
 *
 * - I5  The consumer begins a slot before it reads it (`begun`, one compare-and-swap); the producer
 *       withdraws only slots that are not begun, by writing WITHDRAWN over their call id. While it
 *       does, it holds the word, so that nothing can be begun. So a slot is either read or withdrawn.
 * - I6  The word holds the count of slots begun, times two; the lowest bit is set while it is held.
 *       `0 <= filled - begun <= slotCount`, modulo 2^31.
 *
 * Withdrawn slots stay in their place: the consumer begins and takes them like any other. Consumers
 * whose producer never withdraws (the reply channel's) need not begin.
 *
 * @module
 */

import type { AtomicOps } from "./atomic.ts";
import { type ChannelLayout, SLOT_CALL, SLOT_WORDS, WITHDRAWN } from "./layout.ts";

/** Returned by {@linkcode RingProducer.claim} when every slot is in use. */
export const NO_ROOM = -1;

/** Bit of `begun` that is set while the producer withdraws. */
const HELD = 1;

/** The side that fills slots. */
export class RingProducer {
  /** Slots filled so far, published or not, modulo 2^32. */
  filled = 0;
  /** `filled` when slots were last withdrawn. */
  #withdrawnUntil = 0;
  /** What was last stored in `published`. */
  #published = 0;
  /** What was last seen in `taken`: never ahead of the truth, so relying on it is safe (I2). */
  #taken = 0;
  readonly #words: Int32Array;
  readonly #layout: ChannelLayout;
  readonly #mask: number;
  readonly #atomic: AtomicOps;

  constructor(words: Int32Array, layout: ChannelLayout, atomic: AtomicOps) {
    this.#words = words;
    this.#layout = layout;
    this.#mask = layout.slotCount - 1;
    this.#atomic = atomic;
  }

  /** First word of the next free slot, or {@linkcode NO_ROOM}. Claiming again gives the same slot. */
  claim(): number {
    if (((this.filled - this.#taken) | 0) > this.#mask && this.unread() > this.#mask) {
      return NO_ROOM;
    }
    return this.#layout.slotsWord + (this.filled & this.#mask) * SLOT_WORDS;
  }

  /** The claimed slot is written: count it in. It becomes visible with {@linkcode publish}. */
  commit(): void {
    this.filled = (this.filled + 1) | 0;
  }

  /** Slots committed but not yet published. */
  get unpublished(): number {
    return (this.filled - this.#published) | 0;
  }

  /** Makes every committed slot visible to the consumer. */
  publish(): void {
    // SYNC publish: pairs with "SYNC publish" in RingConsumer.available. Makes the slots and the
    // payload bytes written before it visible (I4). A release store would do for that; it is
    // sequentially consistent because the doorbell is read next (see doorbell.ts).
    this.#atomic.store(this.#words, this.#layout.publishedWord, this.#published = this.filled);
  }

  /** Slots the consumer has taken so far, modulo 2^32, as of now. */
  taken(): number {
    // SYNC take: pairs with "SYNC take" in RingConsumer.release. After it, what the consumer had
    // read from those slots and their payload may be written again (I4).
    return this.#taken = this.#atomic.load(this.#words, this.#layout.takenWord);
  }

  /** Slots filled but not yet taken, as of now. */
  unread(): number {
    return (this.filled - this.taken()) | 0;
  }

  /** Slots filled but neither begun nor withdrawn, as of now. */
  unbegun(): number {
    const count = this.#unbegun(this.#atomic.load(this.#words, this.#layout.begunWord));
    const sinceWithdrawal = (this.filled - this.#withdrawnUntil) & 0x7fffffff;
    if (count <= sinceWithdrawal) return count;
    let left = 0;
    for (let back = 1; back <= count; back++) {
      if (this.#words[this.#callWord(this.filled - back)] !== WITHDRAWN) left++;
    }
    return left;
  }

  #unbegun(begun: number): number {
    return (this.filled - (begun >>> 1)) & 0x7fffffff;
  }

  /** Index of the word with the call id of the slot with this number. */
  #callWord(count: number): number {
    return this.#layout.slotsWord + (count & this.#mask) * SLOT_WORDS + SLOT_CALL;
  }

  /**
   * Takes back slots that the consumer has not begun.
   *
   * @param matches asked with the call id of each of them, oldest first; must not throw
   */
  withdraw(matches: (call: number) => boolean): void {
    const words = this.#words;
    const begun = this.#hold();
    this.#withdrawnUntil = this.filled;
    for (let count = this.filled - this.#unbegun(begun); count !== this.filled; count++) {
      const call = this.#callWord(count);
      if (words[call] !== WITHDRAWN && matches(words[call]!)) words[call] = WITHDRAWN;
    }
    // SYNC begin: pairs with "SYNC begin" in RingConsumer.begin. What was withdrawn is visible to a
    // consumer that begins after it (I5).
    this.#atomic.store(words, this.#layout.begunWord, begun);
  }

  /** Keeps the consumer from beginning a slot; what `begun` was. */
  #hold(): number {
    const { begunWord } = this.#layout;
    for (;;) {
      const begun = this.#atomic.load(this.#words, begunWord);
      const found = this.#atomic.compareExchange(this.#words, begunWord, begun, begun | HELD);
      if (found === begun) return begun;
    }
  }
}

/** The side that empties slots. */
export class RingConsumer {
  /** Slots taken so far, modulo 2^32. */
  #taken = 0;
  /** What was last seen in `published`: never ahead of the truth. */
  #published = 0;
  readonly #words: Int32Array;
  readonly #layout: ChannelLayout;
  readonly #mask: number;
  readonly #atomic: AtomicOps;

  constructor(words: Int32Array, layout: ChannelLayout, atomic: AtomicOps) {
    this.#words = words;
    this.#layout = layout;
    this.#mask = layout.slotCount - 1;
    this.#atomic = atomic;
  }

  /** Slots that are published and not yet taken. */
  available(): number {
    const known = (this.#published - this.#taken) | 0;
    return known > 0 ? known : this.refresh();
  }

  /** Looks again what is published; slots not yet taken. */
  refresh(): number {
    // SYNC publish: pairs with "SYNC publish" in RingProducer.publish. An acquire load: the slots up
    // to here, and what they name, can be read after it (I4).
    this.#published = this.#atomic.load(this.#words, this.#layout.publishedWord);
    return (this.#published - this.#taken) | 0;
  }

  /**
   * Begins the oldest slot; only when {@linkcode available} is not 0. From then on the producer cannot
   * withdraw it.
   */
  begin(): void {
    const { begunWord } = this.#layout;
    const before = this.#taken << 1;
    // SYNC begin: pairs with "SYNC begin" in RingProducer.withdraw. Fails while the producer holds
    // the word, which is for the time it takes to look through the slots.
    while (
      this.#atomic.compareExchange(this.#words, begunWord, before, before + 2 | 0) !== before
    );
  }

  /** First word of the oldest slot; only when {@linkcode available} is not 0. */
  slot(): number {
    return this.#layout.slotsWord + (this.#taken & this.#mask) * SLOT_WORDS;
  }

  /** The oldest slot is read, and so is the memory it names; {@linkcode release} gives both back. */
  advance(): void {
    this.#taken = (this.#taken + 1) | 0;
  }

  /** Gives everything that was advanced over back to the producer. */
  release(): void {
    // SYNC take: pairs with "SYNC take" in RingProducer.taken. A release store would do for I4; it is
    // sequentially consistent because a producer that waits for room is rung next (see doorbell.ts).
    this.#atomic.store(this.#words, this.#layout.takenWord, this.#taken);
  }
}
