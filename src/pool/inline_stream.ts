/**
 * A stream whose task runs on the main thread. Each item is asked for when the one before it has been
 * read: getting ahead would only keep the program from reading.
 *
 * @module
 */

import { asPromise, then } from "../codec/promises.ts";
import { received } from "../errors.ts";
import { ItemPump, iteratorOf, type PumpTarget } from "../streams/item_pump.ts";

/** Where an inline stream tells of itself. */
export interface InlineStreamEvents {
  /** May throw: then the stream ends with that. */
  item(value: unknown): void;
  end(value: unknown, fulfilled: boolean): void;
}

/** One of them. */
export class InlineStream implements PumpTarget {
  readonly #events: InlineStreamEvents;
  #pump: ItemPump | undefined;
  /** Whether the last item has been read. */
  #isRead = true;
  #cancelled = false;
  #refusal: { readonly reason: unknown } | undefined;

  /** @param result what the task has returned */
  constructor(result: unknown, events: InlineStreamEvents) {
    this.#events = events;
    const promise = asPromise(result) ?? Promise.resolve(result);
    then(promise, (value) => this.#iterate(value), (reason) => this.failed(reason));
  }

  #iterate(result: unknown): void {
    try {
      const iterator = iteratorOf(result);
      if (iterator === undefined) throw notIterable(result);
      this.#pump = new ItemPump(iterator, this);
    } catch (error) {
      return this.failed(error);
    }
    if (this.#cancelled) this.#pump.cancel();
    else this.#pump.resume();
  }

  /** The last item has been read. Goes on later: the reader is not done with it. */
  read(): void {
    this.#isRead = true;
    resolved.then(() => this.#pump!.resume());
  }

  /** Nobody reads on. */
  cancel(): void {
    this.#cancelled = true;
    this.#pump?.cancel();
  }

  isReady(): boolean {
    return this.#isRead;
  }

  item(value: unknown): void {
    this.#isRead = false;
    try {
      this.#events.item(value);
    } catch (reason) {
      this.#refusal = { reason };
      this.#pump!.cancel();
    }
  }

  ended(value: unknown): void {
    if (this.#refusal === undefined) this.#events.end(value, true);
    else this.#events.end(this.#refusal.reason, false);
  }

  failed(reason: unknown): void {
    this.#events.end(this.#refusal?.reason ?? reason, false); // not covered: only if an item was refused, and then its iterator cannot be left
  }
}

function notIterable(result: unknown): TypeError {
  return new TypeError(
    "A stream was declared: expected the task to return an iterator, or something that can be " +
      `iterated, received ${received(result)}`,
  );
}

const resolved = Promise.resolve();
