/**
 * Gets the items of an iterator as far as they may be sent, whatever kind of iterator it is.
 *
 * An iterator that never waits must not keep its thread to itself: it gets a millisecond at a time. One
 * that yields at once is asked again at once.
 *
 * @module
 */

import { asPromise, then } from "../codec/promises.ts";
import { received } from "../errors.ts";
import { nextTurn } from "../runtime/threads.ts";

/** Longest time without a turn of the event loop. */
const TURN_MS = 1;
/** While items come fast, the clock is read once in so many. */
const ITEMS_PER_CLOCK = 64;
/** Items that come this soon, in milliseconds each, come fast. */
const FAST_MS = 0.002;

/** Where the items go. */
export interface PumpTarget {
  /** Whether one more item may be sent now. If not, {@linkcode ItemPump.resume} goes on later. */
  isReady(): boolean;
  item(value: unknown): void;
  /** The iterator has ended by itself, or because it was told to. */
  ended(value: unknown): void;
  failed(reason: unknown): void;
}

/** An iterator, or async iterator; nothing of it is certain. */
export interface AnyIterator {
  next(): unknown;
  return?(): unknown;
}

/** The iterator of what can be iterated, async before sync; `undefined` if it cannot. May run foreign code. */
export function iteratorOf(value: unknown): AnyIterator | undefined {
  if (value === null || value === undefined) return undefined;
  const { [Symbol.asyncIterator]: forAsync, [Symbol.iterator]: forSync } = value as {
    [Symbol.asyncIterator]?: unknown;
    [Symbol.iterator]?: unknown;
  };
  const open = typeof forAsync === "function" ? forAsync : forSync;
  return typeof open === "function" ? open.call(value) as AnyIterator : undefined;
}

/** Drives one iterator. */
export class ItemPump {
  readonly #iterator: AnyIterator;
  readonly #target: PumpTarget;
  /** Whether it is asking the iterator, or waits for its answer or for a turn. */
  #busy = false;
  #over = false;
  #cancelled = false;
  /** Items until the clock is read, and how many those are at a time. */
  #untilClock = 1;
  #perClock = 1;
  #clock = 0;
  #lastTurn = performance.now();

  constructor(iterator: AnyIterator, target: PumpTarget) {
    this.#iterator = iterator;
    this.#target = target;
  }

  /** Goes on if it had to wait until it may send. */
  resume(): void {
    if (this.#busy || this.#over || this.#cancelled || !this.#target.isReady()) return;
    this.#clock = performance.now();
    this.#run();
  }

  /** Lets the iterator end; nothing that it still gives is sent. */
  cancel(): void {
    if (this.#over || this.#cancelled) return;
    this.#cancelled = true;
    let ended: unknown;
    try {
      ended = this.#iterator.return?.();
    } catch (error) {
      return this.#fail(error);
    }
    const promise = asPromise(ended);
    if (promise === undefined) return this.#end(undefined);
    then(promise, () => this.#end(undefined), (error) => this.#fail(error));
  }

  #run(): void {
    this.#busy = true;
    while (this.#mayGoOn()) {
      let result: unknown;
      try {
        result = this.#iterator.next();
      } catch (error) {
        return this.#stop(error);
      }
      const promise = asPromise(result);
      if (promise !== undefined) return then(promise, this.#answered, this.#stopped);
      if (!this.#take(result)) return;
    }
  }

  /** Whether to ask for the next item now. If not, somebody goes on later. */
  #mayGoOn(): boolean {
    if (this.#over || this.#cancelled) return false;
    if (--this.#untilClock === 0 && this.#needsTurn()) {
      nextTurn(this.#afterTurn);
      return false;
    }
    if (this.#target.isReady()) return true;
    this.#busy = false;
    return false;
  }

  /** Reads the clock: learns how often that is worth it, and whether a turn is due. */
  #needsTurn(): boolean {
    const now = performance.now();
    const isFast = now - this.#clock < FAST_MS * this.#perClock;
    this.#clock = now;
    this.#perClock = isFast ? Math.min(ITEMS_PER_CLOCK, this.#perClock * 2) : 1;
    this.#untilClock = this.#perClock;
    if (now - this.#lastTurn < TURN_MS) return false;
    this.#lastTurn = now;
    this.#untilClock = 1;
    return true;
  }

  readonly #afterTurn = (): void => {
    this.#clock = this.#lastTurn = performance.now();
    this.#run();
  };

  readonly #answered = (result: unknown): void => {
    if (this.#take(result)) this.#run();
  };

  /** Takes what the iterator has answered; whether to go on at once. */
  #take(result: unknown): boolean {
    if (this.#cancelled) return false;
    let done: boolean;
    let value: unknown;
    try {
      if (typeof result !== "object" || result === null) {
        throw new TypeError(`Iterator result ${received(result)} is not an object`);
      }
      done = Boolean((result as IteratorResult<unknown>).done);
      value = (result as IteratorResult<unknown>).value;
    } catch (error) {
      this.#stop(error);
      return false;
    }
    const promise = asPromise(value);
    if (promise !== undefined) {
      then(promise, done ? this.#ended : this.#awaited, this.#stopped);
      return false;
    }
    if (done) this.#end(value);
    else this.#target.item(value);
    return !done;
  }

  /** An item that was a promise. */
  readonly #awaited = (value: unknown): void => {
    if (this.#cancelled) return;
    this.#target.item(value);
    this.#run();
  };

  readonly #ended = (value: unknown): void => {
    if (!this.#cancelled) this.#end(value);
  };

  readonly #stopped = (reason: unknown): void => this.#stop(reason);

  #stop(reason: unknown): void {
    if (!this.#cancelled) this.#fail(reason);
  }

  #end(value: unknown): void {
    this.#over = true;
    this.#target.ended(value);
  }

  #fail(reason: unknown): void {
    this.#over = true;
    this.#target.failed(reason);
  }
}
