/**
 * A ring of fixed slots with one producer and one consumer.
 *
 * Invariants, cited by number below and in the tests:
 *
 * - I1  `published` is written by the producer alone, `taken` by the consumer alone.
 * - I2  `0 <= published - taken <= slotCount`, modulo 2^32; both start at the layout's `firstSlot`.
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
 * Neither side trusts the other with more than the bytes between them: a counter is believed only if
 * I2 and I6 allow it, and if it has not gone back. What a side must know later it keeps to itself.
 *
 * @module
 */

import type { AtomicOps } from "./atomic.ts";
import { type ChannelLayout, SLOT_CALL, SLOT_WORDS, WITHDRAWN } from "./layout.ts";
import { ProtocolViolation } from "./violation.ts";

/** Returned by {@linkcode RingProducer.claim} when every slot is in use. */
export const NO_ROOM = -1;

/** Returned by {@linkcode RingConsumer.refresh} when the producer's counter breaks I2. */
export const IMPOSSIBLE = -1;

/** Bit of `begun` that is set while the producer withdraws. */
const HELD = 1;

/** Writes the first values of the counters: for who makes the memory, before either side is there. */
export function startRing(words: Int32Array, layout: ChannelLayout): void {
  words[layout.publishedWord] = words[layout.takenWord] = layout.firstSlot;
  words[layout.begunWord] = layout.firstSlot << 1;
}

/** The side that fills slots. */
export class RingProducer {
  /** Slots filled so far, published or not, modulo 2^32. */
  filled = 0;
  /** `filled` when slots were last withdrawn, or filled with what is no call. */
  #withdrawnUntil = 0;
  /** What was last stored in `published`. */
  #published = 0;
  /** What was last seen in `taken`: never ahead of the truth, so relying on it is safe (I2). */
  #taken = 0;
  /** What was last seen in `begun`. */
  #begun = 0;
  #fault: string | undefined;
  /** The call ids of the slots: what stands in the slots themselves may have been changed. */
  readonly #calls: Int32Array;
  readonly #words: Int32Array;
  readonly #layout: ChannelLayout;
  readonly #mask: number;
  readonly #atomic: AtomicOps;

  constructor(words: Int32Array, layout: ChannelLayout, atomic: AtomicOps) {
    const { slotCount, firstSlot } = layout;
    this.filled =
      this.#withdrawnUntil =
      this.#published =
      this.#taken =
        firstSlot;
    this.#begun = firstSlot << 1;
    this.#calls = new Int32Array(slotCount);
    this.#words = words;
    this.#layout = layout;
    this.#mask = slotCount - 1;
    this.#atomic = atomic;
  }

