/**
 * Settles calls, every one exactly once: with what its worker replies, or earlier, because its time
 * is up or its caller gave up.
 *
 * A call that settles early may be anywhere. It leaves the queue; what a worker has not begun is taken
 * back; a task that runs is told, and what it replies is not for the caller any more.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import { later } from "../runtime/threads.ts";
import { CallSites } from "./call_site.ts";
import { CallWatches, type WatchEvents } from "./call_watch.ts";
import type { InlineEvents } from "./inline_lane.ts";
import type { Replies } from "./lane.ts";
import { type PendingCall, PendingCalls } from "./pending_calls.ts";
import type { TaskRules } from "./task_rules.ts";
import { WorkerLane } from "./worker_lane.ts";

/** While the pool starts no call runs out of time, but for no longer than this. */
const START_ALLOWANCE_MS = 5_000;

/** What calls settle by. */
export interface SettlementSettings {
  /** By task. */
  readonly tasks: readonly { readonly name: string; readonly abortable: boolean }[];
  /** What the tasks declare about their calls, by task. */
  readonly rules: readonly TaskRules[];
  /** How many abort-aware calls there may be at one time. */
  readonly abortSignalCapacity: number;
  /** Longest time for any call; `Infinity` for none. */
  readonly hardTimeoutMs: number;
  readonly onHardTimeout: "shutdown" | "replace";
}

/** What the settlement of calls needs of its pool. */
export interface SettlementEvents {
  /** Takes the replies of a lane that are there. */
  takeReplies(lane: WorkerLane): void;
  /** A call has settled, or there is room for another one, while nobody looks for replies. */
  changed(): void;
  /** Takes a call that has settled out of the queue. */
  leaveQueue(entry: PendingCall): void;
  /** A call that is still open was withdrawn: it waits for a lane again. */
  requeue(entry: PendingCall): void;
  /** A call has run into the hard limit; `lane` is the worker that runs it, if one does. */
  ranOut(error: KnittingError, lane: WorkerLane | undefined): void;
}

/** The calls of one pool, from being made to being settled. */
export class Settlement implements Replies, InlineEvents, WatchEvents {
  /** Called when the last open call has settled. */
  onDrained: () => void = () => {};
  readonly calls: PendingCalls;
  readonly #settings: SettlementSettings;
  readonly #events: SettlementEvents;
  readonly #sites: CallSites;
  readonly #watches: CallWatches;
  /** Whether there is more to a call than to send it, by task. */
  readonly #isSpecial: readonly boolean[];
  #started = false;
  /** Whether the hard limit of one call ends the pool: then those of others do not matter. */
  #isEnding = false;
  readonly #cancelStart: () => void;
  /** Gives calls whose time was up before the pool had started their time again. */
  readonly #onStart: (() => void)[] = [];

