/**
 * Tasks whose results are streams: sends the items of what they return, as far as the reader lets them
 * be ahead, and lets them end when nobody reads on.
 *
 * Items are replies with the number of their call that say that they are not the last one. What the
 * reader has read is beside the call's signal; so it costs no message, and a worker that sleeps is rung.
 *
 * @module
 */

import type { Encoder } from "../codec/encoder.ts";
import { asPromise, then } from "../codec/promises.ts";
import { Flag, packHead } from "../codec/tags.ts";
import { received } from "../errors.ts";
import { CreditWindow } from "../streams/credit_window.ts";
import { ItemPump, iteratorOf, type PumpTarget } from "../streams/item_pump.ts";
import type { ChannelProducer } from "../transport/channel.ts";
import { ABORTED } from "../transport/layout.ts";
import type { Lent } from "./argument_streams.ts";
import type { CallSignals, Signalled } from "./call_signals.ts";
import type { RunnableTask } from "./runnable_task.ts";

const FULFILLED = 0;
const REJECTED: number = packHead(0, Flag.Rejected, 0);
const PROMISED: number = packHead(0, Flag.Promised, 0);
const ASKS: number = packHead(0, Flag.Asks, 0);
const ITEM: number = packHead(0, Flag.Item, 0);

/** What streams need of the runner of tasks. */
export interface StreamRunner {
  /** Tasks that have not settled and are not running. */
  unsettled: number;
  /** Whether replies wait for room. */
  readonly blocked: boolean;
  item(stream: ResultStream, head: number, value: unknown): void;
  reply(call: number, head: number, value: unknown, lent: Lent | undefined): void;
  /** Something was sent outside of a call, or waits for room: whoever counts and waits hears of it soon. */
  onLateReply(): void;
}

/** The streams that one worker sends. */
export class ResultStreams {
  readonly runner: StreamRunner;
  readonly signals: CallSignals;
  readonly encoder: Encoder;
  readonly #replies: ChannelProducer;
  readonly #open = new Set<ResultStream>();

  constructor(
    runner: StreamRunner,
    signals: CallSignals,
    encoder: Encoder,
    replies: ChannelProducer,
  ) {
    this.runner = runner;
    this.signals = signals;
    this.encoder = encoder;
    this.#replies = replies;
  }

  /** Whether there are any that have not ended. */
  get any(): boolean {
    return this.#open.size > 0;
  }

  /** Runs a task, and sends the items of what it returns. */
  begin(
    task: RunnableTask,
    call: number,
    argument: unknown,
    lent: Lent | undefined,
  ): void {
    const stream = new ResultStream(this, task, call, lent);
    this.#open.add(stream);
    this.runner.unsettled++;
    if (task.timed) this.runner.reply(call, PROMISED, undefined, undefined);
    // Not now: whoever serves calls measures how long they take, and others may wait.
    resolved.then(() => stream.start(argument));
  }

  /** A stream has ended; `head` says how. */
  end(stream: ResultStream, head: number, value: unknown): void {
    this.#open.delete(stream);
    this.runner.unsettled--;
    this.signals.close(stream.call);
    this.runner.reply(stream.call, head, value, stream.lent);
    this.runner.onLateReply();
  }

  /** There is one more item. It waits for no other: nobody knows how long a task takes for the next one. */
  sentOne(): void {
    // A loop that sleeps must hear that there is something that waits for room.
    if (this.runner.blocked) this.runner.onLateReply();
    else this.#replies.publish();
  }

