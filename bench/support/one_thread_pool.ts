/**
 * A pool whose worker runs in the thread of its host, by a clock that does not follow the time: all
 * that the library does between a call and its result happens in the same order each time, so that it
 * can be counted.
 *
 * @module
 */

import { noAttachments } from "../../src/codec/attachments.ts";
import type { LaneLink } from "../../src/codec/link.ts";
import { Memory } from "../../src/codec/memory.ts";
import { Pool } from "../../src/pool/pool.ts";
import { workerEntry } from "../../src/pool/worker_entry.ts";
import type { WorkerKind } from "../../src/pool/worker_kind.ts";
import type { ThreadEvents } from "../../src/runtime/runtime.ts";
import type { AtomicOps } from "../../src/transport/atomic.ts";
import { ChannelProducer } from "../../src/transport/channel.ts";
import { Doorbell } from "../../src/transport/doorbell.ts";
import { HOST_BELL, HOST_WORDS, laneLayout, type LaneSizes } from "../../src/transport/layout.ts";
import { createLoop } from "../../src/worker/boot.ts";

/** Each look at the clock takes so long; calls are fast by it. */
const TICK_MS = 0.002;
const MAX_PAYLOAD_BYTES = 8 << 20;

/** A function as a task of the pool. */
export interface CountedTask {
  readonly name: string;
  // deno-lint-ignore no-explicit-any
  readonly f: (argument: any) => unknown;
  readonly abortable?: boolean;
}

/** Lets `performance.now` follow nothing but how often it is asked. */
export function stopClock(): void {
  let now = performance.now();
  performance.now = () => now += TICK_MS;
}

/**
 * @param atomic the operations of both sides
 * @param made told of the memory of the lane, once
 */
export function oneThreadPool(
  tasks: readonly CountedTask[],
  atomic: AtomicOps,
  made: (memory: Memory) => void,
): Pool {
  const addresses = tasks.map(({ name, abortable = false }) => ({
    name,
    abortable,
    module: import.meta.url,
    functionName: name,
    lineage: undefined,
    fingerprint: 0,
    position: "",
    at: undefined,
    streams: false,
    timed: false,
  }));
  return new Pool({
    tasks: addresses,
    rules: tasks.map(() => ({ limit: undefined, retry: undefined, imported: false })),
    threads: 1,
    elastic: undefined,
    recycle: undefined,
    inline: undefined,
    strategy: "adaptive",
    hardTimeoutMs: Infinity,
    onHardTimeout: "shutdown",
    abortSignalCapacity: 258,
    maxQueue: Infinity,
    highWaterMark: Infinity,
    priorityAgeingMs: 1000,
    regionBytes: 64 << 20,
    usualBytes: 64 << 20,
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    resolveAfterFinishingAll: false,
    bellPerWorker: false,
    dispatcher: { stallFreeLoops: 128, maxBackoffMs: Infinity },
    lendsReferences: false,
    measuring: undefined,
    entry: workerEntry(),
    selfStart: false,
    timers: { spinMicroseconds: 50, parkMs: Infinity, pauseNanoseconds: 0 },
    bootstrap: undefined,
    console: true,
    restrictions: { nodeAddons: undefined, hideReport: false, dropLibraries: [] },
    log: undefined,
    kind: ({ sizes }) => oneThreadKind(tasks, sizes, atomic, made),
  });
}

function oneThreadKind(
  tasks: readonly CountedTask[],
  sizes: LaneSizes,
  atomic: AtomicOps,
  made: (memory: Memory) => void,
): WorkerKind {
  const layout = laneLayout(sizes);
  const memory = new Memory(new SharedArrayBuffer(layout.totalBytes));
  const words = new Int32Array(new SharedArrayBuffer(HOST_WORDS * 4));
  const link: LaneLink = { memory, attachments: { ...noAttachments, sameProcess: true }, atomic };
  made(memory);

  function start(events: ThreadEvents): { terminate(): void } {
    const bell = { words, index: HOST_BELL };
    const replies = new ChannelProducer(memory.words, layout.reply, bell, atomic);
    const boot = {
      sizes,
      maxPayloadBytes: MAX_PAYLOAD_BYTES,
      timers: { spinMicroseconds: 50, parkMs: Infinity, pauseNanoseconds: 0 },
      tasks: tasks.map(({ abortable = false }) => ({
        abortable,
        streams: false,
        timed: false,
      })) as never,
      measuresHeap: false,
      traces: false,
      carries: [],
    };
    const loop = createLoop({ link, bell }, boot, replies, tasks.map(({ f }) => f), undefined);
    queueMicrotask(() => {
      events.message({ kind: "ready", failures: [] });
      void loop.run().then(() => events.exit(0));
    });
    return { terminate: () => {} };
  }
  return {
    bellPerWorker: false,
    open: () => ({
      ...link,
      bell: new Doorbell(words, HOST_BELL, atomic),
      speaksInLane: false,
      startGraceMs: 0,
      startupHint: "",
      start,
      found() {},
      close() {},
    }),
  };
}
