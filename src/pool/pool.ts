/**
 * The host side of a pool, from its start to its end: takes calls, gives them to the router, and is
 * told how its workers are. Composes router, dispatchers and crew.
 *
 * @module
 */

import { isPromise, then } from "../codec/promises.ts";
import { KnittingError } from "../errors.ts";
import type { BufferReference } from "../memory/buffer_reference.ts";
import type { TaskAddress, TaskFailure } from "../runtime/handshake.ts";
import { nameOfStore } from "../runtime/carried_stores.ts";
import { keepAlive, later } from "../runtime/threads.ts";
import type { StreamIterator } from "../streams/stream_iterator.ts";
import { alignUp } from "../transport/layout.ts";
import { Borrowed } from "./borrowed.ts";
import type { CallTerms } from "./call_order.ts";
import { Crew, type CrewEvents } from "./crew.ts";
import { Dispatcher, type DispatcherSettings } from "./dispatcher.ts";
import { isStillOpen, type PendingCall, type PendingCalls } from "./pending_calls.ts";
import { Measuring, type MeasuringSettings } from "./measuring.ts";
import { type PoolStats, takeStats } from "./stats.ts";
import { refusedStream } from "./result_stream.ts";
import { attemptsOf } from "./retries.ts";
import { Router, type RouterEvents, type RouterParts, type RouterSettings } from "./router.ts";
import type { Settlement } from "./settlement.ts";
import { Staffing, type StaffingSettings } from "./staffing.ts";
import { Waiters } from "./waiters.ts";
import type { WorkerKind, WorkerSettings } from "./worker_kind.ts";
import type { WorkerLane } from "./worker_lane.ts";

/** Calls, and replies, that can be on their way to or from one worker. */
const SLOT_COUNT = 1024;

const NO_TERMS: CallTerms = { signal: undefined, order: undefined };

/** What a pool is made from. */
export interface PoolSettings extends
  Omit<
    WorkerSettings,
    | "sizes"
    | "laneCount"
    | "tasks"
    | "onReference"
    | "measuresHeap"
    | "meter"
    | "trace"
    | "carry"
    | "carries"
  >,
  RouterSettings,
  StaffingSettings {
  /** Makes the workers. */
  readonly kind: (settings: WorkerSettings) => WorkerKind;
  readonly tasks: readonly TaskAddress[];
  /** How many workers there may be. */
  readonly threads: number;
  /** Bytes for payloads, for each worker and each direction. */
  readonly regionBytes: number;
  /** Those of them that are used as long as no payload is larger. */
  readonly usualBytes: number;
  /** Whether a shutdown lets the calls made before it settle. */
  readonly resolveAfterFinishingAll: boolean;
  /** Whether each worker rings a bell of its own. */
  readonly bellPerWorker: boolean;
  readonly dispatcher: DispatcherSettings;
  /** Whether views of references that tasks return end with the pool. */
  readonly lendsReferences: boolean;
  /** What to measure and to publish; `undefined` for nothing. */
  readonly measuring: MeasuringSettings | undefined;
}

/** A pool of workers. */
export class Pool implements CrewEvents, RouterEvents {
  readonly #crew: Crew;
  readonly #settings: PoolSettings;
  readonly #router: Router;
  readonly #settlement: Settlement;
  readonly #calls: PendingCalls;
  readonly #dispatchers: readonly Dispatcher[];
  /** Those of them that have lanes; the first one always. */
  #active: readonly Dispatcher[];
  /** Changes how many workers there are; `undefined` if nothing does. */
  readonly #staffing: Staffing | undefined;
  readonly #keepAlive = keepAlive();
  readonly #borrowed: Borrowed | undefined;
  readonly #measuring: Measuring | undefined;
  readonly #startMs: number = performance.now();
  /** Why calls of a task cannot run, by task. */
  readonly #unavailable: (string | undefined)[];
  /** Whether no new calls are taken. */
  #closing = false;
  #shutdown: Promise<void> | undefined;
  /** Whether it ends without waiting for anything. */
  #forced = false;
  /** Those who wait for all workers to be ready. */
  readonly #readiness = new Waiters();
  /** Cuts short what the shutdown waits for. */
  #hurry: () => void = () => {};

