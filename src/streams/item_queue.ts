/**
 * The items of a stream where they are read: those that have come and wait, or the readers that wait for
 * them; and the iterator that a reader holds.
 *
 * @module
 */

import { isPromise, then } from "../codec/promises.ts";
import { countOn, WINDOW_ITEMS } from "./credit_window.ts";

/** What a queue tells the sender's end of its stream. */
export interface QueueEvents {
  /** A reader waits, for an item or for the end. */
  waiting(): void;
  /** No reader waits any more. */
  notWaiting(): void;
  /** Takes what has come, so that nobody need wait for it. */
  look(): void;
  /** So many items are read now (modulo 2^31), which the sender has asked for. */
  read(count: number): void;
  /** Nobody wants more items: the sender ends, and says so. */
  cancel(): void;
}

interface Waiter {
  /** Keeps the iterator alive while somebody waits for what it gave. */
  readonly iterator: unknown;
  readonly isReturn: boolean;
  resolve(result: IteratorResult<unknown> | Promise<never>): void;
  reject(reason: unknown): void;
}

type End =
  | { readonly failed: false; readonly value: unknown }
  | { readonly failed: true; readonly reason: unknown };

const QUIET: End = { failed: false, value: undefined };

/** One stream of items, to be read once. */
export class ItemQueue {
  readonly #events: QueueEvents;
  /** Items that nobody has read; those before `#first` are gone. */
  #items: unknown[] = [];
  #first = 0;
  #received: number;
  #read: number;
  /** The count that the sender has asked to hear of. */
  #askedAt: number | undefined;
  readonly #waiters: Waiter[] = [];
  /** How the stream has ended, until a reader has been told. */
  #end: End | undefined;
  #isOver = false;
  #cancelled = false;

  /** @param first what both sides count from */
  constructor(events: QueueEvents, first = 0) {
    this.#events = events;
    this.#received = this.#read = first;
  }

  // What comes

  /**
   * An item has come.
   *
   * @param asks whether the sender wants to hear when it is read
   * @returns false if there are more than the sender may have sent
   */
  item(value: unknown, asks: boolean): boolean {
    if (this.#isOver || this.#cancelled) return true;
    this.#received = countOn(this.#received);
    if (asks) this.#askedAt = this.#received;
    const waiter = this.#waiters.shift();
    if (waiter === undefined) {
      this.#items.push(value);
      return this.#items.length - this.#first <= WINDOW_ITEMS;
    }
    if (this.#waiters.length === 0) this.#events.notWaiting();
    this.#countRead();
    waiter.resolve({ value, done: false });
    return true;
  }

  /** The sender wants to hear when all that has come is read. */
  asked(): void {
    this.#askedAt = this.#received;
    if (this.#read === this.#received && !this.#isOver) this.#events.read(this.#read);
  }

  /** The stream has ended. `value` may be a promise that rejects soon. */
  ended(value: unknown): void {
    if (!isPromise(value)) return this.#finish({ failed: false, value });
    const [waiter] = this.#waiters;
    if (waiter === undefined || waiter.isReturn) {
      this.#isOver = true;
      then(
        value,
        (value) => this.#finish({ failed: false, value }),
        (reason) => this.failed(reason),
      );
      return;
    }
    // The reader's own promise follows it, so that the runtime sees who waits.
    this.#waiters.shift();
    waiter.resolve(value as Promise<never>);
    if (this.#waiters.length === 0) this.#events.notWaiting();
    this.#finish(QUIET);
  }

  /** The stream has failed, after the items that have come. */
  failed(reason: unknown): void {
    this.#finish({ failed: true, reason });
  }

  /** Forgets the items that nobody has read. */
  drop(): void {
    this.#items = [];
    this.#first = 0;
  }

  #finish(end: End): void {
    if (this.#end !== undefined) return;
    this.#isOver = true;
    this.#end = end;
    const waiters = this.#waiters.splice(0);
    if (waiters.length > 0) this.#events.notWaiting();
    for (const waiter of waiters) {
      if (this.#cancelled !== waiter.isReturn) waiter.resolve(DONE());
      else this.#tell(waiter);
    }
  }

  /** Tells one reader how the stream has ended; those that ask later hear just that it has. */
  #tell(waiter: Pick<Waiter, "resolve" | "reject">): void {
    const end = this.#end!;
    this.#end = QUIET;
    if (end.failed) waiter.reject(end.reason);
    else waiter.resolve({ value: end.value, done: true });
  }

  // The reader

  next(iterator: unknown): Promise<IteratorResult<unknown>> {
    if (this.#first < this.#items.length) return Promise.resolve(this.#take());
    if (!this.#isOver && !this.#cancelled) {
      this.#events.look();
      if (this.#first < this.#items.length) return Promise.resolve(this.#take());
    }
    return new Promise((resolve, reject) => {
      if (this.#cancelled) resolve(DONE());
      else if (this.#end !== undefined) this.#tell({ resolve, reject });
      else this.#wait({ iterator, isReturn: false, resolve, reject });
    });
  }

  #take(): IteratorResult<unknown> {
    const value = this.#items[this.#first];
    this.#items[this.#first++] = undefined;
    if (this.#first === this.#items.length) this.drop();
    this.#countRead();
    return { value, done: false };
  }

  #countRead(): void {
    this.#read = countOn(this.#read);
    if (this.#read === this.#askedAt && !this.#isOver) this.#events.read(this.#read);
  }

  #wait(waiter: Waiter): void {
    this.#waiters.push(waiter);
    if (this.#waiters.length === 1 && !this.#isOver) this.#events.waiting();
  }

  /** Resolves when the sender has ended; rejects with what it throws then. */
  return(iterator: unknown, value: unknown): Promise<IteratorResult<unknown>> {
    this.drop();
    return new Promise((resolve, reject) => {
      const done = (): void => resolve({ value, done: true });
      // How it has ended may be told to somebody only later: to the first who waits like this.
      const isAwaited = this.#cancelled && this.#end === undefined;
      if (this.#isOver && !isAwaited) {
        this.#end = QUIET;
        this.#cancelled = true;
        return done();
      }
      this.#wait({ iterator, isReturn: true, resolve: done, reject });
      this.cancel();
    });
  }

  /** Nobody reads on. */
  cancel(): void {
    if (this.#cancelled || this.#isOver) return;
    this.#cancelled = true;
    this.drop();
    this.#events.cancel();
  }
}

function DONE(): IteratorResult<unknown> {
  return { value: undefined, done: true };
}
