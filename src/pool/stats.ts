/**
 * What `pool.stats()` returns, and how it is made of what is there: nothing here runs before somebody asks.
 *
 * @module
 */

import { addTo, HISTOGRAM_DOUBLES, type Timing, timingOf } from "../transport/histogram.ts";
import { BYTES, histogramOf } from "../transport/meter_layout.ts";
import { busyMsOf, isUsed, type LaneRecord, type Meter, type Outcome, OUTCOMES } from "./meter.ts";
import type { CallHolder } from "./pending_calls.ts";
import type { Router } from "./router.ts";
import type { StalledCall, Stalls } from "./stalls.ts";
import type { WorkerLane } from "./worker_lane.ts";

export type { Outcome, StalledCall, Timing };

/** What has been measured of some calls. */
export interface CallMeasures extends Readonly<Record<Outcome, number>> {
  /** Calls whose results have come. */
  readonly completed: number;
  /** Calls whose tasks have thrown. */
  readonly failed: number;
  /** Calls that their callers have given up. */
  readonly aborted: number;
  /** Calls that have run into a time limit. */
  readonly timedOut: number;
  /** Calls whose worker has died, or whose pool was shut down. */
  readonly lost: number;
  /** Calls that no worker was sent: the queue was full, or the argument cannot cross. */
  readonly refused: number;
  /**
   * How long tasks took, until they returned, their promise settled, or their stream ended; also of calls that
   * nobody waited for.
   */
  readonly run: Timing;
  /** How long answered calls took besides: in the queue, and on their ways to the worker and back. */
  readonly wait: Timing;
}

/** Calls of one task, in the pool or in one lane. */
export interface TaskStats {
  /** Calls that wait to be begun, as of now. */
  readonly queued: number;
  /** Calls that a worker has begun and not answered, as of now. */
  readonly running: number;
  /** The rest; `undefined` without {@linkcode Options.metrics}. */
  readonly measures: CallMeasures | undefined;
}

/** What has been measured of one lane besides its calls. */
export interface LaneMeasures extends CallMeasures {
  /** The part of the time since the lane began in which it had a call, from 0 to 1. */
  readonly utilization: number;
  /** Bytes of arguments, without numbers, booleans and the like. */
  readonly sentBytes: number;
  /** The same of results. */
  readonly receivedBytes: number;
}

/** One worker, or the main thread as a lane. */
export interface LaneStats {
  /** Number of the worker; `"inline"` for the main thread. */
  readonly lane: number | "inline";
  /** Whether it takes calls, as of now. */
  readonly ready: boolean;
  /** Calls that it was sent and has not begun, as of now. */
  readonly queued: number;
  /** Calls that it has begun and not answered, as of now. */
  readonly running: number;
  /** By name of the task. */
  readonly tasks: Readonly<Record<string, TaskStats>>;
  /** The rest; `undefined` without {@linkcode Options.metrics}. */
  readonly measures: LaneMeasures | undefined;
}

/** What a pool is doing, and has done. */
export interface PoolStats {
  /** Milliseconds since the pool was made. */
  readonly uptimeMs: number;
  /** Workers that take calls, as of now. */
  readonly workers: number;
  /** Calls that wait to be begun, as of now, in the pool or with a lane. */
  readonly queued: number;
  /** Calls that a lane has begun and not answered, as of now. */
  readonly running: number;
  /** By name of the task. */
  readonly tasks: Readonly<Record<string, TaskStats>>;
  /** The workers by number, then the main thread if it is a lane. */
  readonly lanes: readonly LaneStats[];
  /** What has been measured of all calls; `undefined` without {@linkcode Options.metrics}. */
  readonly measures: LaneMeasures | undefined;
  /** Calls that have taken longer than `metrics.stallMs`; `undefined` without that option. */
  readonly stalled: {
    /** How many there have been. */
    readonly total: number;
    /** Those that still run. */
    readonly now: readonly StalledCall[];
  } | undefined;
}

/** What the numbers are made of. */
export interface StatsSources {
  readonly names: readonly string[];
  readonly startMs: number;
  readonly lanes: readonly WorkerLane[];
  readonly router: Router;
  readonly meter: Meter | undefined;
  readonly stalls: Stalls | undefined;
}

/** One worker, or what stands for calls without one. */
interface Place {
  /** Its lane; more than one while a worker takes the place of another. `undefined` is no lane. */
  readonly holders: readonly (CallHolder | undefined)[];
  readonly record: LaneRecord | undefined;
  /** The meters of the workers that are there. */
  readonly live: readonly LiveMeter[];
  /** By task. */
  readonly queued: Uint32Array;
  readonly running: Uint32Array;
}

/** What a worker that is there has said, and was sent. */
interface LiveMeter {
  readonly values: Float64Array;
  readonly sentBytes: number;
}

