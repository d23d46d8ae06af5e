/**
 * A task runner that measures. Workers load it only if their pool is to measure its calls.
 *
 * A clock takes longer to read than a fast call takes to run. So calls are timed one by one while they take
 * long; which they do, the loop says by {@linkcode TaskRunner.fast}. While they are fast, those that come in one
 * go are timed together, and only one go in {@linkcode SAMPLE}, or after {@linkcode SAMPLE_CALLS} calls, which
 * stands for the others; but always the first after a turn of the event loop, and whatever waits for promises.
 * What several calls took together is shared out equally, unless it is so much more than such calls take that it
 * must have been one of them. Goes that are not timed are recorded together, at the next time that the clock is
 * read anyway: for a go that is timed, or because the worker looks for calls in vain. So a call that takes long is
 * seen in any of them.
 *
 * @module
 */

import { Encoder } from "../codec/encoder.ts";
import type { Memory } from "../codec/memory.ts";
import { ObservedEncoder } from "../codec/observed_encoder.ts";
import { packHead } from "../codec/tags.ts";
import type { WorkerBoot } from "../runtime/handshake.ts";
import { bucketOf, record, recordSample, recordUntimed } from "../transport/histogram.ts";
import type { AtomicOps } from "../transport/atomic.ts";
import { laneLayout } from "../transport/layout.ts";
import {
  BUSY_MS,
  BYTES,
  histogramOf,
  SINCE,
  TIME_BEGUN,
  TIME_BYTES,
  TIME_CALL,
  TIME_ENDED,
  timesOf,
} from "../transport/meter_layout.ts";
import { MeasuredRunner } from "./measured_runner.ts";
import type { Lent } from "./argument_streams.ts";
import { STAYS, type TaskRunner } from "./task_runner.ts";

/** While calls are fast, one go in so many is timed, and stands for those before it. */
export const SAMPLE = 64;
/** So is one after so many calls. */
export const SAMPLE_CALLS = 256;
/** If calls that ran together took so many times as long as they usually do, one of them did. */
const ODD = 8;
/** No call that is timed together with others usually takes longer: they are fast, says the loop. In milliseconds. */
const FAST_MS = 0.005;
/** Fast calls take no longer together than they usually do, and this, unless one of them does; in milliseconds. */
const LONG_MS = 0.2;

/** Where and what to measure. */
export interface RunnerMeter {
  /** The meter of the lane, as doubles. */
  readonly values: Float64Array;
  readonly tasks: number;
  /** Whether the times of each call are to be told. */
  readonly traces: boolean;
}

/** Makes a task runner, of whichever kind, and its encoder. */
export type RunnerMaker = (
  encoderParts: ConstructorParameters<typeof Encoder>,
  parts: (encoder: Encoder) => ConstructorParameters<typeof TaskRunner>,
  boot: Pick<WorkerBoot, "sizes" | "traces" | "measuresHeap">,
  atomic: AtomicOps,
) => TaskRunner;

/** Makes one that measures. */
export const meteredRunner: RunnerMaker = (encoderParts, parts, boot, atomic) => {
  const { sizes, traces, measuresHeap } = boot;
  const { buffer } = encoderParts[0];
  const { meterByte, carriedByte } = laneLayout(sizes);
  const encoder = new (traces ? ObservedEncoder : Encoder)(...encoderParts);
  const meter = {
    values: new Float64Array(buffer, meterByte, (carriedByte - meterByte) / 8),
    tasks: sizes.measuredTasks!,
    traces,
  };
  return new MeteredRunner(meter, encoder, measuresHeap, atomic, ...parts(encoder));
};

