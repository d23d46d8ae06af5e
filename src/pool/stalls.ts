/**
 * Calls that take longer than they should. The host finds them by itself, in the counters of the lanes: a worker
 * that hangs cannot say so.
 *
 * @module
 */

import { later } from "../runtime/threads.ts";
import type { PendingCall, PendingCalls } from "./pending_calls.ts";
import type { WorkerLane } from "./worker_lane.ts";

/** Looks in the time of a stall: so much later than that it is noticed at most. */
const LOOKS = 8;
const LEAST_LOOK_MS = 1;

/** A call that takes long. */
export interface StalledCall {
  /** Name of the task. */
  readonly task: string;
  /** Number of the worker; `"inline"` for the main thread. */
  readonly lane: number | "inline";
  /** How long it has been seen to run, in milliseconds. */
  readonly ms: number;
}

interface Seen {
  readonly generation: number;
  readonly sinceMs: number;
  told: boolean;
}

/** Looks for calls that take long. */
export class Stalls {
  /** How many there have been. */
  total = 0;
  readonly #stallMs: number;
  readonly #names: readonly string[];
  readonly #calls: PendingCalls;
  readonly #report: (call: StalledCall) => void;
  #seen = new Map<PendingCall, Seen>();
  #cancel: () => void = () => {};

  /**
   * @param names of the tasks
   * @param report told of each call once
   */
  constructor(
    stallMs: number,
    names: readonly string[],
    calls: PendingCalls,
    report: (call: StalledCall) => void,
  ) {
    this.#stallMs = stallMs;
    this.#names = names;
    this.#calls = calls;
    this.#report = report;
    this.#lookLater();
  }

  #lookLater(): void {
    this.#cancel = later(Math.max(LEAST_LOOK_MS, this.#stallMs / LOOKS), () => {
      this.look(performance.now());
      this.#lookLater();
    });
  }

  /** Sees which calls run, and which have for long. */
  look(nowMs: number): void {
    const before = this.#seen;
    const seen = this.#seen = new Map();
    if (this.#calls.size === 0) return;
    for (const entry of this.#calls.filter(isRunning)) {
      let one = before.get(entry);
      if (one?.generation !== entry.generation) {
        one = { generation: entry.generation, sinceMs: nowMs, told: false };
      }
      seen.set(entry, one);
      if (one.told || nowMs - one.sinceMs < this.#stallMs) continue;
      one.told = true;
      this.total++;
      this.#report(this.#describe(entry, nowMs - one.sinceMs));
    }
  }

  /** Those that have been reported and still run. */
  now(): StalledCall[] {
    const nowMs = performance.now();
    return [...this.#seen]
      .filter(([entry, { generation, told }]) =>
        told && entry.generation === generation && isRunning(entry)
      )
      .map(([entry, { sinceMs }]) => this.#describe(entry, nowMs - sinceMs));
  }

  #describe({ task, lane }: PendingCall, ms: number): StalledCall {
    const worker = lane?.isWorker === true ? (lane as WorkerLane).worker : "inline"; // not covered: only if the main thread stalls, which cannot look then
    return { task: this.#names[task]!, lane: worker, ms };
  }

  /** Looks no more. */
  close(): void {
    this.#cancel();
    this.#seen.clear();
  }
}

function isRunning(entry: PendingCall): boolean {
  return entry.lane !== undefined && entry.lane.hasBegun(entry);
}
