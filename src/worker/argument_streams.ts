/**
 * Arguments that are streams, where tasks read them. The host sends nothing before the task asks; what it
 * asks for, and how much it has read, are replies that are not the last of their call.
 *
 * @module
 */

import { Flag, packHead } from "../codec/tags.ts";
import { ItemQueue, type QueueEvents } from "../streams/item_queue.ts";
import { StreamIterator } from "../streams/stream_iterator.ts";

const PULLS: number = packHead(0, Flag.Pulls, 0);
/** Said instead of a count: nobody reads on. */
const STOPS = -1;

/** What a task is given with its argument, its own until the reply is sent. */
export interface Lent {
  release(): void;
}

/** Tells the host, for a call that has not been answered. */
export type Pull = (call: number, head: number, count: number) => void;

/** The streams in the arguments of the calls that this worker runs. */
export class ArgumentStreams {
  readonly #pull: Pull;
  readonly #open = new Map<number, ArgumentStream>();

  constructor(pull: Pull) {
    this.#pull = pull;
  }

  /** The argument of a call says that it is a stream. */
  arrive(): ArgumentStream {
    return new ArgumentStream(this.#pull, (call) => this.#open.delete(call));
  }

  /** The call with that argument has begun. */
  begin(stream: ArgumentStream, call: number): void {
    stream.call = call;
    this.#open.set(call, stream);
  }

  /** What the host sends after a call. One that does not read any more is not told. */
  take(call: number, flags: number, value: unknown, failed: boolean): void {
    this.#open.get(call)?.take(flags, value, failed);
  }
}

/** One of them. */
export class ArgumentStream implements QueueEvents, Lent {
  call = -1;
  /** What the task gets. */
  readonly iterator: StreamIterator;
  readonly #queue = new ItemQueue(this);
  readonly #pull: Pull;
  readonly #close: (call: number) => void;
  #hasAsked = false;

  constructor(pull: Pull, close: (call: number) => void) {
    this.iterator = new StreamIterator(this.#queue);
    this.#pull = pull;
    this.#close = close;
  }

  take(flags: number, value: unknown, failed: boolean): void {
    const asks = (flags & Flag.Asks) !== 0;
    if (failed || (flags & Flag.Rejected) !== 0) {
      this.#queue.failed(value);
      if (failed) this.#pull(this.call, PULLS, STOPS);
    } else if ((flags & Flag.Item) !== 0) this.#queue.item(value, asks);
    else if (asks) this.#queue.asked();
    else this.#queue.ended(undefined);
  }

  /** The reply is sent: what the task reads now has ended. */
  release(): void {
    this.#close(this.call);
    this.#queue.ended(undefined);
  }

  waiting(): void {
    if (this.#hasAsked) return;
    this.#hasAsked = true;
    this.#pull(this.call, PULLS, 0);
  }

  notWaiting(): void {}

  look(): void {}

  read(count: number): void {
    this.#pull(this.call, PULLS, count);
  }

  cancel(): void {
    this.#pull(this.call, PULLS, STOPS);
    this.#queue.ended(undefined);
  }
}
