/**
 * A call whose result is a stream, where it is read: what the caller holds, and what it does to the call.
 *
 * The call is one like others, with a number and a lane, that is answered once, at the end. Its items come
 * before that, and wait here until they are read. Nobody may ever read them, so a stream keeps the
 * program alive, and its time runs, only while somebody waits for it.
 *
 * @module
 */

import { ItemQueue, type QueueEvents } from "../streams/item_queue.ts";
import { StreamIterator } from "../streams/stream_iterator.ts";
import type { PendingCall } from "./pending_calls.ts";

/** What streams need of the settlement of calls. */
export interface StreamEvents {
  /** Somebody waits for the stream. */
  awaited(entry: PendingCall): void;
  /** Nobody waits for it any more; it is still open. */
  unawaited(entry: PendingCall): void;
  /** The same, and it has settled. `wasAwaited`: whether somebody did until now. */
  streamSettled(wasAwaited: boolean): void;
  lookForReply(entry: PendingCall): void;
  /** Tells the worker how many items are read (modulo 2^31). */
  credit(entry: PendingCall, count: number): void;
  /** Nobody reads on: the task is told to end. */
  cancelStream(entry: PendingCall): void;
}

/** One such call. */
export class ResultStream implements QueueEvents {
  readonly #entry: PendingCall;
  readonly #signal: AbortSignal | undefined;
  readonly #events: StreamEvents;
  readonly #queue = new ItemQueue(this);
  /** Whether somebody waits for an item, or for the end. */
  isAwaited = false;
  #isOpen = true;

  /** Takes the place of the promise of a call. */
  constructor(entry: PendingCall, signal: AbortSignal | undefined, events: StreamEvents) {
    this.#entry = entry;
    this.#signal = signal;
    this.#events = events;
    entry.executor(
      (value) => {
        this.#settled();
        this.#queue.ended(value);
      },
      (reason) => {
        this.#settled();
        if (this.#signal?.aborted) this.#queue.drop(); // who gives up wants none of what has come
        this.#queue.failed(reason);
      },
    );
  }

  #settled(): void {
    this.#isOpen = false;
    forgotten.unregister(this);
    this.#events.streamSettled(this.isAwaited);
  }

  /** What the caller gets. */
  iterator(): StreamIterator {
    const iterator = new StreamIterator(this.#queue);
    forgotten.register(iterator, this.#queue, this);
    return iterator;
  }

  /** An item has come; false if the worker may not have sent it. */
  item(value: unknown, asks: boolean): boolean {
    return this.#queue.item(value, asks);
  }

  /** The worker wants to hear when all that has come is read. */
  asked(): void {
    this.#queue.asked();
  }

  // For the queue

  waiting(): void {
    this.isAwaited = true;
    this.#events.awaited(this.#entry);
  }

  notWaiting(): void {
    if (!this.#isOpen) return;
    this.isAwaited = false;
    this.#events.unawaited(this.#entry);
  }

  look(): void {
    if (this.#isOpen) this.#events.lookForReply(this.#entry);
  }

  read(count: number): void {
    if (this.#isOpen) this.#events.credit(this.#entry, count);
  }

  cancel(): void {
    if (this.#isOpen) this.#events.cancelStream(this.#entry);
  }
}

/** Ends the streams whose iterators nobody has any more. */
const forgotten = new FinalizationRegistry<ItemQueue>((queue) => queue.cancel());

/** The iterator of a stream that is not opened. */
export function refusedStream(reason: unknown): StreamIterator {
  const nobody = (): void => {};
  const queue = new ItemQueue({
    waiting: nobody,
    notWaiting: nobody,
    look: nobody,
    read: nobody,
    cancel: nobody,
  });
  queue.failed(reason);
  return new StreamIterator(queue);
}
