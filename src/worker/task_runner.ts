/**
 * One call at a time: decode the argument, run the task, send the reply.
 *
 * @module
 */

import type { Decoder } from "../codec/decoder.ts";
import type { Encoder } from "../codec/encoder.ts";
import { asPromise, then } from "../codec/promises.ts";
import { Flag, headFlags, headTask, NOT_THE_REPLY, packHead } from "../codec/tags.ts";
import { KnittingError } from "../errors.ts";
import type { BufferReference } from "../memory/buffer_reference.ts";
import type { DebugLog } from "../runtime/debug.ts";
import type { ChannelProducer } from "../transport/channel.ts";
import { FIRST_ASIDE, SLOT_CALL, SLOT_HEAD, WITHDRAWN } from "../transport/layout.ts";
import type { Looks } from "../transport/patience.ts";
import type { RingConsumer } from "../transport/ring.ts";
import { ArgumentStream, ArgumentStreams, type Lent } from "./argument_streams.ts";
import type { CallSignals } from "./call_signals.ts";
import { type ResultStream, ResultStreams } from "./result_streams.ts";
import type { RunnableTask } from "./runnable_task.ts";

const FULFILLED = 0;
const REJECTED: number = packHead(0, Flag.Rejected, 0);
const PROMISED: number = packHead(0, Flag.Promised, 0);
const HEAD_FLAGS: number = packHead(0, 0xff, 0xff);
const ASKS: number = packHead(0, Flag.Asks, 0);
const PULLS: number = packHead(0, Flag.Pulls, 0);
/** The flags of heads that are not the last of their call. */
export const STAYS: number = packHead(0, NOT_THE_REPLY, 0);

/** How the heads of replies are called in diagnostics. */
const OUTCOMES: Readonly<Record<number, string>> = {
  [FULFILLED]: "fulfilled",
  [REJECTED]: "rejected",
  [PROMISED]: "promised",
  [ASKS]: "asks",
  [PULLS]: "pulls",
};

interface Reply {
  readonly call: number;
  readonly head: number;
  readonly value: unknown;
  readonly lent: Lent | undefined;
  /** The stream that it is an item of, if it is one. */
  readonly stream: ResultStream | undefined;
}

/** Runs tasks and sends their replies. */
export class TaskRunner {
  /** Tasks that returned a promise which has not settled. */
  unsettled = 0;
  /** Whether the last calls were fast. */
  fast = false;
  /** Whether the event loop has had a turn since somebody has set this to false. */
  rested = false;
  /** When the worker has looked for calls in vain. */
  looks: Looks = { beganMs: 0, lookedMs: 0 };
  /** The reference in the argument that was decoded last, or the stream that it is, if there is one. */
  #arrived: BufferReference | ArgumentStream | undefined;
  /** Called when a reply comes from outside of {@linkcode run}, say because a promise has settled. */
  onLateReply: () => void = () => {};
  /** Replies for which there was no room, oldest first. */
  readonly #unsent: Reply[] = [];
  readonly #tasks: readonly RunnableTask[];
  readonly #signals: CallSignals;
  readonly #words: Int32Array;
  readonly #decoder: Decoder;
  readonly #encoder: Encoder;
  readonly replies: ChannelProducer;
  readonly #log: DebugLog | undefined;
  readonly #streams: ResultStreams;
  readonly #arguments: ArgumentStreams;