  constructor(settings: PoolSettings) {
    const { threads, tasks, inline, elastic, recycle } = settings;
    this.#settings = settings;
    this.#unavailable = tasks.map(() => undefined);
    this.#borrowed = settings.lendsReferences ? new Borrowed() : undefined;
    const onReference = (reference: BufferReference): void => this.#borrowed?.add(reference);
    const hasSignals = tasks.some(({ abortable, streams }) => abortable || streams);
    const signalCount = hasSignals ? settings.abortSignalCapacity : 0;
    const measuring = settings.measuring && new Measuring(settings.measuring, tasks);
    this.#measuring = measuring;
    const workerSettings: WorkerSettings = {
      ...settings,
      onReference,
      meter: measuring?.meter,
      trace: measuring?.trace,
      carry: measuring?.carry,
      carries: settings.measuring?.stores.map((store) => nameOfStore(store)!) ?? [],
      sizes: {
        slotCount: SLOT_COUNT,
        regionBytes: alignUp(settings.regionBytes),
        usualBytes: alignUp(settings.usualBytes),
        signalCount,
        measuredTasks: measuring === undefined ? 0 : tasks.length,
        carries: measuring?.carry === undefined ? 0 : 1,
      },
      laneCount: threads + (inline === undefined ? 0 : 1),
      measuresHeap: recycle !== undefined && recycle.maxHeapBytes !== Infinity,
    };
    const kind = settings.kind(workerSettings);
    const changes = elastic !== undefined || recycle !== undefined;
    const size = { places: threads, least: elastic?.minThreads ?? threads, changes };
    this.#crew = new Crew(size, settings.bellPerWorker, kind, workerSettings, this);
    const parts: RouterParts = [this.#crew.lanes, threads, signalCount, onReference, this];
    this.#router = measuring?.router(settings, ...parts) ?? new Router(settings, ...parts);
    this.#router.lanesChanged(this.#crew.vacant);
    this.#staffing = changes ? new Staffing(settings, this.#router, this.#crew) : undefined;
    this.#settlement = this.#router.settlement;
    this.#calls = this.#settlement.calls;
    this.#dispatchers = this.#crew.groups.map((lanes) =>
      new Dispatcher(
        this.#staffing ?? this.#router,
        lanes,
        this.#keepAlive,
        settings.dispatcher,
      )
    );
    this.#active = this.#activeDispatchers();
    if (threads === 0) this.#settlement.limits.start();
    this.changed(); // workers may say through their lanes that they are ready
  }

  // Calls

  /**
   * Calls a task; the promise settles exactly once, whatever happens.
   *
   * @param terms checked by the caller
   */
  call(task: number, argument: unknown, terms?: CallTerms): Promise<unknown> {
    // First of all: a proxy may do anything when it is asked, abort the call, say, or end the pool.
    const isLater = isPromise(argument);
    if (this.#closing) {
      return this.refuse(task, argument, closedError());
    }
    if (terms !== undefined || this.#settlement.isSpecial(task)) {
      return this.#callSpecial(task, argument, isLater, terms);
    }
    const entry = this.#calls.claim(task);
    const promise = new Promise(entry.executor);
    this.#settlement.sites.record(entry, this.call);
    if (isLater) this.#submitLater(entry, argument as Promise<unknown>);
    else this.#submit(entry, argument);
    return promise;
  }

