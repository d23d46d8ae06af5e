/**
 * What the reader of a stream holds.
 *
 * @module
 */

import type { ItemQueue } from "./item_queue.ts";

/** The items of a queue. It can be read once, by one reader or by several. */
export class StreamIterator implements AsyncGenerator<unknown, unknown, undefined> {
  readonly #queue: ItemQueue;

  constructor(queue: ItemQueue) {
    this.#queue = queue;
  }

  next(): Promise<IteratorResult<unknown>> {
    return this.#queue.next(this);
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    const given = await value;
    return this.#queue.return(this, given);
  }

  async throw(reason: unknown): Promise<IteratorResult<unknown>> {
    await this.#queue.return(this, undefined);
    throw reason;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue.return(this, undefined);
  }

  get [Symbol.toStringTag](): string {
    return "AsyncGenerator";
  }
}
