/**
 * The host side: takes calls, has lanes run them, settles every one exactly once, and keeps the
 * workers alive. Composes pending calls, queue, scheduler, dispatchers and lanes.
 *
 * @module
 */

import { isPromise, then } from "../codec/promises.ts";
import { KnittingError } from "../errors.ts";
import type { TaskFailure } from "../runtime/handshake.ts";
import { keepAlive, later } from "../runtime/threads.ts";
import { atomics } from "../transport/atomic.ts";
import { alignUp, HOST_WORDS } from "../transport/layout.ts";
import { CallQueue } from "./call_queue.ts";
import { CallSites } from "./call_site.ts";
import { CallWatches, type WatchEvents } from "./call_watch.ts";
import { type Dispatched, Dispatcher, type DispatcherSettings } from "./dispatcher.ts";
import { type InlineEvents, InlineLane, type InlineSettings } from "./inline_lane.ts";
import type { Lane, Replies } from "./lane.ts";
import { type PendingCall, PendingCalls } from "./pending_calls.ts";
import { Scheduler, type Strategy, type Target } from "./scheduler.ts";
import type { TaskRules } from "./task_rules.ts";
import { type LaneEvents, ThreadLane, type ThreadSettings } from "./thread_lane.ts";

/** Calls, and replies, that can be on their way to or from one worker. */
const SLOT_COUNT = 1024;
/** Calls sent to a lane before they are published, if the microtask goes on. */
const PUBLISH_BATCH = 16;
/** A worker that died is started again after this long; twice as long each further time. */
const FIRST_RESTART_MS = 20;
const LAST_RESTART_MS = 5_000;
/** After so many failures to start in a row, without any worker running, the pool gives up. */
const MAX_START_FAILURES = 3;
/** While the pool starts no call runs out of time, but for no longer than this. */
const START_ALLOWANCE_MS = 1_000;

/** What a pool is made from. */
export interface PoolSettings extends Omit<ThreadSettings, "sizes" | "laneCount"> {
  readonly threads: number;
  readonly inline: InlineSettings | undefined;
  readonly strategy: Strategy;
  /** What the tasks declare about their calls, by task. */
  readonly rules: readonly TaskRules[];
  /** How many abort-aware calls there may be at one time. */
  readonly abortSignalCapacity: number;
  /** Bytes for payloads, for each worker and each direction. */
  readonly regionBytes: number;
  /** Longest time for any call; `Infinity` for none. */
  readonly hardTimeoutMs: number;
  readonly onHardTimeout: "shutdown" | "replace";
  /** Whether a shutdown lets the calls made before it settle. */
  readonly resolveAfterFinishingAll: boolean;
  /** Whether each worker rings a bell of its own. */
  readonly bellPerWorker: boolean;
  readonly dispatcher: DispatcherSettings;
}

/** A pool of threads. */
export class Pool implements Dispatched, Replies, LaneEvents, InlineEvents, WatchEvents {
  readonly #lanes: ThreadLane[];
  /** The same lanes, by the bell that they ring, and where it is. */
  readonly #groups: { readonly lanes: ThreadLane[]; readonly host: SharedArrayBuffer }[];
  readonly #inline: InlineLane | undefined;
  readonly #settings: PoolSettings;
  readonly #threadSettings: ThreadSettings;
  readonly #calls: PendingCalls;
  readonly #queue = new CallQueue();
  /** How many calls in the queue have settled. */
  #dropped = 0;
  readonly #sites: CallSites;
  readonly #watches: CallWatches;
  /** Whether calls of a task need more than to be sent, by task. */
  readonly #isSpecial: readonly boolean[];
  readonly #scheduler: Scheduler;
  readonly #dispatchers: readonly Dispatcher[];
  readonly #keepAlive = keepAlive();
  /** Why calls of a task cannot run, by task. */
  readonly #unavailable: (string | undefined)[];
  /** Deaths in a row of each worker, without an answer in between. */
  readonly #deaths: number[];
  readonly #restarts = new Set<() => void>();
  #startFailures = 0;
  /** Whether a worker has been ready, or should have been. */
  #started = false;
  readonly #cancelStart: () => void;
  /** Why no call can run. */
  #broken: KnittingError | undefined;
  /** Whether no new calls are taken. */
  #closing = false;
  /** Whether no replies are taken either. */
  #closed = false;
  #shutdown: Promise<void> | undefined;
  /** Whether it ends without waiting for anything. */
  #forced = false;
  /** Cuts short what the shutdown waits for. */
  #hurry: () => void = () => {};
  /** Called when the last open call has settled. */
  #drained: (() => void) | undefined;

