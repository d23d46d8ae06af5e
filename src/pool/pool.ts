/**
 * The host side: takes calls, has lanes run them, settles every one exactly once, and keeps the
 * workers alive. Composes pending calls, queue, scheduler, dispatcher and lanes.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import type { TaskFailure } from "../runtime/handshake.ts";
import { keepAlive, later } from "../runtime/threads.ts";
import { atomics } from "../transport/atomic.ts";
import { alignUp, HOST_WORDS } from "../transport/layout.ts";
import { isPromise, then } from "../codec/promises.ts";
import { CallQueue } from "./call_queue.ts";
import { CallSites } from "./call_site.ts";
import { type Dispatched, Dispatcher } from "./dispatcher.ts";
import type { Lane, Replies } from "./lane.ts";
import { type PendingCall, PendingCalls } from "./pending_calls.ts";
import { Scheduler } from "./scheduler.ts";
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

/** What a pool is made from. */
export interface PoolSettings extends Omit<ThreadSettings, "sizes" | "laneCount" | "host"> {
  readonly threads: number;
  readonly abortSignalCapacity: number;
  /** Bytes for payloads, for each worker and each direction. */
  readonly regionBytes: number;
  /** By task. */
  readonly taskRules: readonly TaskRules[];
}

/** A pool of threads. */
export class Pool implements Dispatched, Replies, LaneEvents {
  readonly lanes: ThreadLane[];
  readonly #settings: ThreadSettings;
  readonly #calls = new PendingCalls();
  readonly #queue = new CallQueue();
  readonly #sites: CallSites;
  readonly #scheduler: Scheduler;
  readonly #dispatcher: Dispatcher;
  /** Why calls of a task cannot run, by task. */
  readonly #unavailable: (string | undefined)[];
  /** Deaths in a row of each worker, without an answer in between. */
  readonly #deaths: number[];
  readonly #restarts = new Set<() => void>();
  #startFailures = 0;
  /** Why no call can run. */
  #broken: KnittingError | undefined;
  #closed = false;
  #shutdown: Promise<void> | undefined;

  constructor(settings: PoolSettings) {
    const host = new SharedArrayBuffer(HOST_WORDS * 4);
    const { threads } = settings;
    this.#settings = {
      ...settings,
      sizes: {
        slotCount: SLOT_COUNT,
        regionBytes: alignUp(settings.regionBytes),
        signalCount: settings.tasks.some((task) => task.abortable)
          ? settings.abortSignalCapacity
          : 0,
      },
      laneCount: threads,
      host,
    };
    this.#sites = new CallSites(settings.tasks.length);
    this.#unavailable = settings.tasks.map(() => undefined);
    this.#deaths = new Array(threads).fill(0);
    this.#dispatcher = new Dispatcher(this, new Int32Array(host), atomics);
    this.lanes = Array.from(
      { length: threads },
      (_, worker) => new ThreadLane(worker, this.#settings, this),
    );
    this.#scheduler = new Scheduler(this.lanes);
  }

  /** Calls a task; the promise settles exactly once, whatever happens. */
  call(
    task: number,
    argument: unknown,
    _options?: { readonly signal?: AbortSignal },
  ): Promise<unknown> {
    if (this.#closed) {
      return Promise.reject(new KnittingError("KNT_ERROR_CLOSED", "Pool is shut down"));
    }
    const entry = this.#calls.claim(task);
    const promise = new Promise(entry.executor);
    this.#sites.record(entry, this.call);
    if (isPromise(argument)) this.#submitLater(entry, argument);
    else this.#submit(entry, argument);
    return promise;
  }