  /** Replies wait no more: streams go on. */
  roomIsThere(): void {
    if (this.#open.size > 0) resolved.then(this.#goOn);
  }

  readonly #goOn = (): void => {
    for (const stream of [...this.#open]) stream.deliver();
  };
}

/** One of them. */
export class ResultStream implements PumpTarget, Signalled {
  readonly call: number;
  /** What is the task's own until the stream ends. */
  readonly lent: Lent | undefined;
  readonly #streams: ResultStreams;
  readonly #task: RunnableTask;
  readonly #toolkit: unknown;
  readonly #signal: Signalled | undefined;
  readonly #window = new CreditWindow();
  #pump: ItemPump | undefined;
  /** Whether nothing of it is sent any more but its end. */
  #isOver = false;
  /** The reason it ends with, whatever the task does then. */
  #refusal: { readonly reason: unknown } | undefined;

  constructor(
    streams: ResultStreams,
    task: RunnableTask,
    call: number,
    lent: Lent | undefined,
  ) {
    const { signals } = streams;
    this.#streams = streams;
    this.#task = task;
    this.call = call;
    this.lent = lent;
    if (task.abortable) {
      const signal = signals.open(call);
      this.#signal = signal;
      this.#toolkit = signal.toolkit;
    }
    signals.replace(call, this);
  }

  /** Calls the function. */
  start(argument: unknown): void {
    const { f, abortable } = this.#task;
    let result: unknown;
    try {
      result = abortable ? f(argument, this.#toolkit) : f(argument);
    } catch (error) {
      return this.failed(error);
    }
    const promise = asPromise(result);
    if (promise === undefined) this.#iterate(result);
    else then(promise, (value) => this.#iterate(value), (reason) => this.failed(reason));
  }

  #iterate(result: unknown): void {
    try {
      const iterator = iteratorOf(result);
      if (iterator === undefined) throw notIterable(this.#task.name, result);
      this.#pump = new ItemPump(iterator, this);
    } catch (error) {
      return this.failed(error);
    }
    this.deliver();
  }

  /** The reader has read, or gives up; or there is room again. */
  deliver(): void {
    if (this.#isOver) return;
    this.#signal?.deliver();
    if (this.#pump === undefined) return;
    if ((this.#look() & ABORTED) !== 0) this.#cancel();
    else this.#pump.resume();
  }

  close(): void {
    this.#signal?.close();
  }

  #look(): number {
    const word = this.#streams.signals.wordOf(this.call);
    this.#window.readUpTo(word >>> 1);
    return word;
  }

  #cancel(): void {
    this.#isOver = true;
    this.#pump!.cancel();
  }

  isReady(): boolean {
    if (this.#isOver || this.#streams.runner.blocked) return false;
    if (this.#window.isOpen) return true;
    this.#look();
    return this.#window.isOpen;
  }

  item(value: unknown): void {
    const asks = this.#window.asksNext;
    this.#streams.runner.item(this, asks ? ITEM | ASKS : ITEM, value);
    this.#streams.sentOne();
  }

  /** Sends an item, for the runner; false if there is no room now. An item that cannot cross ends the stream. */
  send(head: number, value: unknown): boolean {
    if (this.#isOver) return true; // not covered: only if a stream is left while its items wait for room
    const { encoder } = this.#streams;
    encoder.payloadBytes = 0;
    try {
      if (!encoder.send(this.call, head, value)) return false;
    } catch (reason) {
      this.#refusal = { reason };
      this.#cancel();
      return true;
    }
    this.#window.sent(encoder.payloadBytes, (head & ASKS) !== 0);
    if (this.#window.mustAsk) {
      this.#window.asked();
      this.#streams.runner.reply(this.call, ASKS, undefined, undefined);
    }
    return true;
  }

  ended(value: unknown): void {
    this.#isOver = true;
    if (this.#refusal === undefined) this.#streams.end(this, FULFILLED, value);
    else this.#streams.end(this, REJECTED, this.#refusal.reason);
  }

  failed(reason: unknown): void {
    this.#isOver = true;
    this.#streams.end(this, REJECTED, this.#refusal?.reason ?? reason); // not covered: only if an item was refused, and then its iterator cannot be left
  }
}

function notIterable(task: string, result: unknown): TypeError {
  return new TypeError(
    `Task "${task}" is a stream: expected an iterator, or something that can be iterated, ` +
      `received ${received(result)}`,
  );
}

const resolved = Promise.resolve();
