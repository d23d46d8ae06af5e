/**
 * The host side: takes calls, has lanes run them, settles every one exactly once, and keeps the
 * workers busy. Composes pending calls, queue, scheduler, dispatchers and crew.
 *
 * @module
 */

import { isPromise, then } from "../codec/promises.ts";
import { KnittingError } from "../errors.ts";
import type { BufferReference } from "../memory/buffer_reference.ts";
import type { TaskAddress, TaskFailure } from "../runtime/handshake.ts";
import { keepAlive, later } from "../runtime/threads.ts";
import { alignUp } from "../transport/layout.ts";
import { ProtocolViolation } from "../transport/violation.ts";
import { Borrowed } from "./borrowed.ts";
import { CallQueue } from "./call_queue.ts";
import { Crew, type CrewEvents } from "./crew.ts";
import { type Dispatched, Dispatcher, type DispatcherSettings } from "./dispatcher.ts";
import { InlineLane, type InlineSettings } from "./inline_lane.ts";
import type { Lane } from "./lane.ts";
import type { PendingCall, PendingCalls } from "./pending_calls.ts";
import { Scheduler, type Strategy, type Target } from "./scheduler.ts";
import { Settlement, type SettlementEvents, type SettlementSettings } from "./settlement.ts";
import type { WorkerKind, WorkerSettings } from "./worker_kind.ts";
import type { WorkerLane } from "./worker_lane.ts";

/** Calls, and replies, that can be on their way to or from one worker. */
const SLOT_COUNT = 1024;
/** A worker that does not answer for this long is busy with one call, and not just waking up. */
const LONG_MS = 1;

/** How far back in the queue the main thread looks for a call that it may run. */
const OVERTAKE_LOOKS = 64;

/** What a pool is made from. */
export interface PoolSettings
  extends
    Omit<WorkerSettings, "sizes" | "laneCount" | "tasks" | "onReference">,
    SettlementSettings {
  /** Makes the workers. */
  readonly kind: (settings: WorkerSettings) => WorkerKind;
  readonly tasks: readonly TaskAddress[];
  readonly threads: number;
  readonly inline: InlineSettings | undefined;
  readonly strategy: Strategy;
  /** Bytes for payloads, for each worker and each direction. */
  readonly regionBytes: number;
  /** Whether a shutdown lets the calls made before it settle. */
  readonly resolveAfterFinishingAll: boolean;
  /** Whether each worker rings a bell of its own. */
  readonly bellPerWorker: boolean;
  readonly dispatcher: DispatcherSettings;
  /** Whether views of references that tasks return end with the pool. */
  readonly lendsReferences: boolean;
}

/** A pool of workers. */
export class Pool implements Dispatched, CrewEvents, SettlementEvents {
  readonly #crew: Crew;
  readonly #inline: InlineLane | undefined;
  readonly #settings: PoolSettings;
  readonly #settlement: Settlement;
  readonly #calls: PendingCalls;
  readonly #queue = new CallQueue();
  readonly #scheduler: Scheduler;
  readonly #dispatchers: readonly Dispatcher[];
  readonly #keepAlive = keepAlive();
  readonly #borrowed: Borrowed | undefined;
  /** Why calls of a task cannot run, by task. */
  readonly #unavailable: (string | undefined)[];
  /** Whether no new calls are taken. */
  #closing = false;
  /** Whether no replies are taken either. */
  #closed = false;
  #cancelRebalance: (() => void) | undefined;
  #shutdown: Promise<void> | undefined;
  /** Whether it ends without waiting for anything. */
  #forced = false;
  /** Cuts short what the shutdown waits for. */
  #hurry: () => void = () => {};