  /** What the consumer did to its counters that no consumer does, if it did; they stay as they were before. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Whether no slot is known to be free. So it is at least once in as many slots as there are. */
  get full(): boolean {
    return ((this.filled - this.#taken) | 0) > this.#mask;
  }

  /** First word of the next free slot, or {@linkcode NO_ROOM}. Claiming again gives the same slot. */
  claim(): number {
    if (this.full && this.unread() > this.#mask) return NO_ROOM;
    return this.#layout.slotsWord + (this.filled & this.#mask) * SLOT_WORDS;
  }

  /** The claimed slot is written, with this call id: count it in. It becomes visible with {@linkcode publish}. */
  commit(call: number): void {
    this.#calls[this.filled & this.#mask] = call;
    this.filled = (this.filled + 1) | 0;
  }

  /** Slots committed but not yet published. */
  get unpublished(): number {
    return (this.filled - this.#published) | 0;
  }

  /** Makes every committed slot visible to the consumer. */
  publish(): void {
    // SYNC publish: pairs with "SYNC publish" in RingConsumer.refresh. Makes the slots and the
    // payload bytes written before it visible (I4). A release store would do for that; it is
    // sequentially consistent because the doorbell is read next (see doorbell.ts).
    this.#atomic.store(this.#words, this.#layout.publishedWord, this.#published = this.filled);
  }

  /** Slots the consumer has taken so far, modulo 2^32, as of now. */
  taken(): number {
    // SYNC take: pairs with "SYNC take" in RingConsumer.release. After it, what the consumer had
    // read from those slots and their payload may be written again (I4).
    const taken = this.#atomic.load(this.#words, this.#layout.takenWord);
    if (((taken - this.#taken) >>> 0) <= ((this.#published - this.#taken) >>> 0)) {
      this.#taken = taken;
    } else this.#blame("taken", this.#taken, taken);
    return this.#taken;
  }

  /** Slots filled but not yet taken, as of now. */
  unread(): number {
    return (this.filled - this.taken()) | 0;
  }

  /** Slots filled but not yet begun, as of now, withdrawn ones included. */
  notBegun(): number {
    this.#refreshBegun();
    return Math.min(this.#believedNotBegun(), this.#mask + 1);
  }

  /** The slot committed last is no call: it follows one. */
  aside(): void {
    this.#withdrawnUntil = this.filled;
  }

  /** Slots filled but neither begun nor withdrawn, as of now, that are calls. */
  unbegun(): number {
    const count = this.notBegun();
    const sinceWithdrawal = (this.filled - this.#withdrawnUntil) & 0x7fffffff;
    if (count <= sinceWithdrawal) return count;
    let left = 0;
    for (let back = 1; back <= count; back++) {
      if (this.#calls[(this.filled - back) & this.#mask]! >= 0) left++;
    }
    return left;
  }

  /**
   * Takes back slots that the consumer has not begun; none after a {@linkcode fault}.
   *
   * @param matches asked with the call id of each of them, oldest first; must not throw
   */
  withdraw(matches: (call: number) => boolean): void {
    if (!this.#hold()) return;
    const calls = this.#calls;
    this.#withdrawnUntil = this.filled;
    for (let count = this.filled - this.#believedNotBegun(); count !== this.filled; count++) {
      const index = count & this.#mask;
      const call = calls[index]!;
      if (call === WITHDRAWN || !matches(call)) continue;
      calls[index] = WITHDRAWN;
      this.#words[this.#layout.slotsWord + index * SLOT_WORDS + SLOT_CALL] = WITHDRAWN;
    }
    // SYNC begin: pairs with "SYNC begin" in RingConsumer.begin. What was withdrawn is visible to a
    // consumer that begins after it (I5).
    this.#atomic.store(this.#words, this.#layout.begunWord, this.#begun);
  }

  /** Keeps the consumer from beginning a slot; false if it does not let itself be kept. */
  #hold(): boolean {
    const { begunWord } = this.#layout;
    // Each failure is a slot that was begun in between, and there cannot be more than there are slots.
    for (let tries = this.#mask + 2; tries > 0; tries--) {
      this.#refreshBegun();
      if (this.#fault !== undefined) return false;
      const begun = this.#begun;
      // SYNC begin: pairs with "SYNC begin" in RingConsumer.begin: one of the two gets the word (I5).
      const found = this.#atomic.compareExchange(this.#words, begunWord, begun, begun | HELD);
      if (found === begun) return true;
    }
    this.#fault = "it begins slots without end";
    return false;
  }

  #refreshBegun(): void {
    // SYNC begin: pairs with "SYNC begin" in RingConsumer.begin. Whoever has seen a reply finds its
    // call begun here, because the consumer began it before it published the reply.
    const begun = this.#atomic.load(this.#words, this.#layout.begunWord);
    const most = ((this.#published << 1) - this.#begun) >>> 0;
    if ((begun & HELD) !== 0 || ((begun - this.#begun) >>> 0) > most) {
      return this.#blame("begun", this.#begun, begun);
    }
    this.#begun = begun;
    if (this.#believedNotBegun() > this.#mask + 1) {
      this.#fault ??= "it took slots that it had not begun";
    }
  }

  /** {@linkcode notBegun}, as far as the counters are to be believed. */
  #believedNotBegun(): number {
    return (this.filled - (this.#begun >>> 1)) & 0x7fffffff;
  }

  #blame(counter: string, before: number, now: number): void {
    this.#fault ??= `its count of slots ${counter} went from ${before} to ${now}`;
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
    this.#taken = this.#published = layout.firstSlot;
    this.#words = words;
    this.#layout = layout;
    this.#mask = layout.slotCount - 1;
    this.#atomic = atomic;
  }

  /** Slots that are published and not yet taken, or {@linkcode IMPOSSIBLE}. */
  available(): number {
    const known = (this.#published - this.#taken) | 0;
    return known > 0 ? known : this.refresh();
  }

  /** Looks again what is published; slots not yet taken, or {@linkcode IMPOSSIBLE}. */
  refresh(): number {
    // SYNC publish: pairs with "SYNC publish" in RingProducer.publish. An acquire load: the slots up
    // to here, and what they name, can be read after it (I4).
    const published = this.#atomic.load(this.#words, this.#layout.publishedWord);
    const count = (published - this.#taken) | 0;
    if (count < 0 || count > this.#mask + 1) return IMPOSSIBLE;
    this.#published = published;
    return count;
  }

  /**
   * Begins the oldest slot; only when {@linkcode available} is not 0. From then on the producer cannot
   * withdraw it.
   *
   * @throws {ProtocolViolation} if somebody else has changed the word: it would never be right again
   */
  begin(): void {
    const { begunWord } = this.#layout;
    const before = this.#taken << 1;
    // SYNC begin: pairs with "SYNC begin" in RingProducer.withdraw. Fails while the producer holds
    // the word, which is for the time it takes to look through the slots.
    for (;;) {
      const found = this.#atomic.compareExchange(this.#words, begunWord, before, before + 2 | 0);
      if (found === before) return;
      if (found !== (before | HELD)) {
        throw new ProtocolViolation(`slots begun are ${before}, and not ${found}`);
      }
    }
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
