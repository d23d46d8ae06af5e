/**
 * Calls that wait for a lane, first in first out. Any of them can leave at any time: its caller may
 * give up, or its time be up. Whatever is done costs the same however long the queue is.
 *
 * @module
 */

import type { PendingCall } from "./pending_calls.ts";

/** A queue that links its entries to each other. */
export class CallQueue {
  #first: PendingCall | undefined;
  #last: PendingCall | undefined;
  #length = 0;

  /** How many wait. */
  get length(): number {
    return this.#length;
  }

  /** The oldest. */
  get first(): PendingCall | undefined {
    return this.#first;
  }

  /** The newest. */
  protected get last(): PendingCall | undefined {
    return this.#last;
  }

  /** Adds to the end. */
  push(entry: PendingCall): void {
    this.#join(this.#last, entry);
    this.#join(entry, undefined);
    this.count(entry);
  }

  /** Puts one that was taken away in front of the others. */
  putBack(entry: PendingCall): void {
    this.#join(entry, this.#first);
    this.#join(undefined, entry);
    this.count(entry);
  }

  protected count(entry: PendingCall): void {
    entry.queued = true;
    this.#length++;
  }

  protected discount(entry: PendingCall): void {
    entry.queued = false;
    this.#length--;
  }

  /** Takes one away that is in the queue. */
  remove(entry: PendingCall): void {
    this.#join(entry.previous, entry.next);
    entry.previous = entry.next = undefined;
    this.discount(entry);
  }

  /** Empties the queue; what was in it. */
  clear(): PendingCall[] {
    const all: PendingCall[] = [];
    for (let entry = this.#first; entry !== undefined; entry = this.#first) {
      this.remove(entry);
      all.push(entry);
    }
    return all;
  }

  /** Lets `next` follow `previous`; `undefined` stands for either end. */
  #join(previous: PendingCall | undefined, next: PendingCall | undefined): void {
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
  }
}
