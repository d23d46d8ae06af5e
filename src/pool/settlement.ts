/**
 * Settles calls, every one exactly once: with what its worker replies, or earlier, because its time
 * is up or its caller gave up.
 *
 * A call that settles early may be anywhere. It leaves the queue; what a worker has not begun is taken
 * back; a task that runs is told, and what it replies is not for the caller any more.
 *
 * @module
 */

import { Flag } from "../codec/tags.ts";
import { KnittingError } from "../errors.ts";
import type { StreamIterator } from "../streams/stream_iterator.ts";
import { isSource } from "../codec/kinds/source.ts";
import { AbortListeners } from "./abort_listeners.ts";
import { ArgumentSource } from "./argument_source.ts";
import { CallSites } from "./call_site.ts";
import { CallWatch } from "./call_watch.ts";
import type { InlineEvents } from "./inline_lane.ts";
import type { Lane, Replies } from "./lane.ts";
import { type CallHolder, isStillOpen, type PendingCall, PendingCalls } from "./pending_calls.ts";
import { ResultStream, type StreamEvents } from "./result_stream.ts";
import type { TimeoutOutcome } from "./task_rules.ts";
import { type TimeLimitEvents, TimeLimits, type TimeLimitSettings } from "./time_limits.ts";

/** How a call has ended without an answer. */
export type Ending = "failed" | "aborted" | "timedOut" | "lost" | "refused";

/** What calls settle by. */
export interface SettlementSettings extends TimeLimitSettings {
  /** By task. */
  readonly tasks: readonly { readonly name: string; readonly abortable: boolean }[];
  /** How many abort-aware calls there may be at one time. */
  readonly abortSignalCapacity: number;
}

/** What the settlement of calls needs of whoever gives them to lanes. */
export interface SettlementEvents {
  /** Takes the reply of a call, and those before it, if it is there. */
  lookForReply(entry: PendingCall): void;
  /** A stream in an argument waits for room in its lane. */
  waitsForRoom(source: ArgumentSource): void;
  /** A call has settled, or there is room for another one, while nobody looks for replies. */
  changed(): void;
  /** Takes a call that has settled out of the queue. */
  leaveQueue(entry: PendingCall): void;
  /** A call that is still open was withdrawn: it waits for a lane again. */
  requeue(entry: PendingCall): void;
  /** A call has run into the hard limit; `lane` is what runs it, if anything does. */
  ranOut(error: KnittingError, lane: CallHolder | undefined): void;
}

