/**
 * Calls that wait for a lane, first in first out. Adding and taking cost the same however long the
 * queue is.
 *
 * @module
 */

import type { PendingCall } from "./pending_calls.ts";

/** A queue in a ring that grows. */
export class CallQueue {
  #entries: (PendingCall | undefined)[] = new Array(64).fill(undefined);
  #head = 0;
  #length = 0;

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** Adds to the end. */
  push(entry: PendingCall): void {
    if (this.#length === this.#entries.length) this.#grow();
    entry.queued = true;
    this.#entries[(this.#head + this.#length++) & (this.#entries.length - 1)] = entry;
  }

  /** Puts one that was taken away in front of the others. */
  putBack(entry: PendingCall): void {
    if (this.#length === this.#entries.length) this.#grow();
    entry.queued = true;
    this.#head = (this.#head - 1) & (this.#entries.length - 1);
    this.#entries[this.#head] = entry;
    this.#length++;
  }

  /** The oldest; only if there is one. */
  peek(): PendingCall {
    return this.#entries[this.#head]!;
  }

  /** Takes the oldest away. */
  shift(): void {
    this.peek().queued = false;
    this.#entries[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#entries.length - 1);
    this.#length--;
  }

  /** Empties the queue; what was in it. */
  clear(): PendingCall[] {
    const all: PendingCall[] = [];
    for (; this.#length > 0; this.shift()) all.push(this.peek());
    return all;
  }

  /** Takes those away that have settled meanwhile; which they were. */
  sweep(): PendingCall[] {
    const settled: PendingCall[] = [];
    for (let left = this.#length; left > 0; left--) {
      const entry = this.peek();
      this.shift();
      if (entry.open) this.push(entry);
      else settled.push(entry);
    }
    return settled;
  }

  #grow(): void {
    const size = this.#entries.length;
    const grown: (PendingCall | undefined)[] = new Array(size * 2).fill(undefined);
    for (let i = 0; i < size; i++) grown[i] = this.#entries[(this.#head + i) & (size - 1)];
    this.#entries = grown;
    this.#head = 0;
  }
}