  #submitLater(entry: PendingCall, argument: Promise<unknown>): void {
    // The entry may be settled, and used again, before the argument is there: its promise tells.
    const { reject } = entry;
    const isOpen = (): boolean => entry.reject === reject;
    then(
      argument,
      (value) => {
        if (isOpen()) this.#submit(entry, value);
      },
      (reason) => {
        if (!isOpen()) return;
        entry.reject(reason);
        this.#calls.release(entry);
      },
    );
  }

  #submit(entry: PendingCall, argument: unknown): void {
    if (this.#broken !== undefined || this.#unavailable[entry.task] !== undefined) {
      return this.#settleRejected(entry, this.#refusal(entry.task)!);
    }
    const lane = this.#queue.length === 0 ? this.#scheduler.pick() : undefined;
    if (lane === undefined || !this.#send(lane, entry, argument)) {
      entry.argument = argument;
      this.#queue.push(entry);
    }
    this.#dispatcher.schedule();
  }

  /** False if the lane has no room. A call whose argument cannot cross is settled with the reason. */
  #send(lane: Lane, entry: PendingCall, argument: unknown): boolean {
    try {
      if (!lane.send(entry.id, entry.task, argument)) return false;
    } catch (error) {
      this.#settleRejected(entry, error);
      return true;
    }
    entry.lane = lane;
    entry.argument = undefined;
    if (lane.unpublished >= PUBLISH_BATCH) lane.publish();
    return true;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get pending(): number {
    return this.#calls.size;
  }

  dispatch(): void {
    while (this.#queue.length > 0) {
      const lane = this.#scheduler.pick();
      const entry = this.#queue.peek();
      if (lane === undefined || !this.#send(lane, entry, entry.argument)) break;
      // Reading the argument may have run code of the caller that shut the pool down.
      if (this.#closed) return;
      this.#queue.shift();
    }
    for (const lane of this.lanes) if (lane.unpublished > 0) lane.publish();
  }

  takeReplies(): number {
    if (this.#closed) return 0;
    let taken = 0;
    for (const lane of this.lanes) if (lane.inFlight > 0) taken += lane.takeReplies(this);
    return taken;
  }

  fulfilled(call: number, value: unknown): void {
    const entry = this.#calls.get(call);
    entry.resolve(value);
    this.#calls.release(entry);
  }

  rejected(call: number, reason: unknown): void {
    this.#settleRejected(this.#calls.get(call), reason);
  }

  #settleRejected(entry: PendingCall, reason: unknown): void {
    this.#sites.reject(entry, reason);
    this.#calls.release(entry);
  }

  /** Why a call of `task` cannot run, if it cannot. A new error each time: stacks differ. */
  #refusal(task: number): KnittingError | undefined {
    const message = this.#unavailable[task];
    if (message !== undefined) return new KnittingError("KNT_ERROR_TASK", message);
    const broken = this.#broken;
    return broken && new KnittingError(broken.code, broken.message, { cause: broken.cause });
  }

  ready(failures: readonly TaskFailure[]): void {
    this.#startFailures = 0;
    for (const { task, message } of failures) this.#unavailable[task] = message;
    if (failures.length > 0) this.#refuseQueued();
    this.#dispatcher.schedule();
  }

  died(lane: ThreadLane, reason: KnittingError, startup: boolean): void {
    if (this.#closed) return;
    // What it had answered before it died counts.
    lane.takeReplies(this);
    const held = this.#calls.filter((entry) => entry.lane === lane);
    for (const entry of held) this.#settleRejected(entry, this.#deathOf(entry, reason));
    if (startup) this.#startFailures++;
    if (this.#startFailures >= MAX_START_FAILURES && !this.lanes.some(({ ready }) => ready)) {
      this.#broken = reason;
      this.#refuseQueued();
    } else {
      if (lane.answered) this.#deaths[lane.worker] = 0;
      this.#restart(lane.worker);
    }
    this.#dispatcher.schedule();
  }

  #deathOf({ task }: PendingCall, reason: KnittingError): KnittingError {
    const { name } = this.#settings.tasks[task]!;
    return new KnittingError(reason.code, `${reason.message} (during task "${name}")`, {
      cause: reason.cause ?? reason,
    });
  }

  #refuseQueued(): void {
    for (const entry of this.#queue.clear()) {
      const refusal = this.#refusal(entry.task);
      if (refusal === undefined) this.#queue.push(entry);
      else this.#settleRejected(entry, refusal);
    }
  }

  #restart(worker: number): void {
    const deaths = this.#deaths[worker]!++;
    const cancel = later(Math.min(FIRST_RESTART_MS * 2 ** deaths, LAST_RESTART_MS), () => {
      this.#restarts.delete(cancel);
      this.lanes[worker] = new ThreadLane(worker, this.#settings, this);
    });
    this.#restarts.add(cancel);
  }

  /** Ends the pool after `delayMs`; resolves when every call has settled and every worker is gone. */
  shutdown(delayMs: number): Promise<void> {
    if (this.#shutdown !== undefined) return this.#shutdown;
    this.#shutdown = delayMs > 0
      ? new Promise<void>((resolve) => setTimeout(resolve, delayMs)).then(() => this.#close())
      : this.#close();
    return this.#shutdown;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    const alive = keepAlive();
    alive.hold();
    for (const cancel of this.#restarts) cancel();
    const gone = this.lanes.map((lane) => lane.stop());
    this.#queue.clear();
    for (const entry of this.#calls.filter(() => true)) {
      entry.reject(new KnittingError("KNT_ERROR_CLOSED", "Thread closed"));
      this.#calls.release(entry);
    }
    await Promise.all(gone);
    this.#dispatcher.close();
    alive.close();
  }
}