/** Runs tasks, sends their replies, and says how long they took. */
export class MeteredRunner extends MeasuredRunner {
  readonly #values: Float64Array;
  readonly #traces: boolean;
  readonly #sent: Pick<Memory, "sentBytes">;
  /** Milliseconds since 1970 at which this thread's clock began. */
  readonly #origin = performance.timeOrigin;
  /** The calls that have run in this go, or since the clock was read: their task, when the first began, how many. */
  #task = -1;
  #begun = 0;
  #ran = 0;
  /** That task, while another call of it need only be counted; else -1. */
  #counted = -1;
  /** How many of them wait for promises, or are streams. */
  #waiting = 0;
  /** Whether they are timed together, or not at all. */
  #together = false;
  /** Whether they are timed. */
  #timed = true;
  /** Goes until one is timed. */
  #goesLeft = 0;
  /** Whether a call that is timed by itself runs now, and has not been answered. */
  #alone = false;
  /** When that has ended, or when calls before these were recorded; 0 if it is not known. */
  #ended = 0;
  /** Until when all time is accounted for: it has been recorded, or the worker looked for calls in vain. */
  #known = 0;
  /** Calls that are over, of one task, and are still to be recorded: nobody has looked when. */
  #untimed = 0;
  #untimedTask = -1;
  /** What the time was when the first of the promises settled that are being answered now, or 0. */
  #settling = 0;
  /** Calls answered one after the other that began and ended at the same time: promises that settled together. */
  #like = 0;
  #likeTask = -1;
  #likeBegun = 0;
  #likeEnded = 0;
  #likeHead = 0;
  /** What calls that are timed together take, by task; 0 while unknown. */
  readonly #usualMs: Float64Array;
  /** The tasks, and the beginnings, of calls that wait for their promises, and of streams, by call. */
  #lateTasks = new Int32Array(64);
  #lateBegun = new Float64Array(64);

  constructor(
    meter: RunnerMeter,
    encoder: Encoder,
    measuresHeap: boolean,
    atomic: AtomicOps,
    ...rest: ConstructorParameters<typeof TaskRunner>
  ) {
    super(atomic, ...rest);
    if (!measuresHeap) this.leaveHeapAlone();
    this.#values = meter.values;
    this.#traces = meter.traces;
    this.#sent = encoder.target;
    this.#usualMs = new Float64Array(meter.tasks);
    if (encoder instanceof ObservedEncoder) {
      encoder.onSent = (call, bytes) => this.#tellBytes(call, bytes);
    }
  }