  constructor(
    tasks: readonly RunnableTask[],
    signals: CallSignals,
    words: Int32Array,
    decoder: Decoder,
    encoder: Encoder,
    replies: ChannelProducer,
    log: DebugLog | undefined,
  ) {
    this.#tasks = tasks;
    this.#signals = signals;
    this.#words = words;
    this.#decoder = decoder;
    this.#encoder = encoder;
    this.replies = replies;
    this.#log = log;
    this.#streams = new ResultStreams(this, signals, encoder, replies);
    this.#arguments = new ArgumentStreams((call, head, count) => this.#pull(call, head, count));
    decoder.onReference = (reference) => this.#arrived = reference;
    decoder.onStream = () => (this.#arrived = this.#arguments.arrive()).iterator;
  }

  /** Whether replies wait for room. While they do, no further calls should be taken. */
  get blocked(): boolean {
    return this.#unsent.length > 0;
  }

  /** Whether results of tasks are streams that have not ended. */
  get streaming(): boolean {
    return this.#streams.any;
  }

  /** Runs the oldest call of the ring; false if it was withdrawn. */
  run(ring: RingConsumer): boolean {
    ring.begin();
    const slot = ring.slot();
    const call = this.#words[slot + SLOT_CALL]!;
    const head = this.#words[slot + SLOT_HEAD]!;
    const task = headTask(head);
    let argument: unknown;
    let failed = false;
    try {
      argument = this.#decoder.decode(slot, head);
    } catch (error) {
      failed = true;
      argument = error;
    }
    // What a task is given is its own until the reply is sent.
    const lent = this.#arrived;
    if (lent !== undefined) {
      this.#arrived = undefined;
      if (lent instanceof ArgumentStream) this.#arguments.begin(lent, call);
    }
    ring.advance();
    ring.release();
    if (call < 0) {
      if (call !== WITHDRAWN) {
        this.#arguments.take(FIRST_ASIDE - call, headFlags(head), argument, failed);
      }
      return false;
    }
    if (failed) {
      this.reply(call, REJECTED, argument, lent);
      return true;
    }
    this.#log?.line("signals", `work call=${call} task=${task}`);
    this.execute(task, call, argument, lent);
    return true;
  }

  /** Runs the task of a call. Directly: each function in between is a frame of the stacks of errors. */
  protected execute(
    task: number,
    call: number,
    argument: unknown,
    lent: Lent | undefined,
  ): void {
    const runnable = this.#tasks[task]!;
    if (runnable.isSpecial) {
      return runnable.streams
        ? this.beginStream(runnable, call, argument, lent)
        : this.#runAbortable(runnable, call, argument, lent);
    }
    const { f, timed } = runnable;
    let result: unknown;
    try {
      result = f(argument);
    } catch (error) {
      return this.reply(call, REJECTED, error, lent);
    }
    const promise = asPromise(result);
    if (promise === undefined) this.reply(call, FULFILLED, result, lent);
    else this.settleLater(call, promise, timed, false, lent);
  }

  /** Runs a task whose result is a stream; the reply is its end. */
  protected beginStream(
    runnable: RunnableTask,
    call: number,
    argument: unknown,
    lent: Lent | undefined,
  ): void {
    this.#streams.begin(runnable, call, argument, lent);
  }

  /** Runs a task with a signal, which is closed before the reply lets the host use its word again. */
  #runAbortable(
    { f, timed }: RunnableTask,
    call: number,
    argument: unknown,
    lent: Lent | undefined,
  ): void {
    const { toolkit } = this.#signals.open(call);
    let result: unknown;
    try {
      result = f(argument, toolkit);
    } catch (error) {
      this.#signals.close(call);
      return this.reply(call, REJECTED, error, lent);
    }
    const promise = asPromise(result);
    if (promise !== undefined) return this.settleLater(call, promise, timed, true, lent);
    this.#signals.close(call);
    this.reply(call, FULFILLED, result, lent);
  }

  /** Replies when the promise that a task has returned settles. */
  protected settleLater(
    call: number,
    promise: Promise<unknown>,
    timed: boolean,
    abortable: boolean,
    lent: Lent | undefined,
  ): void {
    this.unsettled++;
    if (timed) this.reply(call, PROMISED, undefined, undefined);
    const settle = (head: number, value: unknown): void => {
      this.unsettled--;
      if (abortable) this.#signals.close(call);
      this.reply(call, head, value, lent);
      this.onLateReply();
    };
    then(
      promise,
      (value) => settle(FULFILLED, value),
      (error) => settle(REJECTED, error),
    );
  }

  /** An item of a stream; publishing is the stream's. */
  item(stream: ResultStream, head: number, value: unknown): void {
    if (this.#unsent.length > 0 || !stream.send(head, value)) {
      this.#unsent.push({ call: stream.call, head, value, lent: undefined, stream });
    }
  }

  /** Asks for items of an argument, unless the reply to its call is under way already. */
  #pull(call: number, head: number, count: number): void {
    if (this.#unsent.some((reply) => reply.call === call && (reply.head & STAYS) === 0)) return; // not covered: only if a task reads on after its result, and there was no room for that
    this.reply(call, head, count, undefined);
    this.onLateReply();
  }

  /** Sends a reply, or lets it wait for room. */
  reply(
    call: number,
    head: number,
    value: unknown,
    lent: Lent | undefined,
  ): void {
    this.#log?.line("signals", `result call=${call} ${OUTCOMES[head & HEAD_FLAGS]}`);
    if (this.#unsent.length > 0 || !this.#send(call, head, value)) {
      this.#unsent.push({ call, head, value, lent, stream: undefined });
      return;
    }
    if (lent !== undefined) lent.release(); // if it was returned, it has nothing any more
    this.replies.publish(); // now: nobody knows how long the next call takes
  }

  /** The worker is about to leave its thread to others; for who measures. */
  rests(): void {}

  /** Sends replies that waited for room. */
  flush(): void {
    let sent = 0;
    for (const { call, head, value, lent, stream } of this.#unsent) {
      if (!(stream === undefined ? this.#send(call, head, value) : stream.send(head, value))) break;
      lent?.release(); // not covered: only if the reply to a call with a reference waits for room
      sent++;
    }
    if (sent === 0) return;
    this.replies.publish();
    this.#unsent.splice(0, sent);
    if (this.#unsent.length === 0) this.#streams.roomIsThere();
  }

  /** A value that cannot cross becomes a rejection that says so. */
  #send(call: number, head: number, value: unknown): boolean {
    try {
      return this.#encoder.send(call, head, value);
    } catch (error) {
      try {
        return this.#encoder.send(call, REJECTED, error);
      } catch {
        return this.#encoder.send(call, REJECTED, inBrief(error as KnittingError));
      }
    }
  }
}

/** An error so short that no limit on payloads keeps it back. */
function inBrief({ code, message }: KnittingError): KnittingError {
  const brief = new KnittingError(code, message.slice(0, 150));
  brief.stack = "";
  return brief;
}
