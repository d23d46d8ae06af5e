/**
 * How a sleeping side is woken. One 32-bit word: 0 while its owner is awake, otherwise the events
 * that the owner, asleep, wants to be woken for.
 *
 * - D1  The owner announces (`arm`), then looks again for work, and sleeps only if there is none.
 * - D2  The other side makes its work visible (publish or take), then looks at the word (`ring`).
 * - D3  All four accesses are sequentially consistent, so at least one side sees the other: either
 *       the owner finds the work or the other side finds the word set. No wake-up is lost; the test
 *       `tests/transport/interleavings_test.ts` runs every schedule.
 * - D4  Ringing clears the word by compare-and-swap, so one sleep costs one notification.
 *
 * ```text
 *   owner                        other side
 *   store word = events          store published (or taken)
 *   load  published (or taken)   load  word
 *   none? wait on word           set?  word = 0, notify
 * ```
 *
 * While its owner is awake, ringing costs one load and no system call.
 *
 * @module
 */

import type { AtomicOps } from "./atomic.ts";

/** Event: slots were published. */
export const ITEMS = 1;
/** Event: slots were taken, so that there may be room. */
export const ROOM = 2;
const AWAKE = 0;

/** The sleeping side's end. */
export class Doorbell {
  readonly #words: Int32Array;
  readonly #index: number;
  readonly #atomic: AtomicOps;
  /** The one outstanding wait; kept over several sleeps, because a wait cannot be withdrawn. */
  #waiter: Promise<unknown> | undefined;

  constructor(words: Int32Array, index: number, atomic: AtomicOps) {
    this.#words = words;
    this.#index = index;
    this.#atomic = atomic;
  }

  /** Announces that the owner is about to sleep and what for (D1). */
  arm(events: number): void {
    // SYNC park: pairs with "SYNC park" in ring. Sequentially consistent: a load of the ring's
    // counters follows it, and a store followed by a load of another word needs the full order.
    this.#atomic.store(this.#words, this.#index, events);
  }

  /** Takes the announcement back: the owner is awake. */
  disarm(): void {
    this.#atomic.store(this.#words, this.#index, AWAKE);
  }

  /** Whether a wait is under way. If not, one that was just begun has found the bell rung. */
  get asleep(): boolean {
    return this.#waiter !== undefined;
  }

  /** Ends a wait that is under way, so that nothing holds on to its owner; for when nobody rings any more. */
  release(): void {
    this.disarm();
    this.#atomic.notify(this.#words, this.#index);
  }

  /**
   * Sleeps until rung, after {@linkcode arm} with the same events; resolves at once if rung already.
   *
   * @param mostMs resolves after so many milliseconds in any case; a wait that is under way keeps its
   *   own limit
   */
  wait(events: number, mostMs: number = Infinity): Promise<unknown> {
    if (this.#waiter === undefined) {
      const wait = this.#atomic.waitAsync(this.#words, this.#index, events, mostMs);
      if (!wait.async) return Promise.resolve();
      this.#waiter = wait.value.then(() => {
        this.#waiter = undefined;
      });
    }
    return this.#waiter;
  }
}

/** The other side's end: wakes the owner of the word if it sleeps and wants to know of `event`; whether it did. */
export function ring(words: Int32Array, index: number, event: number, atomic: AtomicOps): boolean {
  // SYNC park: pairs with "SYNC park" in Doorbell.arm; comes after the store that made work visible (D2).
  const events = atomic.load(words, index);
  if ((events & event) === 0) return false;
  if (atomic.compareExchange(words, index, events, AWAKE) !== events) return false;
  atomic.notify(words, index);
  return true;
}