  protected override execute(
    task: number,
    call: number,
    argument: unknown,
    lent: Lent | undefined,
  ): void {
    if (task === this.#counted) this.#ran++;
    else this.#open(task);
    super.execute(task, call, argument, lent);
  }

  #open(task: number): void {
    if (this.#ran > 0) this.#close();
    if (this.#untimed > 0) this.#lookBack(task);
    this.#task = task;
    this.#ran = 1;
    if (this.#mayPass()) return this.#pass();
    this.#timed = true;
    this.#together = this.fast && !this.#traces;
    this.#alone = !this.#together;
    this.#counted = this.#together ? task : -1;
    this.rested = false;
    this.#goesLeft = SAMPLE;
    const now = this.#together && this.#ended || performance.now();
    if (this.#untimed > 0) this.#recordUntimed(now);
    this.#begin(now);
  }

  /** Whether the next go of the same task need not be timed. */
  #mayPass(): boolean {
    // With promises there is more between the goes than looking for calls.
    return this.fast && !this.#traces && !this.rested && this.unsettled === 0 &&
      this.#usualMs[this.#task] !== 0 && this.#goesLeft > 0 && this.#untimed < SAMPLE_CALLS;
  }

  /** The calls of a go are counted, and nothing else. */
  #pass(): void {
    this.#counted = this.#task;
    this.#timed = false;
    this.#together = true;
    this.#begun = 0;
  }

  #begin(now: number): void {
    this.#begun = now;
    this.#ended = this.#settling = 0;
    if (this.#values[SINCE] === 0) this.#values[SINCE] = this.#origin + now;
  }

  /** Records what has run. */
  #close(): void {
    const over = this.#ran - this.#waiting;
    this.#ran = this.#waiting = 0;
    this.#counted = -1;
    this.#goesLeft--;
    if (!this.#timed) return this.#closeUntimed(over);
    const now = this.#ended ||= performance.now();
    if (this.#together && over > 0) this.#share(now - this.#begun, over);
    this.#together = false;
    this.#known = now;
    this.#rest(now);
  }

  #closeUntimed(over: number): void {
    this.#count(over);
    this.#together = false;
    this.#ended = 0;
    if (this.#values[SINCE] === 0) return;
    // Calls wait for promises: it is to be known when there are none.
    this.#ended = performance.now();
    this.#recordUntimed(this.#ended);
    this.#rest(this.#ended);
  }

  /** So many calls of a go that is not timed are over. */
  #count(over: number): void {
    const { beganMs, lookedMs } = this.looks;
    if (this.#untimed > 0 && beganMs > this.#known) this.#recordUntimed(beganMs); // those of the goes before
    if (this.#untimed === 0) this.#known = Math.max(this.#known, lookedMs);
    this.#untimed += over;
    this.#untimedTask = this.#task;
  }

  /** Records the goes before this one, if it is known when they were over, or if it is another task's. */
  #lookBack(task: number): void {
    const { beganMs } = this.looks;
    if (beganMs > this.#known) this.#recordUntimed(beganMs);
    else if (task !== this.#untimedTask) this.#recordUntimed(this.#ended = performance.now());
  }

  /** @param now when they were over, or somewhat later */
  #recordUntimed(now: number): void {
    const values = this.#values;
    const at = histogramOf(this.#untimedTask);
    const count = this.#untimed;
    const usual = this.#usualMs[this.#untimedTask]!;
    const ms = now - this.#known;
    const longestMs = ms - Math.max(0, count - 1) * usual;
    const isLong = count > 0 && longestMs > LONG_MS;
    if (isLong) record(values, at, longestMs, 1);
    recordUntimed(values, at, isLong ? count - 1 : count);
    // Else the worker is busy anyway, with what waits for promises.
    if (values[SINCE] === 0) values[BUSY_MS]! += isLong ? ms : count * usual;
    values[BYTES] = this.#sent.sentBytes;
    this.#untimed = 0;
    this.#known = now;
  }

  #share(togetherMs: number, count: number): void {
    const task = this.#task;
    const each = togetherMs / count;
    const usual = this.#usualMs[task]! || Math.min(each, FAST_MS);
    const at = histogramOf(task);
    this.#usualMs[task] = usual + (Math.min(each, FAST_MS) - usual) / 8;
    const longestMs = togetherMs - usual * (count - 1);
    if (each <= ODD * usual && longestMs <= LONG_MS) {
      return recordSample(this.#values, at, each, count);
    }
    // It is not what those take that were not timed.
    if (count > 1) recordSample(this.#values, at, usual, count - 1);
    record(this.#values, at, longestMs, 1);
  }

  /** Nothing runs; and if no call waits for a promise either, this worker is idle. */
  #rest(now: number): void {
    this.#recordLike();
    const values = this.#values;
    values[BYTES] = this.#sent.sentBytes;
    if (this.unsettled > 0 || values[SINCE] === 0) return;
    values[BUSY_MS]! += Math.max(0, this.#origin + now - values[SINCE]!);
    values[SINCE] = 0;
  }

  protected override settleLater(
    call: number,
    promise: Promise<unknown>,
    timed: boolean,
    abortable: boolean,
    lent: Lent | undefined,
  ): void {
    this.#endsLater(call);
    super.settleLater(call, promise, timed, abortable, lent);
  }

  protected override beginStream(...parts: Parameters<TaskRunner["beginStream"]>): void {
    this.#endsLater(parts[1]);
    super.beginStream(...parts);
  }

  #endsLater(call: number): void {
    this.#alone = false;
    this.#waiting++;
    if (this.#begun === 0) this.#beginNow();
    if (call >= this.#lateBegun.length) this.#growTo(call + 1);
    this.#lateTasks[call] = this.#task;
    this.#lateBegun[call] = this.#begun;
  }

  /** In a go that is not timed a call has begun a moment ago; those before it are over. */
  #beginNow(): void {
    this.#count(this.#ran - this.#waiting);
    this.#ran = this.#waiting;
    const now = performance.now();
    if (this.#untimed > 0) this.#recordUntimed(now);
    this.#begin(now);
  }

  #growTo(length: number): void {
    const tasks = this.#lateTasks;
    const begun = this.#lateBegun;
    this.#lateTasks = new Int32Array(length * 2);
    this.#lateBegun = new Float64Array(length * 2);
    this.#lateTasks.set(tasks);
    this.#lateBegun.set(begun);
  }

  override reply(
    call: number,
    head: number,
    value: unknown,
    lent: Lent | undefined,
  ): void {
    if (this.#together) super.reply(call, head, value, lent);
    else this.#replyTimed(call, head, value, lent);
  }

  #replyTimed(call: number, head: number, value: unknown, lent: Lent | undefined): void {
    if ((head & STAYS) !== 0) return super.reply(call, head, value, lent);
    if (this.#alone) {
      this.#alone = false;
      this.#ended = performance.now();
      this.#answer(call, this.#task, this.#begun, this.#ended, head, value, lent);
      return;
    }
    const begun = this.#lateBegun[call] ?? 0;
    if (begun === 0) return super.reply(call, head, value, lent); // its argument could not be read
    this.#lateBegun[call] = 0;
    this.#known = this.#settling ||= performance.now();
    this.#answer(call, this.#lateTasks[call]!, begun, this.#settling, head, value, lent);
  }

  /** Replies to a call that was timed by itself, and says with the reply how long it took. */
  #answer(
    call: number,
    task: number,
    begun: number,
    ended: number,
    head: number,
    value: unknown,
    lent: Lent | undefined,
  ): void {
    if (task !== this.#likeTask || begun !== this.#likeBegun || ended !== this.#likeEnded) {
      this.#recordLike();
      this.#likeTask = task;
      this.#likeBegun = begun;
      this.#likeEnded = ended;
      this.#likeHead = packHead(bucketOf(ended - begun) + 1, 0, 0);
    }
    this.#like++;
    if (this.#traces) this.#tellTimes(call, begun, ended);
    super.reply(call, head | this.#likeHead, value, lent);
  }

  /** Records the calls that are alike. */
  #recordLike(): void {
    if (this.#like > 0) {
      const ms = this.#likeEnded - this.#likeBegun;
      record(this.#values, histogramOf(this.#likeTask), ms, this.#like);
    }
    this.#like = 0;
  }

  #tellTimes(call: number, begun: number, ended: number): void {
    const values = this.#values;
    // SYNC publish: pairs with "SYNC publish" in Trace.#timesOf. Whoever has seen the reply finds the times.
    const at = timesOf(call);
    values[at + TIME_CALL] = call + 1;
    values[at + TIME_BEGUN] = this.#origin + begun;
    values[at + TIME_ENDED] = this.#origin + ended;
  }

  #tellBytes(call: number, bytes: number): void {
    if (call >= 0) this.#values[timesOf(call) + TIME_BYTES] = bytes; // not of what the worker says of itself
  }

  override rests(): void {
    this.#counted = -1;
    this.#together = false;
    if (this.#untimed === 0) return;
    const { beganMs } = this.looks;
    this.#recordUntimed(beganMs > this.#known ? beganMs : performance.now());
  }

  override flush(): void {
    super.flush(); // first of all: somebody waits for it
    if (this.#ran > 0) {
      this.#close();
      if (this.#mayPass()) this.#pass(); // so that the next call finds it decided
    } else if (this.#like > 0) this.#rest(this.#settling);
    this.#ended = this.#settling = 0; // nobody knows when there will be more
  }
}
