/**
 * Calls by their place in the order: a binary heap. Any of them can leave at any time, and whatever is
 * done costs as much as the heap is deep.
 *
 * @module
 */

import type { PendingCall } from "./pending_calls.ts";

/** Gives out the earliest first. Each entry has an order. */
export class CallHeap {
  readonly #entries: PendingCall[] = [];

  /** The earliest. */
  get first(): PendingCall | undefined {
    return this.#entries[0];
  }

  /** All of them, the first in front, the others in no order. */
  get entries(): readonly PendingCall[] {
    return this.#entries;
  }

  add(entry: PendingCall): void {
    this.#rise(this.#entries.length, entry);
  }

  /** Takes one away that is in the heap. */
  remove(entry: PendingCall): void {
    const { index } = entry.order!;
    const last = this.#entries.pop()!;
    if (last === entry) return;
    const parent = this.#entries[(index - 1) >> 1];
    if (parent !== undefined && isBefore(last, parent)) this.#rise(index, last);
    else this.#sink(index, last);
  }

  /** Puts `entry` where `index` is, or further up. */
  #rise(index: number, entry: PendingCall): void {
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#entries[above]!;
      if (!isBefore(entry, parent)) break;
      this.#put(index, parent);
      index = above;
    }
    this.#put(index, entry);
  }

  /** The same, or further down. */
  #sink(index: number, entry: PendingCall): void {
    const entries = this.#entries;
    for (;;) {
      let below = 2 * index + 1;
      if (below >= entries.length) break;
      if (below + 1 < entries.length && isBefore(entries[below + 1]!, entries[below]!)) below++;
      if (!isBefore(entries[below]!, entry)) break;
      this.#put(index, entries[below]!);
      index = below;
    }
    this.#put(index, entry);
  }

  #put(index: number, entry: PendingCall): void {
    this.#entries[index] = entry;
    entry.order!.index = index;
  }
}

/** The earlier place is first; of two that are the same, the call that came first. */
function isBefore({ order: a }: PendingCall, { order: b }: PendingCall): boolean {
  return a!.place < b!.place || a!.place === b!.place && a!.arrival < b!.arrival; // not covered: two calls of one place and one arrival there are not
}