  constructor(settings: PoolSettings) {
    const { threads, tasks, rules } = settings;
    const signalCount = tasks.some(({ abortable }) => abortable) ? settings.abortSignalCapacity : 0;
    this.#settings = settings;
    this.#threadSettings = {
      ...settings,
      sizes: {
        slotCount: SLOT_COUNT,
        regionBytes: alignUp(settings.regionBytes),
        signalCount,
      },
      laneCount: threads + (settings.inline === undefined ? 0 : 1),
    };
    this.#calls = new PendingCalls(tasks.length, signalCount);
    this.#sites = new CallSites(tasks.length);
    this.#watches = new CallWatches(settings.hardTimeoutMs, this);
    const hasHardTimeout = settings.hardTimeoutMs !== Infinity;
    this.#isSpecial = tasks.map(({ abortable }, task) =>
      abortable || hasHardTimeout || rules[task]!.limit !== undefined
    );
    this.#unavailable = tasks.map(() => undefined);
    this.#deaths = new Array(threads).fill(0);
    this.#inline = settings.inline &&
      new InlineLane(settings.inline, (entry) => this.#calls.isAbortable(entry), this);
    this.#groups = Array.from({ length: settings.bellPerWorker ? threads : 1 }, () => ({
      lanes: [],
      host: new SharedArrayBuffer(HOST_WORDS * 4),
    }));
    this.#dispatchers = this.#groups.map(({ lanes, host }) =>
      new Dispatcher(
        this,
        lanes,
        new Int32Array(host),
        this.#keepAlive,
        settings.dispatcher,
        atomics,
      )
    );
    this.#lanes = [];
    for (let worker = 0; worker < threads; worker++) this.#start(worker);
    this.#scheduler = new Scheduler(this.#lanes, this.#inline, settings.strategy);
    this.#cancelStart = later(START_ALLOWANCE_MS, () => this.#startClock());
    if (threads === 0) this.#startClock();
  }

  #start(worker: number): void {
    const { bellPerWorker } = this.#settings;
    const { lanes, host } = this.#groups[bellPerWorker ? worker : 0]!;
    const lane = new ThreadLane(worker, host, this.#threadSettings, this);
    this.#lanes[worker] = lanes[bellPerWorker ? 0 : worker] = lane;
  }

  // Calls

  /**
   * Calls a task; the promise settles exactly once, whatever happens.
   *
   * @param signal settles it early; checked by the caller
   */
  call(task: number, argument: unknown, signal?: AbortSignal): Promise<unknown> {
    if (this.#closing) {
      return this.refuse(task, new KnittingError("KNT_ERROR_CLOSED", "Pool is shut down"));
    }
    if (signal !== undefined || this.#isSpecial[task]) {
      return this.#callSpecial(task, argument, signal);
    }
    const entry = this.#calls.claim(task);
    const promise = new Promise(entry.executor);
    this.#sites.record(entry, this.call);
    this.#submitAny(entry, argument);
    return promise;
  }

  #callSpecial(task: number, argument: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    if (signal?.aborted) return this.refuse(task, signal.reason);
    const { abortable } = this.#settings.tasks[task]!;
    const entry = abortable ? this.#claimAbortable(task) : this.#calls.claim(task);
    if (entry === undefined) return this.refuse(task, this.#capacityError());
    const promise = new Promise(entry.executor);
    // Not `this.call`: Bun leaves a function that ends in a call before that call starts.
    this.#sites.record(entry, this.#callSpecial);
    this.#watches.start(entry, this.#settings.rules[task]!.limit, signal);
    this.#submitAny(entry, argument);
    if (!abortable) return promise;
    const { turn } = entry;
    return withReject(promise, (reason) => {
      if (entry.turn === turn && entry.open) this.#rejectFromOutside(entry, reason);
    });
  }

  #claimAbortable(task: number): PendingCall | undefined {
    const entry = this.#calls.claimAbortable(task);
    if (entry !== undefined || this.#dropped === 0) return entry;
    this.#sweepQueue();
    return this.#calls.claimAbortable(task);
  }

  /** The promise of a call that is not made. */
  refuse(task: number, reason: unknown): Promise<unknown> {
    const promise = Promise.reject(reason);
    return this.#settings.tasks[task]!.abortable ? withReject(promise, () => {}) : promise;
  }

  #capacityError(): KnittingError {
    const { abortSignalCapacity } = this.#settings;
    return new KnittingError(
      "KNT_ERROR_ABORT_CAPACITY",
      `Too many abort-aware calls: ${abortSignalCapacity} have not been answered. ` +
        "The option abortSignalCapacity raises this limit.",
    );
  }

  #submitAny(entry: PendingCall, argument: unknown): void {
    if (isPromise(argument)) this.#submitLater(entry, argument);
    else this.#submit(entry, argument);
  }

  #submitLater(entry: PendingCall, argument: Promise<unknown>): void {
    // The entry may be settled, and used again, before the argument is there.
    const { turn } = entry;
    then(
      argument,
      (value) => {
        if (entry.turn === turn && entry.open) this.#submit(entry, value);
      },
      (reason) => {
        if (entry.turn === turn && entry.open) this.#end(entry, () => entry.reject(reason));
      },
    );
  }

  #submit(entry: PendingCall, argument: unknown): void {
    const refusal = this.#refusal(entry.task);
    if (refusal !== undefined) return this.#endRejected(entry, refusal);
    entry.argument = argument;
    const lane = this.#queue.length === 0 ? this.#pick(entry) : undefined;
    if (lane === undefined || !this.#send(lane, entry)) this.#queue.push(entry);
    this.#schedule();
  }

  #pick(entry: PendingCall): Target | undefined {
    return this.#scheduler.pick(entry.task, this.#calls.sizeOf(entry.task));
  }

  /** False if the lane has no room. A call whose argument cannot cross is settled with the reason. */
  #send(lane: Target, entry: PendingCall): boolean {
    // Reading the argument may run code of the caller that aborts the call: it is the lane's already.
    entry.lane = lane;
    try {
      if (!lane.send(entry)) {
        entry.lane = undefined;
        return false;
      }
    } catch (error) {
      if (entry.open) this.#endRejected(entry, error);
      else this.#calls.release(entry);
      return true;
    }
    if (lane !== this.#inline && (lane as Lane).unpublished >= PUBLISH_BATCH) {
      (lane as Lane).publish();
    }
    return true;
  }

  #schedule(): void {
    for (const dispatcher of this.#dispatchers) dispatcher.schedule();
  }

  get queued(): number {
    return this.#queue.length;
  }

  get pending(): number {
    return this.#calls.size;
  }

  dispatch(): void {
    let sent = false;
    while (this.#queue.length > 0 && !this.#closed) {
      const entry = this.#queue.peek();
      if (!entry.open) {
        this.#queue.shift();
        this.#calls.release(entry);
        if (this.#dropped > 0) this.#dropped--;
        continue;
      }
      const lane = this.#pick(entry);
      if (lane === undefined) break;
      this.#queue.shift();
      if (this.#send(lane, entry)) {
        sent = true;
        continue;
      }
      this.#queue.putBack(entry);
      break;
    }
    for (const lane of this.#lanes) if (lane.unpublished > 0) lane.publish();
    // Each dispatcher must see for itself whether its lanes are late with what they were sent.
    if (sent && this.#dispatchers.length > 1) this.#schedule();
  }

  rebalance(): void {
    if (this.#queue.length > 0 || !this.#anyoneFree()) return;
    for (const lane of this.#lanes) {
      if (lane.late && lane.unbegun > 0) this.#requeue(lane.withdrawLate());
    }
  }

  #anyoneFree(): boolean {
    return this.#inline?.isFree() === true ||
      this.#lanes.some((lane) => lane.ready && lane.isFree());
  }

  /** Puts calls that a lane has given back in front of the queue. */
  #requeue(calls: number[]): void {
    for (const call of calls.reverse()) {
      const entry = this.#calls.get(call);
      entry.lane = undefined;
      this.#queue.putBack(entry);
    }
  }

  hasRoom(): void {
    if (this.#queue.length > 0) this.#schedule();
  }

  // Replies

  takeReplies(lane: Lane): number {
    return this.#closed ? 0 : lane.takeReplies(this);
  }

  fulfilled(call: number, value: unknown): void {
    const entry = this.#calls.get(call);
    if (entry.open) {
      entry.resolve(value);
      this.#settled(entry);
    }
    this.#calls.release(entry);
  }

  rejected(call: number, reason: unknown): void {
    const entry = this.#calls.get(call);
    if (entry.open) {
      this.#sites.reject(entry, reason);
      this.#settled(entry);
    }
    this.#calls.release(entry);
  }

  waiting(call: number): void {
    const entry = this.#calls.get(call);
    const { watch } = entry;
    if (!entry.open || watch === undefined) return;
    watch.waiting = true;
    // Not by `timedOut`: it would take replies while they are being taken.
    if (watch.overdue) this.#endByLimit(entry);
  }

  fulfilledInline(entry: PendingCall, value: unknown): void {
    this.fulfilled(entry.id, value);
    this.#schedule();
  }

  rejectedInline(entry: PendingCall, reason: unknown): void {
    if (entry.open) this.#end(entry, () => entry.reject(reason));
    else this.#calls.release(entry);
    this.#schedule();
  }

  /** After the promise of a call has settled. */
  #settled(entry: PendingCall): void {
    this.#calls.settle(entry);
    if (entry.watch !== undefined) this.#watches.stop(entry);
    if (this.#calls.size === 0) this.#drained?.();
  }

  /** Settles a call that nothing holds. */
  #end(entry: PendingCall, settle: () => void): void {
    settle();
    this.#settled(entry);
    this.#calls.release(entry);
  }

  #endRejected(entry: PendingCall, reason: unknown): void {
    this.#end(entry, () => this.#sites.reject(entry, reason));
  }

  // Calls that settle before their reply

  /**
   * Settles a call, and gets it out of whatever holds it. What its worker may still say of it is not
   * for the caller any more.
   */
  #settleEarly(entry: PendingCall, settle: () => void): void {
    settle();
    this.#settled(entry);
    if (entry.queued) this.#dropQueued(entry);
    else if (this.#isBegun(entry)) this.#raise(entry);
    else this.#calls.release(entry);
    this.#schedule(); // the program may be able to end now
  }

  /** A call that waits behind others is released when its turn comes, or there are too many of them. */
  #dropQueued(entry: PendingCall): void {
    entry.argument = undefined;
    if (++this.#dropped * 2 > this.#queue.length) this.#sweepQueue();
  }

  #sweepQueue(): void {
    this.#dropped = 0;
    for (const entry of this.#queue.sweep()) this.#calls.release(entry);
  }

  /** Whether a lane has begun the call; if not, no lane has it any more. */
  #isBegun(entry: PendingCall): boolean {
    if (entry.lane === undefined) return false;
    if (!entry.lane.giveBack(entry)) return true;
    entry.lane = undefined;
    return false;
  }

  /** Lets the task of a call know that it is aborted, now or when it begins. */
  #raise(entry: PendingCall): void {
    if (!this.#calls.isAbortable(entry)) return;
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
    if (this.#isStarting(entry) || this.#isAnswered(entry)) return;
    const watch = entry.watch!;
    if (!watch.waiting) {
      // A function that is running is not interrupted: it may be about to return its result.
      watch.overdue = true;
      if (this.#isBegun(entry)) return;
    }
    this.#endByLimit(entry);
  }

  #endByLimit(entry: PendingCall): void {
    const { outcome } = entry.watch!.limit!;
    this.#settleEarly(entry, () => {
      if (outcome.kind === "resolve") entry.resolve(outcome.value);
      else if (outcome.kind === "reject") entry.reject(outcome.reason);
      else this.#sites.reject(entry, new KnittingError("KNT_ERROR_TIMEOUT", "Task timeout"));
    });
  }

  timedOutHard(entry: PendingCall): void {
    if (this.#forced || this.#isStarting(entry) || this.#isAnswered(entry)) return;
    const { hardTimeoutMs, onHardTimeout } = this.#settings;
    const { name } = this.#settings.tasks[entry.task]!;
    const lane = this.#isBegun(entry) && entry.lane instanceof ThreadLane ? entry.lane : undefined;
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
    if (onHardTimeout === "shutdown") this.#forceShutdown();
    else if (lane !== undefined) this.#replace(lane, error);
  }

  /** Whether the call waits for the pool to start: then it gets its time once the pool has. */
  #isStarting(entry: PendingCall): boolean {
    if (this.#started || entry.lane !== undefined) return false;
    entry.watch!.early = true;
    return true;
  }

  /** The pool has started, or taken too long: the time of calls that waited for it begins now. */
  #startClock(): void {
    if (this.#started) return;
    this.#started = true;
    this.#cancelStart();
    const waited = this.#calls.filter(({ open, lane, watch }) =>
      open && watch !== undefined && (lane === undefined || watch.early)
    );
    for (const entry of waited) this.#watches.restart(entry);
  }

  /** A host that was busy may find that the reply is there, and came in time. */
  #isAnswered(entry: PendingCall): boolean {
    if (entry.lane instanceof ThreadLane) this.takeReplies(entry.lane);
    return !entry.open;
  }

  #replace(lane: ThreadLane, cause: KnittingError): void {
    lane.kill(
      new KnittingError("KNT_ERROR_WORKER_EXITED", `Worker was replaced: ${cause.message}`, {
        cause,
      }),
    );
    this.#requeue(lane.withdraw(() => true));
    this.#schedule();
  }

  // Workers

  ready(failures: readonly TaskFailure[]): void {
    this.#startClock();
    this.#startFailures = 0;
    for (const { task, message } of failures) this.#unavailable[task] = message;
    if (failures.length > 0) this.#refuseQueued();
    this.#schedule();
  }

  died(lane: ThreadLane, reason: KnittingError, startup: boolean): void {
    if (this.#closed) return;
    // What it had answered before it died counts, and what it had not begun can be run by another.
    lane.takeReplies(this);
    this.#requeue(lane.withdraw(() => true));
    for (const entry of this.#calls.filter((entry) => entry.lane === lane)) {
      if (entry.open) this.#endRejected(entry, this.#deathOf(entry, reason));
      else this.#calls.release(entry);
    }
    if (startup) this.#startFailures++;
    if (this.#startFailures >= MAX_START_FAILURES && !this.#lanes.some(({ ready }) => ready)) {
      this.#broken = reason;
      this.#refuseQueued();
    } else {
      if (lane.answered) this.#deaths[lane.worker] = 0;
      this.#restart(lane.worker);
    }
    this.#schedule();
  }

  #deathOf({ task }: PendingCall, reason: KnittingError): KnittingError {
    const { name } = this.#settings.tasks[task]!;
    return new KnittingError(reason.code, `${reason.message} (during task "${name}")`, {
      cause: reason.cause ?? reason,
    });
  }

  /** Why a call of `task` cannot run, if it cannot. A new error each time: stacks differ. */
  #refusal(task: number): KnittingError | undefined {
    const message = this.#unavailable[task];
    if (message !== undefined) return new KnittingError("KNT_ERROR_TASK", message);
    const broken = this.#broken;
    return broken && new KnittingError(broken.code, broken.message, { cause: broken.cause });
  }

  #refuseQueued(): void {
    for (const entry of this.#queue.clear()) {
      const refusal = entry.open ? this.#refusal(entry.task) : undefined;
      if (refusal !== undefined) this.#endRejected(entry, refusal);
      else this.#queue.push(entry);
    }
  }

  #restart(worker: number): void {
    const deaths = this.#deaths[worker]!++;
    const cancel = later(Math.min(FIRST_RESTART_MS * 2 ** deaths, LAST_RESTART_MS), () => {
      this.#restarts.delete(cancel);
      this.#start(worker);
    });
    this.#restarts.add(cancel);
  }

  // The end

  /**
   * Ends the pool after `delayMs`, and after all its calls if that is what it is set to; resolves when
   * every call has settled and every worker is gone.
   */
  shutdown(delayMs: number): Promise<void> {
    return this.#shutdown ??= this.#shutDown(delayMs);
  }

  async #shutDown(delayMs: number): Promise<void> {
    const alive = keepAlive();
    alive.hold();
    if (delayMs > 0) {
      await new Promise<void>((resolve) => {
        const cancel = later(delayMs, resolve);
        this.#hurry = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#closing = true;
    if (this.#settings.resolveAfterFinishingAll && this.#calls.size > 0 && !this.#forced) {
      await new Promise<void>((resolve) => this.#drained = this.#hurry = resolve);
    }
    await this.#close();
    alive.close();
  }

  /** Ends the pool now, whatever it was about to wait for. */
  #forceShutdown(): void {
    this.#forced = this.#closing = true;
    void this.shutdown(0);
    this.#hurry();
  }

  async #close(): Promise<void> {
    this.#closed = true;
    for (const dispatcher of this.#dispatchers) dispatcher.close();
    this.#cancelStart();
    for (const cancel of this.#restarts) cancel();
    const gone = this.#lanes.map((lane) => lane.stop(this.#forced));
    this.#queue.clear();
    this.#inline?.close();
    for (const entry of this.#calls.filter(({ open }) => open)) {
      entry.reject(new KnittingError("KNT_ERROR_CLOSED", "Thread closed"));
      this.#settled(entry);
    }
    this.#watches.close();
    await Promise.all(gone);
    this.#keepAlive.close();
  }
}

/** `promise.reject` of abort-aware calls. */
function withReject<T>(promise: Promise<T>, reject: (reason?: unknown) => void): Promise<T> {
  (promise as Promise<T> & { reject: unknown }).reject = reject;
  return promise;
}