  /** @param signalCount how many abort-aware calls there may be; 0 if no task is abort-aware */
  constructor(settings: SettlementSettings, signalCount: number, events: SettlementEvents) {
    const { tasks, rules, hardTimeoutMs } = settings;
    this.#settings = settings;
    this.#events = events;
    this.calls = new PendingCalls(tasks.length, signalCount);
    this.#sites = new CallSites(tasks.length);
    this.#watches = new CallWatches(hardTimeoutMs, this);
    this.#isSpecial = tasks.map(({ abortable }, task) =>
      abortable || hardTimeoutMs !== Infinity || rules[task]!.limit !== undefined
    );
    this.#cancelStart = later(START_ALLOWANCE_MS, () => this.start());
  }

  /** The pool has started: from now on calls can run out of time. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#cancelStart();
    for (const restart of this.#onStart.splice(0)) restart();
  }

  /** Whether there is more to a call of this task than to send it. */
  isSpecial(task: number): boolean {
    return this.#isSpecial[task]!;
  }

  /**
   * Notes where a call was made, if that is needed.
   *
   * @param caller the innermost function that is not the caller's own
   */
  record(entry: PendingCall, caller: (...args: never[]) => unknown): void {
    this.#sites.record(entry, caller);
  }

  /** Watches a call that has a time limit, or a signal of the caller's. */
  watch(entry: PendingCall, signal: AbortSignal | undefined): void {
    const { rules, hardTimeoutMs } = this.#settings;
    const { limit } = rules[entry.task]!;
    if (limit === undefined && signal === undefined && hardTimeoutMs === Infinity) return;
    this.#watches.start(entry, limit, signal);
  }

  /** Gives the promise of an abort-aware call its `reject`. */
  makeRejectable(promise: Promise<unknown>, entry: PendingCall): Promise<unknown> {
    const { generation } = entry;
    return withReject(promise, (reason) => {
      if (entry.generation === generation && entry.open) this.#rejectFromOutside(entry, reason);
    });
  }

  /** The promise of a call that is not made. */
  refuse(task: number, reason: unknown): Promise<unknown> {
    const promise = Promise.reject(reason);
    return this.#settings.tasks[task]!.abortable ? withReject(promise, () => {}) : promise;
  }

  /** Why there cannot be another abort-aware call. */
  capacityError(): KnittingError {
    const { abortSignalCapacity } = this.#settings;
    return new KnittingError(
      "KNT_ERROR_ABORT_CAPACITY",
      `Too many abort-aware calls: ${abortSignalCapacity} have not been answered. ` +
        "The option abortSignalCapacity raises this limit.",
    );
  }

  // Replies

  find(call: number): PendingCall | undefined {
    return this.calls.find(call);
  }

  fulfilled(entry: PendingCall, value: unknown): void {
    if (entry.open) {
      this.#settled(entry);
      entry.resolve(value);
    }
    this.calls.release(entry);
  }

  rejected(entry: PendingCall, reason: unknown): void {
    if (entry.open) {
      this.#settled(entry);
      this.#sites.reject(entry, reason);
    }
    this.calls.release(entry);
  }

  waiting(entry: PendingCall): void {
    const { watch } = entry;
    if (!entry.open || watch === undefined) return;
    watch.waiting = true;
    if (watch.overdue) this.#timeIsUp(entry);
  }

  fulfilledInline(entry: PendingCall, value: unknown): void {
    this.fulfilled(entry, value);
    this.#events.changed();
  }

  rejectedInline(entry: PendingCall, reason: unknown): void {
    if (entry.open) return this.end(entry, () => entry.reject(reason));
    this.calls.release(entry);
    this.#events.changed();
  }

  inlineHasRoom(): void {
    this.#events.changed();
  }

  /** Before the promise of a call settles: settling it may run code of the caller, which finds it done. */
  #settled(entry: PendingCall): void {
    this.calls.settle(entry);
    if (entry.watch !== undefined) this.#watches.stop(entry);
    if (this.calls.size === 0) this.onDrained();
  }

  /** Settles a call that nothing holds, and releases it. */
  end(entry: PendingCall, settle: () => void): void {
    this.#settled(entry);
    settle();
    this.calls.release(entry);
    this.#events.changed(); // the program may be able to end now
  }

  /** The same with a reason that gets the place of the call. */
  endRejected(entry: PendingCall, reason: unknown): void {
    this.end(entry, () => this.#sites.reject(entry, reason));
  }

  // Calls that settle before their reply

  /**
   * Settles a call, and gets it out of whatever holds it. What its worker may still say of it is not
   * for the caller any more.
   */
  #settleEarly(entry: PendingCall, settle: () => void): void {
    if (!entry.open) return;
    this.#settled(entry);
    settle();
    if (entry.queued) this.#events.leaveQueue(entry);
    if (this.#isBegun(entry)) this.#raise(entry);
    else this.calls.release(entry);
    this.#events.changed(); // the program may be able to end now
  }

  /** Whether a lane has begun the call; if not, no lane has it any more. */
  #isBegun(entry: PendingCall): boolean {
    if (entry.lane === undefined) return false;
    if (!entry.lane.withdraw(entry)) return true;
    entry.lane = undefined;
    return false;
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
    else this.#settleEarly(entry, () => entry.reject(reason));
  }

  aborted(entry: PendingCall, signal: AbortSignal): void {
    this.#settleEarly(entry, () => entry.reject(signal.reason));
  }

  timedOut(entry: PendingCall): void {
    if (this.#waitsForStart(entry, () => this.#watches.restartSoft(entry))) return;
    if (!this.#isAnswered(entry)) this.#timeIsUp(entry);
  }

  #timeIsUp(entry: PendingCall): void {
    const watch = entry.watch!;
    if (!watch.waiting) {
      // A function that is running is not interrupted: it may be about to return its result.
      watch.overdue = true;
      if (this.#isBegun(entry)) return;
    }
    const { outcome } = watch.limit!;
    this.#settleEarly(entry, () => {
      if (outcome.kind === "resolve") entry.resolve(outcome.value);
      else if (outcome.kind === "reject") entry.reject(outcome.reason);
      else this.#sites.reject(entry, new KnittingError("KNT_ERROR_TIMEOUT", "Task timeout"));
    });
  }

  timedOutHard(entry: PendingCall): void {
    if (this.#isEnding || this.#waitsForStart(entry, () => this.#watches.restartHard(entry))) {
      return;
    }
    if (this.#isAnswered(entry)) return;
    const hadLane = entry.lane !== undefined;
    const isBegun = this.#isBegun(entry);
    const { hardTimeoutMs, onHardTimeout } = this.#settings;
    if (onHardTimeout === "replace" && !isBegun && (hadLane || entry.queued)) {
      // It waits for a worker, maybe behind the call that is to blame: it has all of its time again.
      this.#watches.restartHard(entry);
      if (hadLane) this.#events.requeue(entry);
      return;
    }
    const { name } = this.#settings.tasks[entry.task]!;
    const lane = entry.lane instanceof WorkerLane ? entry.lane : undefined;
    const consequence = onHardTimeout === "shutdown"
      ? "; pool force-shutdown"
      : lane === undefined
      ? ""
      : "; worker replaced";
    const error = new KnittingError(
      "KNT_ERROR_HARD_TIMEOUT",
      `Task hard timeout after ${hardTimeoutMs}ms (${name})${consequence}`,
    );
    this.#settleEarly(entry, () => this.#sites.reject(entry, error));
    this.#isEnding = onHardTimeout === "shutdown";
    this.#events.ranOut(error, lane);
  }

  /** Whether the call waits for the pool to start; `restart` gives it its time again when it has. */
  #waitsForStart(entry: PendingCall, restart: () => void): boolean {
    if (this.#started || entry.lane !== undefined) return false;
    const { watch } = entry;
    this.#onStart.push(() => {
      if (entry.watch === watch) restart();
    });
    return true;
  }

  /** A host that was busy may find that the reply is there, and came in time. */
  #isAnswered(entry: PendingCall): boolean {
    if (entry.lane instanceof WorkerLane) this.#events.takeReplies(entry.lane);
    return !entry.open;
  }

  // The end

  /** Settles all calls that are open; the pool is closed. */
  closeAll(): void {
    for (const entry of this.calls.filter(({ open }) => open)) {
      this.#settled(entry);
      entry.reject(new KnittingError("KNT_ERROR_CLOSED", "Thread closed"));
    }
    this.#watches.close();
    this.#cancelStart();
  }
}

/** `promise.reject` of abort-aware calls. */
function withReject<T>(promise: Promise<T>, reject: (reason?: unknown) => void): Promise<T> {
  (promise as Promise<T> & { reject: unknown }).reject = reject;
  return promise;
}
