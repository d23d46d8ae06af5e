/**
 * Writes what calls did, and when, in the format that Chrome's tracing page and Perfetto read: an array of
 * events in JSON.
 *
 * - A row for each worker, in which a call is as long as its task took. Tasks that wait for promises overlap; then
 *   the worker has more rows.
 * - A span for the time that each call waited.
 * - A counter of the calls that are open.
 *
 * @module
 */

import { later } from "../runtime/threads.ts";
import { openTraceFile, type TraceFile } from "../runtime/trace_file.ts";
import {
  TIME_BEGUN,
  TIME_BYTES,
  TIME_CALL,
  TIME_ENDED,
  timesOf,
} from "../transport/meter_layout.ts";
import type { CallObserver, Outcome } from "./meter.ts";
import type { PendingCall } from "./pending_calls.ts";
import type { WorkerLane } from "./worker_lane.ts";

/** Text is written when there is so much of it, or after so long. */
const WRITE_CHARS = 64 * 1024;
const WRITE_MS = 100;
/** All rows are of one process, as far as the trace is concerned. */
const PROCESS = 1;

interface Traced {
  readonly number: number;
  readonly madeMs: number;
}

/** When a call began and ended, by the clock of this thread, and how large its result is. */
interface Times {
  readonly begunMs: number;
  readonly endedMs: number;
  readonly resultBytes: number;
}

/** Writes the trace of one pool. */
export class Trace implements CallObserver {
  readonly #names: readonly string[];
  readonly #startMs: number;
  readonly #file: TraceFile;
  readonly #calls = new Map<PendingCall, Traced>();
  /** Bytes of arguments, by call. */
  readonly #argumentBytes = new Map<number, number>();
  readonly #meters = new WeakMap<WorkerLane, Float64Array>();
  /** When what a row shows last ends, by row, by lane. */
  readonly #rows = new Map<number | "inline", { id: number; untilMs: number }[]>();
  #rowCount = 0;
  #number = 0;
  #text = "";
  #isFirst = true;
  #cancelWrite: (() => void) | undefined;
  #closed = false;

  /**
   * @param names of the tasks
   * @throws {Error} if the file cannot be written
   */
  constructor(path: string, names: readonly string[]) {
    this.#names = names;
    this.#startMs = performance.now();
    this.#file = openTraceFile(path, "\n]\n", () => this.#write());
    this.#add({ ph: "M", name: "process_name", tid: 0, args: { name: "knitting" } });
  }

  /** A call was sent with an argument of so many bytes. */
  sent(call: number, bytes: number): void {
    if (call >= 0) this.#argumentBytes.set(call, bytes); // what follows a call is not it
  }

  made(entry: PendingCall): void {
    const madeMs = performance.now();
    this.#argumentBytes.delete(entry.id); // of whoever had the number before
    this.#calls.set(entry, { number: ++this.#number, madeMs });
    this.#count(madeMs);
  }

  ended(entry: PendingCall, outcome: Outcome): void {
    const call = this.#calls.get(entry);
    if (call === undefined) return; // refused before it was made
    this.#calls.delete(entry);
    const nowMs = performance.now();
    const times = this.#timesOf(entry, call, nowMs);
    const name = this.#names[entry.task]!;
    const id = String(call.number);
    const waited = { cat: "wait", name, id, tid: 0 };
    const waitedUntil = times?.begunMs ?? nowMs;
    this.#add({ ph: "b", ts: this.#ts(call.madeMs), ...waited, args: { outcome } });
    this.#add({ ph: "e", ts: this.#ts(waitedUntil), ...waited });
    if (times !== undefined) {
      const { begunMs, endedMs, resultBytes } = times;
      this.#add({
        ph: "X",
        cat: "call",
        name,
        tid: this.#rowFor(entry, begunMs, endedMs),
        ts: this.#ts(begunMs),
        dur: micros(endedMs - begunMs),
        args: {
          call: call.number,
          outcome,
          waitMs: begunMs - call.madeMs,
          argumentBytes: this.#argumentBytes.get(entry.id) ?? 0,
          resultBytes,
        },
      });
    }
    this.#count(nowMs);
  }

  #count(nowMs: number): void {
    const args = { open: this.#calls.size };
    this.#add({ ph: "C", name: "calls", tid: 0, ts: this.#ts(nowMs), args });
  }

  /** As the worker tells, whose clock may be off by a little; `undefined` if it has not answered the call. */
  #timesOf({ id, lane, madeMs }: PendingCall, call: Traced, nowMs: number): Times | undefined {
    if (lane === undefined) return undefined;
    if (!lane.isWorker) return { begunMs: madeMs, endedMs: nowMs, resultBytes: 0 };
    const meter = this.#meterOf(lane as WorkerLane);
    const at = timesOf(id);
    // SYNC publish: pairs with "SYNC publish" in MeteredRunner.#tellTimes. They were there before the reply was.
    if (meter[at + TIME_CALL] !== id + 1) return undefined;
    meter[at + TIME_CALL] = 0;
    const within = (ms: number): number => Math.min(nowMs, Math.max(call.madeMs, ms));
    const origin = performance.timeOrigin;
    return {
      begunMs: within(meter[at + TIME_BEGUN]! - origin),
      endedMs: within(meter[at + TIME_ENDED]! - origin),
      resultBytes: meter[at + TIME_BYTES]!,
    };
  }

  #meterOf(lane: WorkerLane): Float64Array {
    let meter = this.#meters.get(lane);
    if (meter === undefined) this.#meters.set(lane, meter = lane.meter);
    return meter;
  }

  /** The first row of the lane in which nothing else was going on then. */
  #rowFor({ lane }: PendingCall, begunMs: number, endedMs: number): number {
    const key = lane!.isWorker ? (lane as WorkerLane).worker : "inline";
    let rows = this.#rows.get(key);
    if (rows === undefined) this.#rows.set(key, rows = []);
    let row = rows.find(({ untilMs }) => untilMs <= begunMs);
    if (row === undefined) {
      rows.push(row = { id: ++this.#rowCount, untilMs: 0 });
      const lane = key === "inline" ? "main thread" : `worker ${key}`;
      const name = rows.length === 1 ? lane : `${lane} (${rows.length})`;
      this.#add({ ph: "M", name: "thread_name", tid: row.id, args: { name } });
    }
    row.untilMs = endedMs;
    return row.id;
  }

  #ts(ms: number): number {
    return micros(ms - this.#startMs);
  }

  #add(event: object): void {
    if (this.#closed) return;
    this.#text += (this.#isFirst ? "[\n" : ",\n") + JSON.stringify({ pid: PROCESS, ...event });
    this.#isFirst = false;
    if (this.#text.length >= WRITE_CHARS) this.#write();
    this.#cancelWrite ??= later(WRITE_MS, () => this.#write());
  }

  #write(): void {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    this.#file.write(this.#text);
    this.#text = "";
  }

  /** Nothing is traced any more. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#write();
    this.#file.close();
  }
}

/**
 * Begins a trace.
 *
 * @throws {Error} if the file cannot be written
 */
export function openTrace(path: string, names: readonly string[]): Trace {
  return new Trace(path, names);
}

/** Microseconds, to the nanosecond. */
function micros(ms: number): number {
  return Math.round(ms * 1e6) / 1e3;
}