  constructor(settings: PoolSettings) {
    const { threads, tasks } = settings;
    const signalCount = tasks.some(({ abortable }) => abortable) ? settings.abortSignalCapacity : 0;
    this.#settings = settings;
    this.#settlement = new Settlement(settings, signalCount, this);
    this.#calls = this.#settlement.calls;
    this.#unavailable = tasks.map(() => undefined);
    this.#borrowed = settings.lendsReferences ? new Borrowed() : undefined;
    const onReference = (reference: BufferReference): void => this.#borrowed?.add(reference);
    this.#inline = settings.inline &&
      new InlineLane(
        settings.inline,
        (entry) => this.#calls.isAbortable(entry),
        this.#settlement,
        onReference,
      );
    const workerSettings: WorkerSettings = {
      ...settings,
      onReference,
      sizes: {
        slotCount: SLOT_COUNT,
        regionBytes: alignUp(settings.regionBytes),
        signalCount,
      },
      laneCount: threads + (this.#inline === undefined ? 0 : 1),
    };
    const kind = settings.kind(workerSettings);
    this.#crew = new Crew(threads, settings.bellPerWorker, kind, workerSettings, this);
    this.#dispatchers = this.#crew.groups.map((lanes) =>
      new Dispatcher(this, lanes, this.#keepAlive, settings.dispatcher)
    );
    this.#scheduler = new Scheduler(this.#crew.lanes, this.#inline, settings.strategy);
    if (threads === 0) this.#settlement.start();
    this.#schedule(); // workers may say through their lanes that they are ready
  }

  // Calls

  /**
   * Calls a task; the promise settles exactly once, whatever happens.
   *
   * @param signal settles it early; checked by the caller
   */
  call(task: number, argument: unknown, signal?: AbortSignal): Promise<unknown> {
    if (this.#closing) {
      const reason = new KnittingError("KNT_ERROR_CLOSED", "Pool is shut down");
      return this.refuse(task, argument, reason);
    }
    if (signal !== undefined || this.#settlement.isSpecial(task)) {
      return this.#callSpecial(task, argument, signal);
    }
    const entry = this.#calls.claim(task);
    const promise = new Promise(entry.executor);
    this.#settlement.record(entry, this.call);
    this.#submitAny(entry, argument);
    return promise;
  }

  #callSpecial(task: number, argument: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    if (signal?.aborted) return this.refuse(task, argument, signal.reason);
    const { abortable } = this.#settings.tasks[task]!;
    const entry = abortable ? this.#calls.claimAbortable(task) : this.#calls.claim(task);
    if (entry === undefined) return this.refuse(task, argument, this.#settlement.capacityError());
    let promise = new Promise(entry.executor);
    if (abortable) promise = this.#settlement.makeRejectable(promise, entry);
    // Not `this.call`: Bun leaves a function that ends in a call before that call starts.
    this.#settlement.record(entry, this.#callSpecial);
    this.#settlement.watch(entry, signal);
    this.#submitAny(entry, argument);
    return promise;
  }

  /** The promise of a call that is not made. */
  refuse(task: number, argument: unknown, reason: unknown): Promise<unknown> {
    // What its argument would have rejected with is nobody's business then.
    if (isPromise(argument)) then(argument, () => {}, () => {});
    return this.#settlement.refuse(task, reason);
  }

  #submitAny(entry: PendingCall, argument: unknown): void {
    if (isPromise(argument)) this.#submitLater(entry, argument);
    else this.#submit(entry, argument);
  }

