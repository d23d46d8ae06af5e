/**
 * What a pool measures on the host: how its calls ended, and how long they waited. How long they ran, their
 * workers say in the memory of their lanes (`transport/meter_layout.ts`).
 *
 * Calls that were made together and answered together are counted together: the clock is read once for a
 * few calls, and so are the histograms written. While calls are fast, the clock is read for one in
 * {@linkcode SAMPLE}; but for every one, once the host looks for answers in vain.
 *
 * Of the others, the meter is not even told while it is *blind*: while all calls that are open are of one task. How
 * many calls have settled, the pool counts anyway; those that the meter has not counted are results of that task.
 *
 * @module
 */

import { Flag, headFlags, headTask } from "../codec/tags.ts";
import {
  addTo,
  HISTOGRAM_DOUBLES,
  middleOf,
  record,
  recordSample,
  recordUntimed,
} from "../transport/histogram.ts";
import { BUSY_MS, BYTES, histogramOf, SINCE } from "../transport/meter_layout.ts";
import type { CallHolder, PendingCall, PendingCalls } from "./pending_calls.ts";
import type { Ending } from "./settlement.ts";
import type { WorkerLane } from "./worker_lane.ts";

/** Calls made in one go for which the clock is read once. */
const TOGETHER = 64;
/** While calls are fast, one is timed after so many that are not, and stands for them. */
export const SAMPLE = 256;
/** Calls that wait for less are fast, if the host does not look for their answers in vain. */
const FAST_MS = 0.5;

/** How a call has ended. */
export type Outcome = "completed" | "failed" | "aborted" | "timedOut" | "lost" | "refused";

/** All of them. */
export const OUTCOMES: readonly Outcome[] = [
  "completed",
  "failed",
  "aborted",
  "timedOut",
  "lost",
  "refused",
];

/** Index of an outcome. */
export const COMPLETED: number = OUTCOMES.indexOf("completed");
/** Index of another one. */
export const FAILED: number = OUTCOMES.indexOf("failed");

/** Told of every call, for what writes or publishes them. */
export interface CallObserver {
  /** A call has its argument, and goes to a lane or waits for one. */
  made(entry: PendingCall): void;
  /** It is about to settle; with the result, or the reason. */
  ended(entry: PendingCall, outcome: Outcome, value: unknown): void;
}

/** What has been measured of the calls of one lane, whichever workers it has had; or of those without a lane. */
export class LaneRecord {
  /** When it began, by the clock of this thread. */
  readonly startMs: number = performance.now();
  /** By task, then by outcome. */
  readonly counts: Float64Array;
  /** Milliseconds in which calls were with workers that are gone. */
  busyMs = 0;
  /** Payload bytes of calls to, and replies from, workers that are gone. */
  sentBytes = 0;
  receivedBytes = 0;
  /** By task: how long calls waited, and how long those of workers that are gone took. */
  readonly #waits: (Float64Array | undefined)[] = [];
  readonly #runs: (Float64Array | undefined)[] = [];

  constructor(tasks: number) {
    this.counts = new Float64Array(tasks * OUTCOMES.length);
  }

  count(task: number, outcome: number, calls: number): void {
    this.counts[task * OUTCOMES.length + outcome]! += calls;
  }

  /** How long calls of a task have waited. */
  waitsOf(task: number): Float64Array {
    return this.#waits[task] ??= new Float64Array(HISTOGRAM_DOUBLES);
  }

  /** How long calls of a task have taken, without those of the worker that is there. */
  runsOf(task: number): Float64Array {
    return this.#runs[task] ??= new Float64Array(HISTOGRAM_DOUBLES);
  }
}