/** The calls of one pool, from being made to being settled. */
export class Settlement implements Replies, InlineEvents, TimeLimitEvents, StreamEvents {
  /** Called when the last open call has settled. */
  onAllSettled: () => void = () => {};
  readonly calls: PendingCalls;
  readonly sites: CallSites;
  readonly limits: TimeLimits;
  readonly #settings: SettlementSettings;
  readonly #events: SettlementEvents;
  readonly #signals = new AbortListeners((entry, signal) => {
    const { reason } = signal;
    if (isTimeout(reason) && this.#isOver(entry)) return;
    this.#settleEarly(entry, "aborted", () => entry.reject(reason), reason);
  });
  /** Whether there is more to a call than to send it, by task. */
  readonly #isSpecial: readonly boolean[];

  /** @param signalCount how many abort-aware calls there may be; 0 if no task is abort-aware */
  constructor(settings: SettlementSettings, signalCount: number, events: SettlementEvents) {
    const { tasks, rules, hardTimeoutMs } = settings;
    this.#settings = settings;
    this.#events = events;
    this.calls = new PendingCalls(tasks.length, signalCount);
    this.limits = new TimeLimits(settings, this);
    this.sites = new CallSites(tasks.length);
    this.#isSpecial = tasks.map(({ abortable }, task) =>
      abortable || hardTimeoutMs !== Infinity || rules[task]!.limit !== undefined ||
      rules[task]!.retry !== undefined
    );
  }

  // Calls that are made

  /** Whether there is more to a call of this task than to send it. */
  isSpecial(task: number): boolean {
    return this.#isSpecial[task]!;
  }

  /** Watches a call that has a time limit or a signal of the caller's, or may be made again. */
  watch(entry: PendingCall, signal: AbortSignal | undefined): void {
    const { rules, hardTimeoutMs } = this.#settings;
    const { limit, retry } = rules[entry.task]!;
    const isLimited = limit !== undefined || hardTimeoutMs !== Infinity;
    if (!isLimited && retry === undefined && signal === undefined) return;
    entry.watch = new CallWatch(limit, retry, signal);
    this.limits.add(entry);
    if (signal !== undefined) this.#signals.add(signal, entry);
  }

  /** Makes a call a stream, instead of giving it a promise; what its caller gets. */
  stream(entry: PendingCall, signal: AbortSignal | undefined): StreamIterator {
    const stream = new ResultStream(entry, signal, this);
    entry.watch = new CallWatch(
      this.#settings.rules[entry.task]!.limit,
      undefined,
      signal,
      stream,
    );
    this.calls.unawaited++;
    if (signal !== undefined) this.#signals.add(signal, entry);
    return stream.iterator();
  }

  /** Gives the promise of an abort-aware call its `reject`. */
  makeRejectable(promise: Promise<unknown>, entry: PendingCall): Promise<unknown> {
    const { generation } = entry;
    return withReject(promise, (reason) => {
      if (isStillOpen(entry, generation)) this.#rejectFromOutside(entry, reason);
    });
  }

  /** The promise of a call that is not made. */
  refuse(task: number, reason: unknown): Promise<unknown> {
    const promise = Promise.reject(reason);
    return this.#settings.tasks[task]!.abortable ? withReject(promise, () => {}) : promise;
  }

  /** Why there cannot be another abort-aware call, or stream. */
  capacityError(): KnittingError {
    const { abortSignalCapacity } = this.#settings;
    return new KnittingError(
      "KNT_ERROR_ABORT_CAPACITY",
      `Too many abort-aware calls and streams: ${abortSignalCapacity} have not been answered. ` +
        "The option abortSignalCapacity raises this limit.",
    );
  }

  // Replies

  find(call: number): PendingCall | undefined {
    return this.calls.find(call);
  }

  fulfilled(entry: PendingCall, value: unknown, _head?: number): void {
    if (entry.open) {
      this.settled(entry);
      entry.resolve(value);
    }
    this.calls.release(entry);
  }

  rejected(entry: PendingCall, reason: unknown, _head?: number): void {
    if (entry.open) {
      this.settled(entry);
      this.sites.reject(entry, reason);
    }
    this.calls.release(entry);
  }

  promised(entry: PendingCall): void {
    if (entry.open && entry.watch !== undefined) this.limits.promised(entry);
  }

  begunInline(_entry: PendingCall): void {}

  item(
    entry: PendingCall,
    flags: number,
    value: unknown,
    failed: boolean,
    lane: Lane,
  ): boolean {
    if ((flags & Flag.Pulls) !== 0) return this.#pulled(entry, value, lane);
    if (!entry.open) return true; // nobody wants it any more
    const stream = entry.watch?.stream;
    if (stream === undefined) return false;
    const asks = (flags & Flag.Asks) !== 0;
    if (failed) {
      this.#settleEarly(entry, "failed", () => this.sites.reject(entry, value), value);
    } else if ((flags & Flag.Item) !== 0) return stream.item(value, asks);
    else if (asks) stream.asked();
    return true;
  }

  /** A task asks for items of its argument, or says how many it has read. */
  #pulled(entry: PendingCall, count: unknown, lane: Lane): boolean {
    if (!Number.isInteger(count) || !isSource(Object(entry.argument))) return false;
    const { generation } = entry;
    const source = entry.watch?.source ?? new ArgumentSource(entry.argument, {
      send: (head, value, source) => {
        // What had to wait for room may be late: its call is through, and the number another one's.
        if (entry.generation !== generation || entry.lane !== lane) return 0;
        const bytes = lane.aside(entry, head, value);
        if (bytes < 0) this.#events.waitsForRoom(source);
        return bytes;
      },
    });
    if (!entry.open) source.abandon(givenUp());
    else {
      entry.watch ??= new CallWatch(undefined, undefined, undefined);
      entry.watch.source = source;
      source.pull(count as number);
    }
    return true;
  }

  itemInline(entry: PendingCall, value: unknown): void {
    if (entry.open) entry.watch!.stream!.item(value, true);
  }

  fulfilledInline(entry: PendingCall, value: unknown): void {
    this.fulfilled(entry, value);
    this.#events.changed();
  }

  rejectedInline(entry: PendingCall, reason: unknown): void {
    if (entry.open) {
      this.settled(entry);
      entry.reject(reason);
    }
    this.#letGo(entry);
  }

  /** A call has ended without an answer; for who measures calls. May run code of the caller. */
  protected endsEarly(_entry: PendingCall, _ending: Ending, _reason: unknown): void {}

  inlineHasRoom(): void {
    this.#events.changed();
  }

  /** Before the promise of a call settles: settling it may run code of the caller, which finds it done. */
  protected settled(entry: PendingCall): void {
    this.calls.settle(entry);
    if (entry.watch !== undefined) this.#unwatch(entry);
    if (this.calls.size === 0) this.onAllSettled();
  }

  #unwatch(entry: PendingCall): void {
    const { signal, source } = entry.watch!;
    this.limits.remove(entry);
    if (signal !== undefined) this.#signals.remove(signal, entry);
    entry.watch = undefined;
    source?.end();
  }

  /** {@linkcode settled}, for a call that ends without an answer. */
  #settledUnanswered(entry: PendingCall, ending: Ending, reason: unknown): void {
    this.settled(entry);
    this.endsEarly(entry, ending, reason);
  }

  /** Rejects a call that nothing holds, and releases it. */
  end(entry: PendingCall, reason: unknown): void {
    this.#settledUnanswered(entry, "refused", reason);
    entry.reject(reason);
    this.#letGo(entry);
  }

  /** The same with a reason that gets the place of the call. */
  endRejected(entry: PendingCall, reason: unknown, ending: Ending = "refused"): void {
    this.#settledUnanswered(entry, ending, reason);
    this.sites.reject(entry, reason);
    this.#letGo(entry);
  }

  #letGo(entry: PendingCall): void {
    this.calls.release(entry);
    this.#events.changed(); // the program may be able to end now
  }

  // Calls that settle before their reply

  /**
   * Settles a call, and gets it out of whatever holds it. What its worker may still say of it is not
   * for the caller any more.
   */
  #settleEarly(entry: PendingCall, ending: Ending, settle: () => void, reason?: unknown): void {
    if (!entry.open) return;
    entry.watch?.source?.abandon(givenUp());
    this.#settledUnanswered(entry, ending, reason);
    settle();
    if (entry.queued) this.#events.leaveQueue(entry);
    if (this.withdraw(entry)) this.calls.release(entry);
    else this.#raise(entry);
    this.#events.changed(); // the program may be able to end now
  }

  /** Lets the task of a call know that it is aborted, now or when it begins. */
  #raise(entry: PendingCall): void {
    if (!this.calls.isAbortable(entry)) return;
    entry.aborted = true;
    entry.lane?.raise(entry);
  }

  /** `promise.reject(reason)`, or `promise.reject()`, which leaves the answer to the task. */
  #rejectFromOutside(entry: PendingCall, reason: unknown): void {
    if (reason === undefined) this.#raise(entry);
    else this.#settleEarly(entry, "aborted", () => entry.reject(reason), reason);
  }

  isAnswered(entry: PendingCall): boolean {
    return this.#isOver(entry) || entry.watch?.stream?.isAwaited === false;
  }

  /** Whether a call has settled, after a look for its reply: it may be there if the host was busy. */
  #isOver(entry: PendingCall): boolean {
    const { generation } = entry;
    this.#events.lookForReply(entry);
    // What settles then may run code that makes a call, and that call may get this entry.
    return !isStillOpen(entry, generation);
  }

  withdraw(entry: PendingCall): boolean {
    if (entry.lane === undefined) return true;
    if (!entry.lane.withdraw(entry)) return false;
    entry.lane = undefined;
    return true;
  }

  requeue(entry: PendingCall): void {
    this.#events.requeue(entry);
  }

  timedOut(entry: PendingCall, outcome: TimeoutOutcome): void {
    this.#settleEarly(entry, "timedOut", () => {
      if (outcome.kind === "resolve") entry.resolve(outcome.value);
      else if (outcome.kind === "reject") entry.reject(outcome.reason);
      else this.sites.reject(entry, new KnittingError("KNT_ERROR_TIMEOUT", "Task timeout"));
    });
  }

  ranOut(entry: PendingCall, error: KnittingError): void {
    const { lane } = entry;
    this.#settleEarly(entry, "timedOut", () => this.sites.reject(entry, error), error);
    this.#events.ranOut(error, lane);
  }

  // Streams, while they are open

  awaited(entry: PendingCall): void {
    this.calls.unawaited--;
    this.limits.add(entry);
    this.#events.changed();
  }

  unawaited(entry: PendingCall): void {
    this.calls.unawaited++;
    this.limits.remove(entry);
  }

  streamSettled(wasAwaited: boolean): void {
    if (!wasAwaited) this.calls.unawaited--;
  }

  lookForReply(entry: PendingCall): void {
    if (entry.lane !== undefined) this.#events.lookForReply(entry);
  }

  credit(entry: PendingCall, count: number): void {
    entry.lane?.credit(entry, count);
  }

  /** The task ends, and then the call. One that has not begun never does. */
  cancelStream(entry: PendingCall): void {
    if (entry.queued) this.#events.leaveQueue(entry);
    if (this.withdraw(entry)) {
      this.#settledUnanswered(entry, "aborted", undefined);
      entry.resolve(undefined);
      this.#letGo(entry);
    } else this.#raise(entry);
  }

  // The end

  /** Settles all calls that are open; the pool is closed. */
  closeAll(): void {
    for (const entry of this.calls.filter(({ open }) => open)) {
      if (!entry.open) continue; // whoever heard of one before has given it up
      const reason = new KnittingError("KNT_ERROR_CLOSED", "Thread closed");
      this.#settledUnanswered(entry, "lost", reason);
      entry.reject(reason);
    }
    this.limits.close();
  }
}

/** Why a task gets no more of its argument. */
function givenUp(): Error {
  const error = new Error("The call was given up by its caller");
  error.name = "AbortError";
  return error;
}

/** Whether a signal was aborted because time is up, as that of `AbortSignal.timeout`, and not by a caller who gives up. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "TimeoutError";
}

/** `promise.reject` of abort-aware calls. */
function withReject<T>(promise: Promise<T>, reject: (reason?: unknown) => void): Promise<T> {
  (promise as Promise<T> & { reject: unknown }).reject = reject;
  return promise;
}