/** Takes the numbers as they are now. */
export function takeStats(sources: StatsSources): PoolStats {
  const { names, startMs, lanes, router, meter, stalls } = sources;
  const { inline } = router;
  meter?.flush();
  const uptimeMs = performance.now() - startMs;
  const place = (
    holders: Place["holders"],
    record: LaneRecord | undefined,
    live: readonly LiveMeter[] = [],
  ): Place => ({
    holders,
    record,
    live,
    queued: new Uint32Array(names.length),
    running: new Uint32Array(names.length),
  });
  const byNumber = [...Map.groupBy(lanes, ({ worker }) => worker)].sort(([a], [b]) => a - b);
  const workers = byNumber.map(([worker, lanes]) => {
    const live = lanes.filter((lane) => meter?.isRetired(lane) === false)
      .map(({ meter: values, sentBytes }) => ({ values, sentBytes }));
    return place(lanes, meter?.ofWorker(worker), live);
  });
  const main = inline === undefined ? [] : [place([inline], meter?.inline)];
  const nowhere = place([undefined], meter?.nowhere);
  // Of workers that have ended, and have no others in their place.
  const numbers = new Set(byNumber.map(([worker]) => worker));
  const gone = (meter?.workers ?? []).filter((_, worker) => !numbers.has(worker))
    .map((record) => place([], record));
  const places = [...workers, ...main, ...gone, nowhere];
  countCalls(router, places);
  const utilizations: number[] = [];
  const laneStats = [...workers, ...main].map((one, index): LaneStats => {
    const [worker, lanes] = byNumber[index] ?? [];
    const bytes = lanes === undefined || meter === undefined ? undefined : bytesOf(one);
    const utilization = meter === undefined ? 0 : utilizationOf(one, meter);
    utilizations.push(utilization);
    return {
      lane: worker ?? "inline",
      ready: lanes === undefined || lanes.some(({ ready }) => ready),
      queued: sum(one.queued),
      running: sum(one.running),
      tasks: tasksOf(names, [one], meter),
      measures: measuresOf([one], tasksUpTo(names.length), meter, utilization, bytes),
    };
  });
  return {
    uptimeMs,
    workers: lanes.filter(({ ready }) => ready).length,
    queued: places.reduce((total, { queued }) => total + sum(queued), 0),
    running: places.reduce((total, { running }) => total + sum(running), 0),
    tasks: tasksOf(names, places, meter),
    lanes: laneStats,
    measures: measuresOf(
      places,
      tasksUpTo(names.length),
      meter,
      utilizations.reduce((total, one) => total + one, 0) / Math.max(1, utilizations.length),
      {
        sentBytes: laneStats.reduce(
          (total, { measures }) => total + (measures?.sentBytes ?? 0),
          gone.reduce((total, { record }) => total + record!.sentBytes, 0),
        ),
        receivedBytes: laneStats.reduce(
          (total, { measures }) => total + (measures?.receivedBytes ?? 0),
          gone.reduce((total, { record }) => total + record!.receivedBytes, 0),
        ),
      },
    ),
    stalled: stalls && { total: stalls.total, now: stalls.now() },
  };
}

/** Counts the calls that are not over, where they are. */
function countCalls(router: Router, places: readonly Place[]): void {
  const placeOf = new Map(
    places.flatMap((place) => place.holders.map((holder) => [holder, place] as const)),
  );
  for (const entry of router.unfinished()) {
    const { lane, task } = entry;
    const place = placeOf.get(lane);
    if (place === undefined) continue; // not covered: its worker has just been replaced
    if (lane !== undefined && lane.hasBegun(entry)) place.running[task]!++;
    else if (lane !== undefined || entry.queued) place.queued[task]!++;
  }
}

function tasksOf(
  names: readonly string[],
  places: readonly Place[],
  meter: Meter | undefined,
): Record<string, TaskStats> {
  return Object.fromEntries(names.map((name, task) => [name, {
    queued: places.reduce((total, { queued }) => total + queued[task]!, 0),
    running: places.reduce((total, { running }) => total + running[task]!, 0),
    measures: meter && callMeasuresOf(places, [task]),
  }]));
}

function measuresOf(
  places: readonly Place[],
  tasks: readonly number[],
  meter: Meter | undefined,
  utilization: number,
  bytes: { readonly sentBytes: number; readonly receivedBytes: number } | undefined,
): LaneMeasures | undefined {
  return meter && {
    ...callMeasuresOf(places, tasks),
    utilization,
    sentBytes: bytes?.sentBytes ?? 0,
    receivedBytes: bytes?.receivedBytes ?? 0,
  };
}

function callMeasuresOf(places: readonly Place[], tasks: readonly number[]): CallMeasures {
  const counts = new Float64Array(OUTCOMES.length);
  const run = new Float64Array(HISTOGRAM_DOUBLES);
  const wait = new Float64Array(HISTOGRAM_DOUBLES);
  for (const { record, live } of places) {
    for (const task of tasks) {
      for (let i = 0; i < counts.length; i++) {
        counts[i]! += record!.counts[task * counts.length + i]!;
      }
      addTo(run, 0, record!.runsOf(task), 0);
      addTo(wait, 0, record!.waitsOf(task), 0);
      for (const { values } of live) {
        if (isUsed(values, task)) addTo(run, 0, values, histogramOf(task));
      }
    }
  }
  return {
    ...Object.fromEntries(OUTCOMES.map((outcome, i) => [outcome, counts[i]!])) as Record<
      Outcome,
      number
    >,
    run: timingOf(run),
    wait: timingOf(wait),
  };
}

function bytesOf({ record, live }: Place): { sentBytes: number; receivedBytes: number } {
  return {
    sentBytes: live.reduce((total, { sentBytes }) => total + sentBytes, record!.sentBytes),
    receivedBytes: live.reduce(
      (total, { values }) => total + values[BYTES]!,
      record!.receivedBytes,
    ),
  };
}

function utilizationOf({ holders, record, live }: Place, meter: Meter): number {
  const busyMs = holders[0]?.isWorker === false
    ? meter.inlineBusyMs()
    : live.reduce((total, { values }) => total + busyMsOf(values), record!.busyMs);
  return Math.min(1, busyMs / Math.max(1e-3, performance.now() - record!.startMs));
}

function tasksUpTo(count: number): number[] {
  return Array.from({ length: count }, (_, task) => task);
}

function sum(values: Uint32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
