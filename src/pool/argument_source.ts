/**
 * The argument of a call that is a stream, where it comes from. Nothing of it is read before the task
 * asks; then its items follow the call, with the call's number, as far as the task lets them be ahead.
 *
 * @module
 */

import { Flag, packHead } from "../codec/tags.ts";
import { CreditWindow } from "../streams/credit_window.ts";
import { type AnyIterator, ItemPump, iteratorOf, type PumpTarget } from "../streams/item_pump.ts";

const ITEM: number = packHead(0, Flag.Item, 0);
const ASKS: number = packHead(0, Flag.Asks, 0);
const END = 0;
const FAILED: number = packHead(0, Flag.Rejected, 0);

/** Said by a task instead of a count: it reads no more. */
export const STOPS = -1;

/** Where the items go. */
export interface SourceEvents {
  /**
   * Sends an item, or how the source has ended.
   *
   * @returns the bytes it takes beside its slot; below 0 if there is no room now, and then
   *   {@linkcode ArgumentSource.retry} is called later
   * @throws {KnittingError} if the value cannot cross
   */
  send(head: number, value: unknown, source: ArgumentSource): number;
}

/** One of them. */
export class ArgumentSource implements PumpTarget {
  readonly #source: unknown;
  readonly #events: SourceEvents;
  readonly #window = new CreditWindow();
  #pump: ItemPump | undefined;
  /** What waits for room. */
  #held: { readonly head: number; readonly value: unknown } | undefined;
  #isOver = false;
  /** Whether the task is to hear that its call was given up, once there is room. */
  #isAbandoned = false;

  /** @param source what `isSource` says yes to */
  constructor(source: unknown, events: SourceEvents) {
    this.#source = source;
    this.#events = events;
  }

  /** The task says how many items it has read (modulo 2^31), or that it {@linkcode STOPS}. */
  pull(count: number): void {
    if (this.#isOver) return;
    if (count === STOPS) return this.end();
    this.#window.readUpTo(count);
    // Not now: replies are being taken, and what follows is code of the caller.
    resolved.then(this.#goOn);
  }

  readonly #goOn = (): void => {
    if (this.#isOver) return;
    if (this.#pump === undefined) {
      let iterator: AnyIterator;
      try {
        iterator = iteratorOf(this.#source)!;
      } catch (error) {
        return this.failed(error);
      }
      this.#pump = new ItemPump(iterator, this);
    }
    this.#pump.resume();
  };

  /** Nobody reads on, or the call has settled: the source may end. */
  end(): void {
    if (this.#isAbandoned) return;
    this.#held = undefined;
    if (this.#isOver) return;
    this.#isOver = true;
    // Not now: a call is being settled, and what follows is code of the caller.
    resolved.then(() => this.#pump?.cancel());
  }

  /** The same, and the task is told why it gets no more, unless it has heard how the source ended. */
  abandon(reason: unknown): void {
    if (this.#isOver && this.#held === undefined) return;
    this.end();
    this.#isAbandoned = true;
    this.#send(FAILED, reason);
  }

  /** There may be room again; whether nothing waits any more. */
  retry(): boolean {
    const held = this.#held;
    if (held === undefined) return true;
    this.#held = undefined;
    this.#send(held.head, held.value);
    if (this.#held !== undefined) return false;
    if (!this.#isOver) resolved.then(this.#goOn);
    return true;
  }

  isReady(): boolean {
    return !this.#isOver && this.#held === undefined && this.#window.isOpen;
  }

  item(value: unknown): void {
    if (!this.#isOver) this.#send(this.#window.asksNext ? ITEM | ASKS : ITEM, value);
  }

  #send(head: number, value: unknown): void {
    let bytes: number;
    try {
      bytes = this.#events.send(head, value, this);
    } catch (error) {
      // What it failed with cannot cross either: the refusal can.
      return head === FAILED ? this.#send(FAILED, String(error)) : this.failed(error);
    }
    if (bytes < 0) {
      this.#held = { head, value };
      return;
    }
    if ((head & ITEM) !== 0) this.#sent(head, bytes);
  }

  #sent(head: number, bytes: number): void {
    this.#window.sent(bytes, (head & ASKS) !== 0);
    if (!this.#window.mustAsk) return;
    this.#window.asked();
    this.#send(ASKS, undefined);
  }

  ended(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#send(END, undefined);
  }

  failed(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pump?.cancel();
    this.#send(FAILED, reason);
  }
}

const resolved = Promise.resolve();