/** Measures the calls of one pool. */
export class Meter {
  readonly tasks: number;
  readonly startMs: number = performance.now();
  /** By number of the worker. */
  readonly workers: LaneRecord[] = [];
  /** Of the main thread. */
  readonly inline: LaneRecord;
  /** Of calls that no lane has had. */
  readonly nowhere: LaneRecord;
  observer: CallObserver | undefined;
  /** The calls that it measures; set before there are any. */
  calls!: Pick<PendingCalls, "settled" | "size" | "sizeOf">;
  /** What is told of calls that the main thread runs. */
  carry: { begunInline(entry: PendingCall): void } | undefined;
  /** The task whose calls are made without a {@linkcode stamp}, or -1. */
  unstampedTask = -1;
  /** Whether it is not told of results of calls that are not timed. */
  isBlind = false;
  /** What results those are: of this task, from this lane. */
  #blindTask = -1;
  #blindLane: CallHolder | undefined;
  /** How many of the calls that have settled are counted: all, unless it is blind. */
  #counted = 0;
  readonly #retired = new WeakSet<WorkerLane>();
  /** When the calls were made that are being made now, and how many more may be. */
  #stampMs = 0;
  #stampsLeft = 0;
  /** Whether most calls pass without a look at the clock. */
  #fast = false;
  /** How many calls will have settled when one may not, for which the clock is read. */
  #dueAt = 0;
  /** By task, whether the clock has been read for one. */
  readonly #stamped: boolean[] = [];
  /** Since when the host has looked for the answers that it takes now in vain; `Infinity` if it has not. */
  #lateSince = Infinity;
  #nowMs = 0;
  /** Calls that are to be counted together: since when they have waited, `Infinity` if nobody has looked. */
  #sinceMs = 0;
  #task = 0;
  #head = 0;
  #lane: CallHolder | undefined;
  #count = 0;
  #inlineRunning = 0;
  #inlineSince = 0;

  constructor(tasks: number) {
    this.tasks = tasks;
    this.inline = new LaneRecord(tasks);
    this.nowhere = new LaneRecord(tasks);
  }

  /** What has been measured of a worker and those before it. */
  ofWorker(worker: number): LaneRecord {
    return this.workers[worker] ??= new LaneRecord(this.tasks);
  }

  /** A call is made: says when, more or less, unless it is one of those that are not timed. */
  stamp(entry: PendingCall): void {
    const { task } = entry;
    if (this.isBlind && task !== this.#blindTask) this.#openEyes();
    entry.isTimed = true;
    if (this.#fast) {
      if (this.observer === undefined) this.unstampedTask = task;
      entry.isTimed = this.#isDue || this.#stamped[task] !== true;
      if (!entry.isTimed) return;
      this.#stampsLeft = 0;
    }
    this.#dueAt = this.calls.settled + SAMPLE;
    // Those that are made in one go were made at the same time.
    if (--this.#stampsLeft < 0) {
      this.#stampsLeft = TOGETHER - 1;
      this.#stampMs = performance.now();
    }
    this.#stamped[task] = true;
    entry.madeMs = this.#stampMs;
  }

  get #isDue(): boolean {
    return this.calls.settled >= this.#dueAt;
  }

  /** Answers may be late: no call passes without a look at the clock. */
  watch(): void {
    this.#fast = false;
    this.unstampedTask = -1;
  }

  /** What was made in one go has been: the clock goes on. */
  tick(): void {
    this.#stampsLeft = 0;
  }

