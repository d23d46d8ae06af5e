/**
 * Counts what a call costs in operations, which do not depend on how busy the machine is, and prints
 * one JSON text for each kind of call. Run by `deno task operations`.
 *
 * @module
 */

import process from "node:process";
import type { Memory } from "../../src/codec/memory.ts";
import type { Pool } from "../../src/pool/pool.ts";
import { type AtomicOps, atomics } from "../../src/transport/atomic.ts";
import { type CountedTask, oneThreadPool, stopClock } from "./one_thread_pool.ts";
import { ASCII, objects, text, UNICODE } from "./payloads.ts";

/** What was done for one call, on average, by host and worker together. */
export interface Operations {
  /** Words read, looks in vain included; written; changed by compare-and-swap. */
  readonly loads: number;
  readonly stores: number;
  readonly swaps: number;
  /** Times that a sleeping side was woken, and that a side went to sleep. */
  readonly notifies: number;
  readonly sleeps: number;
  /** Bytes of payloads written to and read from the lane, without those in slots. */
  readonly bytes: number;
  /** Bytes of the heap for one of many calls, where the engine says; rounded, because it is an average. */
  readonly heapBytes: number | null;
}

/** One line of the result. */
export interface OperationsMessage {
  readonly kind: "operations";
  readonly cell: string;
  readonly operations: Operations;
}

/** Engines have then compiled what calls run. */
const WARM_UP_BURSTS = 400;
const WARM_UP_CALLS = 20_000;
/** A multiple of the failures after which a side looks at full length once (patience.ts). */
const BURSTS = 320;

const TASKS: readonly CountedTask[] = [
  { name: "echo", f: (value) => value },
  { name: "later", f: (value) => Promise.resolve(value) },
  {
    name: "fail",
    f() {
      const error = new RangeError("no");
      error.stack = "RangeError: no\n    at fail"; // as it is, it depends on where the project lies
      throw error;
    },
  },
  { name: "abortable", f: (value) => value, abortable: true },
];

interface Cell {
  readonly name: string;
  readonly task: string;
  readonly value: unknown;
  readonly batch: number;
}

const [small] = objects.payloads;

const CELLS: readonly Cell[] = [
  ...[1, 10, 100, 1000].map((batch) => ({ name: "number", task: "echo", value: 4.2, batch })),
  { name: "string 16 B", task: "echo", value: text(ASCII, 16), batch: 100 },
  { name: "string 4 KiB", task: "echo", value: text(ASCII, 4096), batch: 100 },
  { name: "unicode 4 KiB", task: "echo", value: text(UNICODE, 4096), batch: 100 },
  { name: "bytes 4 KiB", task: "echo", value: new Uint8Array(4096), batch: 100 },
  { name: "object", task: "echo", value: small!.value, batch: 100 },
  { name: "promise", task: "later", value: 4.2, batch: 100 },
  { name: "error", task: "fail", value: undefined, batch: 100 },
  { name: "abort-aware", task: "abortable", value: 4.2, batch: 100 },
];

/** Of less, what the engine does besides, such as compiling, is too large a part. */
const LEAST_HEAP_BATCH = 100;

type Count = Exclude<keyof Operations, "heapBytes">;
const counts: Record<Count, number> = {
  loads: 0,
  stores: 0,
  swaps: 0,
  notifies: 0,
  sleeps: 0,
  bytes: 0,
};

const counting: AtomicOps = {
  load(words, index) {
    counts.loads++;
    return atomics.load(words, index);
  },
  store(words, index, value) {
    counts.stores++;
    return atomics.store(words, index, value);
  },
  compareExchange(words, index, expected, value) {
    counts.swaps++;
    return atomics.compareExchange(words, index, expected, value);
  },
  notify(words, index, count) {
    counts.notifies++;
    return atomics.notify(words, index, count);
  },
  waitAsync(words, index, value, timeoutMs) {
    counts.sleeps++;
    return atomics.waitAsync(words, index, value, timeoutMs);
  },
};

/** Counts bytes that go through the lane's raw access. */
function countBytes({ raw }: Memory): void {
  const { tryWriteOneByte, writeTwoByte, readOneByte, readTwoByte, copyIn, copyOut } = raw;
  raw.tryWriteOneByte = function (text, at, length) {
    counts.bytes += length;
    return tryWriteOneByte.call(this, text, at, length);
  };
  raw.writeTwoByte = function (text, at) {
    counts.bytes += 2 * text.length;
    return writeTwoByte.call(this, text, at);
  };
  raw.readOneByte = function (at, length) {
    counts.bytes += length;
    return readOneByte.call(this, at, length);
  };
  raw.readTwoByte = function (at, length) {
    counts.bytes += length;
    return readTwoByte.call(this, at, length);
  };
  raw.copyIn = function (source, at, length) {
    counts.bytes += length;
    copyIn.call(this, source, at, length);
  };
  raw.copyOut = function (at, length) {
    counts.bytes += length;
    return copyOut.call(this, at, length);
  };
}

/** `undefined` where the engine does not count what it allocates. */
function heapUsed(): number | undefined {
  return "Bun" in globalThis ? undefined : process.memoryUsage().heapUsed;
}

async function burst(pool: Pool, { task, value, batch }: Cell): Promise<void> {
  const index = TASKS.findIndex(({ name }) => name === task);
  const calls: Promise<unknown>[] = [];
  for (let i = 0; i < batch; i++) calls.push(pool.call(index, value));
  await Promise.allSettled(calls);
}

async function bursts(pool: Pool, cell: Cell, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await burst(pool, cell);
}

async function measure(pool: Pool, cell: Cell): Promise<Operations> {
  await bursts(pool, cell, Math.max(WARM_UP_BURSTS, WARM_UP_CALLS / cell.batch));
  for (const key of Object.keys(counts) as Count[]) counts[key] = 0;
  await bursts(pool, cell, BURSTS);
  const perCall = (count: number): number =>
    Math.round((count / BURSTS / cell.batch) * 1000) / 1000;
  const { loads, stores, swaps, notifies, sleeps, bytes } = counts;
  return {
    loads: perCall(loads),
    stores: perCall(stores),
    swaps: perCall(swaps),
    notifies: perCall(notifies),
    sleeps: perCall(sleeps),
    bytes: perCall(bytes),
    heapBytes: cell.batch < LEAST_HEAP_BATCH ? null : await heapPerCall(pool, cell),
  };
}

/** The least of some tries: a collection in between makes a try useless. */
async function heapPerCall(pool: Pool, cell: Cell): Promise<number | null> {
  let least = Infinity;
  for (let tries = 0; tries < 8; tries++) {
    (globalThis as { gc?: () => void }).gc?.();
    const before = heapUsed();
    if (before === undefined) return null;
    const count = Math.ceil(1000 / cell.batch);
    await bursts(pool, cell, count);
    const used = (heapUsed()! - before) / count / cell.batch;
    if (used > 0) least = Math.min(least, used);
  }
  return Math.round(least);
}

stopClock();
const keepAlive = setInterval(() => {}, 1_000); // both sides sleep in the same thread
const pool = oneThreadPool(TASKS, counting, countBytes);
for (const cell of CELLS) {
  const operations = await measure(pool, cell);
  const message: OperationsMessage = {
    kind: "operations",
    cell: `${cell.name} x${cell.batch}`,
    operations,
  };
  console.log(JSON.stringify(message));
}
clearInterval(keepAlive);
await pool.shutdown(0);
