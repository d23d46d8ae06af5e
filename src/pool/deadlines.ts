/**
 * When calls run out of time. Calls with the same limit run out in the order in which they were made,
 * so there is a list for each limit, and one timer for all of them: a call that settles in time costs
 * a place in a list, not a timer.
 *
 * @module
 */

import { later } from "../runtime/threads.ts";
import type { PendingCall } from "./pending_calls.ts";

/** One call's place. */
export interface Deadline {
  readonly entry: PendingCall;
  readonly list: DeadlineList;
  /** When it comes, on the clock of `performance.now`. */
  readonly at: number;
  previous: Deadline | undefined;
  next: Deadline | undefined;
}

/** Deadlines in the order in which they come. */
interface DeadlineList {
  first: Deadline | undefined;
  last: Deadline | undefined;
}

/** The deadlines of a pool's calls. */
export class Deadlines {
  readonly #expired: (entry: PendingCall) => void;
  readonly #lists = new Map<number, DeadlineList>();
  /** When the timer comes; `Infinity` while there is none. */
  #timerAt = Infinity;
  #cancel: () => void = () => {};

  /** @param expired called once for a deadline that has come; it is removed then */
  constructor(expired: (entry: PendingCall) => void) {
    this.#expired = expired;
  }

  /** A deadline in `ms` milliseconds, a finite number. */
  add(entry: PendingCall, ms: number): Deadline {
    let list = this.#lists.get(ms);
    if (list === undefined) this.#lists.set(ms, list = { first: undefined, last: undefined });
    const at = performance.now() + ms;
    const deadline: Deadline = { entry, list, at, previous: list.last, next: undefined };
    if (list.last === undefined) list.first = deadline;
    else list.last.next = deadline;
    list.last = deadline;
    if (at < this.#timerAt) this.#arm(at);
    return deadline;
  }

  /** Takes a deadline away; it may have come already. */
  remove(deadline: Deadline): void {
    const { list, previous, next } = deadline;
    if (previous === undefined && list.first !== deadline) return;
    if (previous === undefined) list.first = next;
    else previous.next = next;
    if (next === undefined) list.last = previous;
    else next.previous = previous;
    deadline.previous = deadline.next = undefined;
  }

  /** Nothing will be added any more. */
  close(): void {
    this.#cancel();
    this.#lists.clear();
  }

  #arm(at: number): void {
    this.#cancel();
    this.#timerAt = at;
    this.#cancel = later(Math.max(0, Math.ceil(at - performance.now())), this.#run);
  }

  readonly #run = (): void => {
    this.#timerAt = Infinity;
    const now = performance.now();
    let soonest = Infinity;
    for (const list of this.#lists.values()) {
      for (let { first } = list; first !== undefined && first.at <= now; first = list.first) {
        this.remove(first);
        this.#expired(first.entry);
      }
      if (list.first !== undefined) soonest = Math.min(soonest, list.first.at);
    }
    if (soonest < this.#timerAt) this.#arm(soonest);
  };
}