  /**
   * The host is about to take answers of a lane.
   *
   * @param lateSinceMs since when it has looked for them in vain, `Infinity` if it has not
   */
  takes(lane: CallHolder, lateSinceMs: number): void {
    if (this.isBlind && lane === this.#blindLane && lateSinceMs === Infinity) return;
    this.#openEyes();
    this.#nowMs = 0;
    if (lateSinceMs !== Infinity) this.#lateSince = lateSinceMs; // calls that were not timed have waited
    else this.#shutEyes(lane);
  }

  /** It has taken so many; the callers have still to go on. */
  taken(answers: number): void {
    if (this.isBlind && this.#count === 0) { // all that is left to do after most
      if (this.#isDue) this.unstampedTask = -1;
      return;
    }
    if (answers === 0 && this.#lateSince === Infinity) return;
    if (this.#count > 0 && this.#sinceMs !== Infinity) this.#write();
    if (this.#isDue) this.unstampedTask = -1;
    this.#nowMs = 0;
    this.#lateSince = Infinity;
  }

  /** Becomes blind, if all calls that are open are of the task whose calls are not stamped. */
  #shutEyes(lane: CallHolder): void {
    const { calls } = this;
    const task = this.unstampedTask;
    if (task < 0 || calls.sizeOf(task) !== calls.size) return;
    this.isBlind = true;
    this.#blindTask = task;
    this.#blindLane = lane;
  }

  /** Counts the results that it was not told of. */
  #openEyes(): void {
    if (!this.isBlind) return;
    this.isBlind = false;
    const count = this.calls.settled - this.#counted;
    if (count > 0) this.#collect(Infinity, this.#blindTask, 0, this.#blindLane, count);
    this.#blindLane = undefined; // it has memory, and this meter is kept for as long as the pool
  }

  /**
   * A lane has answered a call.
   *
   * @param head that of the reply. Where calls have their task it has how long that took: its bucket and one, or
   *   0 if it was too short to tell
   */
  answered({ isTimed, madeMs, task, lane }: PendingCall, head: number): void {
    this.#collect(isTimed ? madeMs : this.#lateSince, task, head, lane, 1);
  }

  #collect(
    sinceMs: number,
    task: number,
    head: number,
    lane: CallHolder | undefined,
    count: number,
  ): void {
    if (
      sinceMs !== this.#sinceMs || task !== this.#task || head !== this.#head || lane !== this.#lane
    ) {
      this.#write();
      this.#sinceMs = sinceMs;
      this.#task = task;
      this.#head = head;
      this.#lane = lane;
    }
    this.#count += count;
    this.#counted += count;
  }

  /** Records what is counted together; to be called before records are read. */
  flush(): void {
    this.#openEyes();
    this.#write();
  }

  #write(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    const task = this.#task;
    const lane = this.#recordOf(this.#lane);
    const outcome = (headFlags(this.#head) & Flag.Rejected) !== 0 ? FAILED : COMPLETED;
    lane.count(task, outcome, count);
    const waits = lane.waitsOf(task);
    if (this.#sinceMs === Infinity) return recordUntimed(waits, 0, count);
    this.#nowMs ||= performance.now();
    const runCode = headTask(this.#head);
    const runMs = runCode === 0 ? 0 : middleOf(runCode - 1);
    const waitMs = this.#nowMs - this.#sinceMs - runMs;
    // Those that were not timed had not to wait.
    if (this.#lateSince === Infinity && waitMs < FAST_MS) {
      this.#fast = true;
      return recordSample(waits, 0, waitMs, count);
    }
    this.watch();
    record(waits, 0, waitMs, count);
  }

  #recordOf(holder: CallHolder | undefined): LaneRecord {
    if (holder === undefined) return this.nowhere;
    return holder.isWorker ? this.ofWorker((holder as WorkerLane).worker) : this.inline;
  }

  /** A call has ended without an answer. */
  endedEarly({ task, lane }: PendingCall, ending: Ending): void {
    this.#counted++;
    this.#recordOf(lane).count(task, OUTCOMES.indexOf(ending), 1);
  }

  /** The main thread is about to run a call. */
  begunInline(entry: PendingCall): void {
    this.carry?.begunInline(entry);
    const now = performance.now();
    const waits = this.inline.waitsOf(entry.task);
    if (entry.isTimed) record(waits, 0, now - entry.madeMs, 1);
    else recordUntimed(waits, 0, 1);
    entry.madeMs = now; // from here on it runs
    if (this.#inlineRunning++ === 0) this.#inlineSince = now;
  }

  /** It has; `outcome` is `undefined` if it had settled before. */
  endedInline({ task, madeMs }: PendingCall, outcome: number | undefined): void {
    const now = performance.now();
    record(this.inline.runsOf(task), 0, now - madeMs, 1);
    if (outcome !== undefined) {
      this.#counted++;
      this.inline.count(task, outcome, 1);
    }
    if (--this.#inlineRunning === 0) this.inline.busyMs += now - this.#inlineSince;
  }

  /** How long the main thread has had calls. */
  inlineBusyMs(): number {
    const since = this.#inlineRunning > 0 ? performance.now() - this.#inlineSince : 0;
    return this.inline.busyMs + since;
  }

  /** Keeps what the worker of a lane has said; its memory may be gone after that. */
  retire(lane: WorkerLane): void {
    this.#retired.add(lane);
    if (this.#lane === lane || this.#blindLane === lane) {
      this.flush();
      this.#lane = undefined; // it has memory, and this meter is kept for as long as the pool
    }
    const record = this.ofWorker(lane.worker);
    const { meter } = lane;
    record.busyMs += busyMsOf(meter);
    record.receivedBytes += meter[BYTES]!;
    record.sentBytes += lane.sentBytes;
    for (let task = 0; task < this.tasks; task++) {
      if (isUsed(meter, task)) addTo(record.runsOf(task), 0, meter, histogramOf(task));
    }
  }

  /** Whether the worker of a lane is gone, and what it said is kept. */
  isRetired(lane: WorkerLane): boolean {
    return this.#retired.has(lane);
  }
}

/** How long there have been calls with a worker, as of now, by its meter. */
export function busyMsOf(meter: Float64Array): number {
  const since = meter[SINCE]!;
  const nowMs = performance.timeOrigin + performance.now();
  return meter[BUSY_MS]! + (since === 0 ? 0 : Math.max(0, nowMs - since));
}

/** Whether calls of a task have been recorded. */
export function isUsed(meter: Float64Array, task: number): boolean {
  return meter[histogramOf(task) + 1]! > 0;
}