  #callSpecial(
    task: number,
    argument: unknown,
    isLater: boolean,
    { signal, order }: CallTerms = NO_TERMS,
  ): Promise<unknown> {
    if (signal?.aborted) return this.refuse(task, argument, signal.reason);
    const { abortable } = this.#settings.tasks[task]!;
    const entry = abortable ? this.#calls.claimAbortable(task) : this.#calls.claim(task);
    if (entry === undefined) return this.refuse(task, argument, this.#settlement.capacityError());
    let promise = new Promise(entry.executor);
    if (abortable) promise = this.#settlement.makeRejectable(promise, entry);
    // Not `this.call`: Bun leaves a function that ends in a call before that call starts.
    this.#settlement.sites.record(entry, this.#callSpecial);
    entry.order = order;
    this.#settlement.watch(entry, signal);
    if (isLater) this.#submitLater(entry, argument as Promise<unknown>);
    else this.#submit(entry, argument);
    return promise;
  }

  /** Calls a task whose result is a stream. It begins at once, whoever reads it when. */
  stream(
    task: number,
    argument: unknown,
    { signal, order }: CallTerms = NO_TERMS,
  ): StreamIterator {
    const isLater = isPromise(argument);
    if (this.#closing) return this.refuseStream(argument, closedError());
    if (signal?.aborted) return this.refuseStream(argument, signal.reason);
    const entry = this.#calls.claimAbortable(task);
    if (entry === undefined) return this.refuseStream(argument, this.#settlement.capacityError());
    const iterator = this.#settlement.stream(entry, signal);
    this.#settlement.sites.record(entry, this.stream);
    entry.order = order;
    if (isLater) this.#submitLater(entry, argument as Promise<unknown>);
    else this.#submit(entry, argument);
    return iterator;
  }

  /** The iterator of a stream that is not opened. */
  refuseStream(argument: unknown, reason: unknown): StreamIterator {
    if (isPromise(argument)) then(argument, () => {}, () => {});
    return refusedStream(reason);
  }

  /** The promise of a call that is not made. */
  refuse(task: number, argument: unknown, reason: unknown): Promise<unknown> {
    // What its argument would have rejected with is nobody's business then.
    if (isPromise(argument)) then(argument, () => {}, () => {});
    return this.#settlement.refuse(task, reason);
  }

  #submitLater(entry: PendingCall, argument: Promise<unknown>): void {
    // A time limit must be able to end it, even if nothing else keeps the program alive.
    if (entry.watch !== undefined) this.changed();
    // The entry may be settled, and used again, before the argument is there.
    const { generation } = entry;
    then(
      argument,
      (value) => {
        if (isStillOpen(entry, generation)) this.#submit(entry, value);
      },
      (reason) => {
        if (isStillOpen(entry, generation)) {
          this.#settlement.end(entry, reason);
        }
      },
    );
  }

  #submit(entry: PendingCall, argument: unknown): void {
    const refusal = this.#refusal(entry.task);
    if (refusal !== undefined) return this.#settlement.endRejected(entry, refusal);
    const full = this.#router.backlog.refusal();
    if (full !== undefined) return this.#settlement.endRejected(entry, full);
    entry.argument = argument;
    if (entry.order === undefined) this.#router.submit(entry);
    else this.#router.submitOrdered(entry);
    this.changed();
  }

  /** Numbers of the workers that there are, whatever they do; none that leave. */
  get workers(): number[] {
    return this.#crew.places.flatMap((lane, place) => lane === undefined ? [] : [place]);
  }

  /** Whether callers should pause. */
  get needsDrain(): boolean {
    return this.#router.backlog.needsDrain;
  }

  /** Resolves when no call waits for a worker. */
  drained(): Promise<void> {
    return this.#router.backlog.drained();
  }

  /** What the pool is doing, and has done. */
  stats(): PoolStats {
    return takeStats({
      names: this.#settings.tasks.map(({ name }) => name),
      startMs: this.#startMs,
      lanes: this.#crew.lanes,
      router: this.#router,
      meter: this.#measuring?.meter,
      stalls: this.#measuring?.stalls,
    });
  }

  changed(): void {
    for (const dispatcher of this.#active) dispatcher.schedule();
  }

  dequeued(): void {
    // Each dispatcher must see for itself whether its lanes are late with what they were sent.
    if (this.#active.length > 1) this.changed();
  }

  // Workers

  /** Resolves when all workers that the pool starts with take calls; rejects if none ever will, or the pool is shut down first. */
  ready(): Promise<void> {
    const { broken, isComplete } = this.#crew;
    if (this.#closing) return Promise.reject(closedError());
    if (broken !== undefined) return Promise.reject(startupAgain(broken));
    return isComplete ? Promise.resolve() : this.#readiness.wait();
  }

  workerReady(failures: readonly TaskFailure[]): void {
    this.#settlement.limits.start();
    for (const { task, message } of failures) {
      if (task in this.#unavailable) this.#unavailable[task] = message;
    }
    if (failures.length > 0) this.#refuseQueued();
    this.#staffing?.lanesChanged();
    if (this.#crew.isComplete) this.#readiness.resolve();
    this.changed();
  }

  takeReplies(lane: WorkerLane): void {
    this.#router.takeAllReplies(lane);
  }

  workerDied(lane: WorkerLane, reason: KnittingError): void {
    this.#router.desert(lane, (entry) => this.#deathOf(entry, lane, reason));
    this.changed();
  }

  gaveUp(): void {
    this.#readiness.reject(startupAgain(this.#crew.broken!));
    this.#refuseQueued();
    this.changed();
  }

  lanesChanged(): void {
    this.#router.lanesChanged(this.#crew.vacant);
    this.#active = this.#activeDispatchers();
    this.changed();
  }

  #activeDispatchers(): readonly Dispatcher[] {
    const { groups } = this.#crew;
    return this.#dispatchers.filter((_, group) => group === 0 || groups[group]!.length > 0);
  }

  workerLeaves(lane: WorkerLane): void {
    this.#router.takeBack(lane);
  }

  #deathOf(entry: PendingCall, lane: WorkerLane, reason: KnittingError): KnittingError {
    const { name } = this.#settings.tasks[entry.task]!;
    const when = `during task "${name}"${attemptsOf(entry, lane)}`;
    return new KnittingError(reason.code, `${reason.message} (${when})`, {
      cause: reason.cause ?? reason,
    });
  }

  again(entry: PendingCall): void {
    const refusal = this.#refusal(entry.task);
    if (refusal !== undefined) this.#settlement.endRejected(entry, refusal); // not covered: only if no worker can be had by the time of the next attempt
    else this.#router.requeue(entry);
  }

  /** Why a call of `task` cannot run, if it cannot. */
  #refusal(task: number): KnittingError | undefined {
    const message = this.#unavailable[task];
    if (message !== undefined) return new KnittingError("KNT_ERROR_TASK", message);
    const { broken } = this.#crew;
    return broken && startupAgain(broken);
  }

  #refuseQueued(): void {
    this.#router.refuseQueued((task) => this.#refusal(task));
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
    this.#readiness.reject(closedError());
    if (this.#settings.resolveAfterFinishingAll && this.#calls.size > 0 && !this.#forced) {
      await new Promise<void>((resolve) => {
        this.#settlement.onAllSettled = this.#hurry = resolve;
      });
    }
    await this.#close();
    alive.close();
  }

  /** Ends the pool now, whatever it was about to wait for. */
  ranOut(): void {
    this.#forced = this.#closing = true;
    void this.shutdown(0);
    this.#hurry();
  }

  async #close(): Promise<void> {
    // Who hears of one answer may end the pool: then others are about to be taken.
    if (this.#crew.lanes.some(({ isTaking }) => isTaking)) await undefined;
    // What is answered is not lost because the event loop has not come to it yet.
    for (const lane of this.#crew.lanes) if (lane.awaited) this.#router.takeAllReplies(lane);
    this.#staffing?.close();
    for (const dispatcher of this.#dispatchers) dispatcher.close();
    const gone = this.#crew.stop(this.#forced);
    this.#router.close();
    this.#measuring?.close();
    this.#borrowed?.revokeAll();
    await gone;
    this.#keepAlive.close();
  }
}

function closedError(): KnittingError {
  return new KnittingError("KNT_ERROR_CLOSED", "Pool is shut down");
}

/** The same reason as an error of its own: stacks differ. */
function startupAgain({ code, message, cause }: KnittingError): KnittingError {
  return new KnittingError(code, message, { cause });
}
