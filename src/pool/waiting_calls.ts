/**
 * All calls of a pool that wait for a lane. Most just come after each other: those are in a list, and
 * that is all. Calls with a priority are in a heap beside it, and calls that only one worker may run in
 * a heap for each worker.
 *
 * The place of a call in the order is the time when it came, in milliseconds, less a head start for its
 * priority. It never changes, so nothing is sorted again; and as time goes on, a call without priority
 * comes before any that still has to come: nothing starves.
 *
 * For calls without an order no clock is read, unless others wait. When one with an order comes, they
 * are all stamped with that time, which is later than the truth: it may overtake them although they
 * have waited for longer than its head start. They then keep this time.
 *
 * @module
 */

import { CallHeap } from "./call_heap.ts";
import { CallQueue } from "./call_queue.ts";
import type { PendingCall } from "./pending_calls.ts";

/** Later than what was read before by this at least, so that no two calls come at the same time. */
const TICK_MS = 2 ** -20;

/** The queue of calls with and without an order. */
export class WaitingCalls extends CallQueue {
  readonly #ageingMs: number;
  readonly #anywhere = new CallHeap();
  /** Those that only one worker may run, by its number. */
  readonly #bound: CallHeap[] = [];
  #boundCount = 0;
  /** How many in the queue have an order. */
  #ordered = 0;
  #arrivals = 0;
  #now = 0;

  /** @param ageingMs the head start that one level of priority gives */
  constructor(ageingMs: number) {
    super();
    this.#ageingMs = ageingMs;
  }

  /** The next that any lane may take. */
  override get first(): PendingCall | undefined {
    const plain = super.first;
    if (this.#ordered === 0) return plain;
    const other = this.#anywhere.first;
    if (plain === undefined || other === undefined) return plain ?? other;
    return other.order!.place < plain.joinedMs ? other : plain;
  }

  /** The newest of those without an order; without any, one of the newest that any lane may take. */
  get newest(): PendingCall | undefined {
    return this.last ?? this.#anywhere.entries.at(-1);
  }

  /** The next of those without an order. */
  get firstPlain(): PendingCall | undefined {
    return super.first;
  }

  /** Calls that any lane may take and that come before those without an order: so many at most. */
  early(most: number): PendingCall[] {
    const plain = super.first;
    return this.#anywhere.entries.slice(0, most)
      .filter(({ order }) => plain === undefined || order!.place < plain.joinedMs)
      .sort((a, b) => a.order!.place - b.order!.place || a.order!.arrival - b.order!.arrival);
  }

  /** Whether there are calls that only one worker may run. */
  get anyBound(): boolean {
    return this.#boundCount > 0;
  }

  /** How many of them. */
  get bound(): number {
    return this.#boundCount;
  }

  /** The next of those that only this worker may run. */
  firstBound(worker: number): PendingCall | undefined {
    return this.#bound[worker]?.first;
  }

  /** How many wait for this worker alone. */
  boundTo(worker: number): number {
    return this.#bound[worker]?.entries.length ?? 0;
  }

  /** Whether a call that only one worker may run comes before `other`, that any may. */
  isBefore({ order: bound }: PendingCall, other: PendingCall): boolean {
    const { order } = other;
    if (order === undefined) return bound!.place < other.joinedMs;
    return bound!.place < order.place ||
      bound!.place === order.place && bound!.arrival < order.arrival; // not covered: only with a bound call and another one of the same place
  }

  /** A call with an order has come: from now on it has a place. */
  arrive({ order }: PendingCall): void {
    this.stamp(); // those before it
    order!.place = this.#clock() - order!.priority * this.#ageingMs;
    order!.arrival = ++this.#arrivals;
  }

  /** Calls whose time is not known count as having come now. */
  stamp(): void {
    if (this.last === undefined || this.last.joinedMs !== 0) return;
    const now = this.#clock();
    let entry: PendingCall | undefined = this.last;
    for (; entry !== undefined && entry.joinedMs === 0; entry = entry.previous) {
      entry.joinedMs = now;
    }
  }

  override push(entry: PendingCall): void {
    if (entry.order !== undefined) return this.#joinOrdered(entry);
    if (this.#ordered > 0 && entry.joinedMs === 0) entry.joinedMs = this.#clock();
    super.push(entry);
  }

  override putBack(entry: PendingCall): void {
    if (entry.order !== undefined) return this.#joinOrdered(entry);
    if (entry.joinedMs === 0) {
      // It has not come later than any that is here.
      const before = super.first;
      if (before !== undefined) entry.joinedMs = before.joinedMs;
      else if (this.#ordered > 0) entry.joinedMs = this.#clock();
    }
    super.putBack(entry);
  }

  #joinOrdered(entry: PendingCall): void {
    if (this.#ordered++ === 0) this.stamp();
    this.#heapOf(entry).add(entry);
    if (entry.order!.worker !== undefined) this.#boundCount++;
    this.count(entry);
  }

  override remove(entry: PendingCall): void {
    if (entry.order === undefined) return super.remove(entry);
    this.#ordered--;
    this.#heapOf(entry).remove(entry);
    if (entry.order.worker !== undefined) this.#boundCount--;
    this.discount(entry);
  }

  #heapOf({ order }: PendingCall): CallHeap {
    const { worker } = order!;
    return worker === undefined ? this.#anywhere : this.#bound[worker] ??= new CallHeap();
  }

  override clear(): PendingCall[] {
    const all = super.clear();
    for (const heap of [this.#anywhere, ...this.#bound.filter((heap) => heap !== undefined)]) {
      for (let entry = heap.first; entry !== undefined; entry = heap.first) {
        this.remove(entry);
        all.push(entry);
      }
    }
    return all;
  }

  #clock(): number {
    const now = performance.now();
    return this.#now = now > this.#now ? now : this.#now + TICK_MS;
  }
}