  #submitLater(entry: PendingCall, argument: Promise<unknown>): void {
    // A time limit must be able to end it, even if nothing else keeps the program alive.
    if (entry.watch !== undefined) this.#schedule();
    // The entry may be settled, and used again, before the argument is there.
    const { generation } = entry;
    then(
      argument,
      (value) => {
        if (entry.generation === generation && entry.open) this.#submit(entry, value);
      },
      (reason) => {
        if (entry.generation === generation && entry.open) {
          this.#settlement.end(entry, () => entry.reject(reason));
        }
      },
    );
  }

  #submit(entry: PendingCall, argument: unknown): void {
    const refusal = this.#refusal(entry.task);
    if (refusal !== undefined) return this.#settlement.endRejected(entry, refusal);
    entry.argument = argument;
    const lane = this.#queue.length === 0 ? this.#pick(entry) : undefined;
    if (lane === undefined || !this.#send(lane, entry)) this.#wait(entry, false);
    this.#schedule();
  }

  /** Puts a call into the queue, unless it has settled while a lane had it. */
  #wait(entry: PendingCall, inFront: boolean): void {
    entry.lane = undefined;
    if (!entry.open) this.#calls.release(entry);
    else if (inFront) this.#queue.putBack(entry);
    else this.#queue.push(entry);
  }

  #pick(entry: PendingCall): Target | undefined {
    return this.#scheduler.pick(entry.task, this.#calls.sizeOf(entry.task));
  }

  /** False if the lane has no room. A call whose argument cannot cross is settled with the reason. */
  #send(lane: Target, entry: PendingCall): boolean {
    // Reading the argument may run code of the caller that settles the call: it is the lane's already.
    entry.lane = lane;
    try {
      if (!lane.send(entry)) return false;
    } catch (error) {
      if (entry.open) this.#settlement.endRejected(entry, error);
      else this.#calls.release(entry);
      return true;
    }
    if (!entry.open && lane.withdraw(entry)) this.#calls.release(entry);
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
    for (;;) {
      const entry = this.#queue.first;
      const lane = entry && this.#pick(entry);
      if (lane === undefined) break;
      this.#queue.remove(entry!);
      if (!this.#send(lane, entry!)) {
        this.#wait(entry!, true);
        break;
      }
      sent = true;
    }
    if (this.#inline !== undefined) this.#overtake(this.#inline);
    for (const lane of this.#crew.lanes) if (lane.unpublished > 0) lane.publish();
    // Each dispatcher must see for itself whether its lanes are late with what they were sent.
    if (sent && this.#dispatchers.length > 1) this.#schedule();
  }

  /** Calls that only workers may run hold up none that the main thread may. */
  #overtake(inline: InlineLane): void {
    let entry = this.#queue.first;
    for (let looks = 0; entry !== undefined && looks < OVERTAKE_LOOKS; looks++) {
      const { next } = entry;
      if (!inline.hasRoom()) return;
      if (inline.accepts(entry.task, this.#calls.sizeOf(entry.task))) {
        this.#queue.remove(entry);
        this.#send(inline, entry);
      }
      entry = next;
    }
  }

  rebalance(now: number): void {
    if (this.#crew.lanes.length + (this.#inline === undefined ? 0 : 1) < 2) return;
    const anyoneFree = this.#anyoneFree();
    for (const lane of this.#crew.lanes) {
      // Calls stay with a busy worker as long as nobody else is free: it then begins the next at once.
      const isLong = now - lane.lateSince > LONG_MS;
      const { unbegun } = lane;
      if (!lane.late || unbegun === 0 || !(anyoneFree || isLong)) continue;
      if (lane.isRunning()) this.#withdrawFrom(lane, 0);
      else if (unbegun > 1) this.#rebalanceLater();
    }
  }

  /**
   * A worker that is just being woken begins its calls soon; but not the second if the first is long.
   * The first is left to it in any case.
   */
  #rebalanceLater(): void {
    this.#cancelRebalance ??= later(LONG_MS, () => {
      this.#cancelRebalance = undefined;
      if (this.#closed) return;
      for (const lane of this.#crew.lanes) {
        if (lane.late) this.#withdrawFrom(lane, lane.isRunning() ? 0 : 1);
      }
      this.#schedule();
    });
  }

  #anyoneFree(): boolean {
    return this.#inline?.isFree() === true ||
      this.#crew.lanes.some((lane) => lane.ready && lane.isFree());
  }

  /** Puts the calls that a worker has not begun in front of the queue, but for the first `left`. */
  #withdrawFrom(lane: Lane, left: number): void {
    for (const call of lane.withdrawAll(left).reverse()) {
      const entry = this.#calls.get(call);
      // A thread that answers what it has not begun may find its call with another lane by now.
      if (entry.lane === lane) this.#wait(entry, true);
    }
  }

  changed(): void {
    this.#schedule();
  }

  // Replies

  takeReplies(lane: WorkerLane): number {
    if (this.#closed) return 0;
    try {
      return lane.takeReplies(this.#settlement);
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error;
      lane.condemn(error);
      this.#withdrawFrom(lane, 0);
      this.#schedule();
      return 0;
    }
  }

  // Workers

  workerReady(failures: readonly TaskFailure[]): void {
    this.#settlement.start();
    for (const { task, message } of failures) {
      if (task in this.#unavailable) this.#unavailable[task] = message;
    }
    if (failures.length > 0) this.#refuseQueued();
    this.#schedule();
  }

  workerDied(lane: WorkerLane, reason: KnittingError): void {
    // What it had not begun can be run by another.
    this.#withdrawFrom(lane, 0);
    lane.retire();
    for (const entry of this.#calls.filter((entry) => entry.lane === lane)) {
      if (entry.open) this.#settlement.endRejected(entry, this.#deathOf(entry, reason));
      else this.#calls.release(entry);
    }
    if (this.#crew.broken !== undefined) this.#refuseQueued();
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
    const { broken } = this.#crew;
    return broken && new KnittingError(broken.code, broken.message, { cause: broken.cause });
  }

  #refuseQueued(): void {
    for (const entry of this.#queue.clear()) {
      const refusal = this.#refusal(entry.task);
      if (refusal === undefined) this.#queue.push(entry);
      else this.#settlement.endRejected(entry, refusal);
    }
  }

  leaveQueue(entry: PendingCall): void {
    this.#queue.remove(entry);
  }

  requeue(entry: PendingCall): void {
    this.#wait(entry, true);
    this.#schedule();
  }

  ranOut(error: KnittingError, lane: WorkerLane | undefined): void {
    if (this.#settings.onHardTimeout === "shutdown") return this.#forceShutdown();
    if (lane === undefined) return;
    const message = `Worker was replaced: ${error.message}`;
    lane.kill(new KnittingError("KNT_ERROR_WORKER_EXITED", message, { cause: error }));
    this.#withdrawFrom(lane, 0);
    this.#schedule();
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
      await new Promise<void>((resolve) => {
        this.#settlement.onDrained = this.#hurry = resolve;
      });
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
    this.#cancelRebalance?.();
    const gone = this.#crew.stop(this.#forced);
    this.#queue.clear();
    this.#inline?.close();
    this.#settlement.closeAll();
    this.#borrowed?.revokeAll();
    await gone;
    this.#keepAlive.close();
  }
}
