// One worker's loop on the thread of the test, with a clock that only the test moves.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { noAttachments } from "../../src/codec/attachments.ts";
import { Encoder } from "../../src/codec/encoder.ts";
import { Memory } from "../../src/codec/memory.ts";
import { packHead } from "../../src/codec/tags.ts";
import { type AtomicOps, atomics } from "../../src/transport/atomic.ts";
import { ChannelProducer } from "../../src/transport/channel.ts";
import { ITEMS, ring, ROOM } from "../../src/transport/doorbell.ts";
import { BELL, laneLayout, PACE, STOP } from "../../src/transport/layout.ts";
import { startRing } from "../../src/transport/ring.ts";
import { createLoop } from "../../src/worker/boot.ts";
import { withClock } from "../support/clock.ts";

const SIZES = { slotCount: 64, regionBytes: 1 << 22, signalCount: 0 };
/** What it takes to wake the host. */
const NOTIFY_MS = 0.02;
/** How far the clock goes at each look for calls. */
const LOOK_MS = 0.001;

interface Served {
  /** Nanoseconds that the worker says a call takes. */
  readonly paceNs: number;
  /** How long it looked for more calls, by the clock. */
  readonly lookedMs: number;
}

/** Serves a call whose task takes so long, until the worker sleeps. */
async function serve(
  { taskMs, result, hostSleeps = false, spinMicroseconds = 50 }: {
    readonly taskMs: number;
    readonly result?: unknown;
    readonly hostSleeps?: boolean;
    readonly spinMicroseconds?: number;
  },
): Promise<Served> {
  const { call: callLayout, reply, totalBytes } = laneLayout(SIZES);
  const buffer = new SharedArrayBuffer(totalBytes);
  const host = new Memory(buffer);
  const worker = new Memory(buffer);
  startRing(host.words, callLayout);
  startRing(host.words, reply);
  const hostBell = { words: new Int32Array(new SharedArrayBuffer(4)), index: 0 };
  if (hostSleeps) hostBell.words[0] = ITEMS;

  const sender = new ChannelProducer(
    host.words,
    callLayout,
    { words: host.words, index: BELL },
    atomics,
  );
  const encoder = new Encoder(host, sender, noAttachments, Infinity);
  assert.equal(encoder.send(0, packHead(0, 0, 0), undefined), true);
  sender.publish();

  let served: Served | undefined;
  const alive = setInterval(() => {}, 1e6); // Deno ends a test that only waits for a bell
  await withClock(async (clock) => {
    let answeredAt = 0;
    const atomic: AtomicOps = {
      load(words, index) {
        if (words === worker.words && index === callLayout.publishedWord) clock.ms += LOOK_MS;
        return atomics.load(words, index);
      },
      store(words, index, value) {
        if (words === worker.words && index === reply.publishedWord) answeredAt = clock.ms;
        return atomics.store(words, index, value);
      },
      compareExchange: (words, index, expected, value) =>
        atomics.compareExchange(words, index, expected, value),
      notify(words, index, count) {
        clock.ms += NOTIFY_MS;
        return atomics.notify(words, index, count);
      },
      waitAsync: (words, index, value, ms) => atomics.waitAsync(words, index, value, ms),
    };
    const loop = createLoop(
      { link: { memory: worker, attachments: noAttachments, atomic }, bell: hostBell },
      {
        sizes: SIZES,
        maxPayloadBytes: Infinity,
        tasks: [{ name: "work", abortable: false, streams: false, timed: false }] as never,
        timers: { spinMicroseconds, parkMs: Infinity, pauseNanoseconds: 0 },
        measuresHeap: false,
        traces: false,
        carries: [],
      },
      new ChannelProducer(worker.words, reply, hostBell, atomic),
      [() => {
        clock.ms += taskMs;
        return result;
      }],
      undefined,
    );
    const ended = loop.run(); // up to its sleep
    served = { paceNs: atomics.load(host.words, PACE), lookedMs: clock.ms - answeredAt };
    atomics.store(host.words, STOP, 1);
    ring(host.words, BELL, ITEMS | ROOM, atomics);
    await ended;
  }).finally(() => clearInterval(alive));
  return served!;
}

describe("the pace that a worker tells", () => {
  it("is what a call takes", async () => {
    const { paceNs } = await serve({ taskMs: 0.04 });
    assert.ok(paceNs >= 40_000 && paceNs < 45_000, `${paceNs} ns`);
  });

  it("is about the same if the host had to be woken", async () => {
    const { paceNs } = await serve({ taskMs: 0.04, hostSleeps: true });
    assert.ok(paceNs >= 40_000 && paceNs < 50_000, `${paceNs} ns`);
    assert.ok((await serve({ taskMs: 1, hostSleeps: true })).paceNs >= 1_000_000);
  });

  it("is not that of fast tasks because waking took most of the time", async () => {
    const { paceNs } = await serve({ taskMs: 0, hostSleeps: true });
    assert.ok(paceNs >= 5_000 && paceNs < 10_000, `${paceNs} ns`);
  });
});

describe("a worker that has answered", () => {
  /** Looks that read no clock come first. */
  const free = 0.1;

  it("looks for calls for as long as it is told to", async () => {
    const { lookedMs } = await serve({ taskMs: 0.01 });
    assert.ok(lookedMs >= free + 0.05 && lookedMs < free + 0.12, `${lookedMs} ms`);
  });

  it("looks longer if the host has to copy much first", async () => {
    const { lookedMs } = await serve({ taskMs: 0.01, result: new Uint8Array(1 << 20) });
    assert.ok(lookedMs >= free + 0.15 && lookedMs < free + 0.22, `${lookedMs} ms`);
  });

  it("hardly looks if it is told not to, however large the result was", async () => {
    const result = new Uint8Array(1 << 20);
    const { lookedMs } = await serve({ taskMs: 0.01, result, spinMicroseconds: 0 });
    assert.ok(lookedMs <= free + 0.02, `${lookedMs} ms`);
  });
});
