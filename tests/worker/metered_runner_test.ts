// What a worker says of fast calls, one go after the other: by a clock that the test sets.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { noAttachments } from "../../src/codec/attachments.ts";
import { Decoder } from "../../src/codec/decoder.ts";
import { Encoder } from "../../src/codec/encoder.ts";
import { Memory } from "../../src/codec/memory.ts";
import { packHead } from "../../src/codec/tags.ts";
import { atomics } from "../../src/transport/atomic.ts";
import { ChannelConsumer, ChannelProducer } from "../../src/transport/channel.ts";
import { type Timing, timingOf } from "../../src/transport/histogram.ts";
import { BELL, HOST_BELL, HOST_WORDS, laneLayout } from "../../src/transport/layout.ts";
import { BUSY_MS, histogramOf, SINCE } from "../../src/transport/meter_layout.ts";
import { startRing } from "../../src/transport/ring.ts";
import { CallSignals } from "../../src/worker/call_signals.ts";
import { meteredRunner, SAMPLE, SAMPLE_CALLS } from "../../src/worker/metered_runner.ts";
import { type Clock, withClock } from "../support/clock.ts";

const US = 1e-3;
const sizes = { slotCount: 256, regionBytes: 4096, signalCount: 0, measuredTasks: 2 };

interface Open {
  readonly clock: Clock;
  /** Task 0 takes so long, in milliseconds, and returns what it is given, or a promise of it. Task 1 always does that. */
  takes: number;
  promises: boolean;
  /** Fast calls come in one go: `count` of a task, or those of several tasks in this order. */
  go(count: number, ...tasks: number[]): void;
  /** The worker looks for calls in vain for so many milliseconds, and reads the clock. */
  lookInVain(ms: number): void;
  /** The event loop has its turn. */
  rest(): void;
  timing(task?: number): Timing;
  busyMs(): number;
  isBusy(): boolean;
  /** Times that the worker has looked at the clock since it was last asked this. */
  looks(): number;
}

function open(body: (open: Open) => void | Promise<void>): Promise<void> {
  const layout = laneLayout(sizes);
  const memory = new Memory(new SharedArrayBuffer(layout.totalBytes));
  const { words } = memory;
  startRing(words, layout.call);
  startRing(words, layout.reply);
  const hostBell = {
    words: new Int32Array(new SharedArrayBuffer(HOST_WORDS * 4)),
    index: HOST_BELL,
  };
  const workerBell = { words, index: BELL };
  const calls = new ChannelProducer(words, layout.call, workerBell, atomics);
  const writer = new Encoder(memory, calls, noAttachments, Infinity);
  const { ring } = new ChannelConsumer(words, layout.call, hostBell, atomics);
  const replies = new ChannelProducer(words, layout.reply, hostBell, atomics);
  const answers = new ChannelConsumer(words, layout.reply, workerBell, atomics).ring;
  return withClock((clock) => {
    clock.ms = 1000;
    const run = (argument: unknown): unknown => {
      clock.ms += harness.takes;
      return argument;
    };
    const later = (argument: unknown) => Promise.resolve(run(argument));
    const task = { isSpecial: false, abortable: false, streams: false, timed: false };
    const tasks = [
      {
        ...task,
        name: "at once",
        f: (argument: unknown) => harness.promises ? later(argument) : run(argument),
      },
      { ...task, name: "later", f: later },
    ];
    const runner = meteredRunner(
      [memory, replies, noAttachments, Infinity],
      (encoder) => {
        const signals = new CallSignals(words, layout.signalsWord, 0, atomics);
        const decoder = new Decoder(memory, noAttachments);
        return [tasks, signals, words, decoder, encoder, replies, undefined];
      },
      { sizes, traces: false, measuresHeap: false },
      atomics,
    );
    runner.fast = true; // the loop says so
    const values = new Float64Array(memory.buffer, layout.meterByte);
    const harness: Open = {
      clock,
      takes: 1 * US,
      promises: false,
      go(count, ...order) {
        for (let i = 0; i < count; i++) {
          const task = order[i % order.length] ?? 0;
          assert.ok(writer.send(i, packHead(task, 0, 0), 1));
        }
        calls.publish();
        for (let left = ring.available(); left > 0; left--) runner.run(ring);
        runner.flush();
        for (let left = answers.available(); left > 0; left--) {
          answers.slot();
          answers.advance();
        }
        answers.release();
      },
      lookInVain(ms) {
        const beganMs = clock.ms;
        clock.ms += ms;
        runner.looks = { beganMs, lookedMs: clock.ms };
      },
      rest() {
        runner.rests();
        clock.ms += 7;
        runner.rested = true;
      },
      timing: (task = 0) => timingOf(values, histogramOf(task)),
      busyMs: () => values[BUSY_MS]!,
      isBusy: () => values[SINCE] !== 0,
      looks() {
        const { reads } = clock;
        clock.reads = 0;
        return reads;
      },
    };
    return body(harness);
  });
}

function isAbout(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 0.04 * expected, `${actual}, not about ${expected}`);
}

describe("fast calls of a worker that measures", () => {
  it("are timed in one go of so many, which stands for the others", () =>
    open(({ go, looks, timing, busyMs, isBusy }) => {
      go(3);
      assert.equal(looks(), 2);
      for (let goes = 1; goes < SAMPLE; goes++) go(3);
      assert.equal(looks(), 0);
      assert.equal(timing().count, 3, "nobody has looked since");
      go(3);
      assert.equal(looks(), 2);
      assert.equal(timing().count, 3 * (SAMPLE + 1));
      isAbout(timing().p50Ms, 1 * US);
      isAbout(timing().totalMs, 3 * (SAMPLE + 1) * US);
      isAbout(timing().maxMs, 1 * US);
      isAbout(busyMs(), 3 * (SAMPLE + 1) * US);
      assert.equal(isBusy(), false);
    }));

  it("are timed sooner if there are many in a go", () =>
    open(({ go, looks, timing }) => {
      go(50);
      looks();
      const goes = Math.ceil(SAMPLE_CALLS / 50);
      for (let i = 0; i < goes; i++) go(50);
      assert.equal(looks(), 0);
      go(50);
      assert.equal(looks(), 2);
      assert.equal(timing().count, 50 * (goes + 2));
    }));

  it("are recorded when the worker has looked for more in vain, without a look at the clock for them", () =>
    open(({ go, lookInVain, looks, timing, busyMs }) => {
      go(10);
      for (let goes = 0; goes < 3; goes++) go(10);
      looks();
      lookInVain(3);
      go(10);
      assert.equal(timing().count, 40);
      lookInVain(4);
      go(10);
      assert.equal(timing().count, 50);
      assert.equal(looks(), 0);
      isAbout(timing().maxMs, 1 * US);
      isAbout(busyMs(), 50 * US);
    }));

  it("are recorded before the thread is left to others", () =>
    open(({ go, lookInVain, looks, rest, timing, busyMs }) => {
      go(10);
      for (const isIdle of [false, true]) {
        for (let goes = 0; goes < 3; goes++) go(10);
        if (isIdle) lookInVain(2);
        looks();
        const { count } = timing();
        rest();
        assert.equal(timing().count, count + 30);
        assert.equal(looks(), isIdle ? 0 : 1);
        rest();
        assert.equal(looks(), 0);
        go(10);
      }
      assert.equal(timing().count, 90);
      isAbout(timing().maxMs, 1 * US);
      isAbout(busyMs(), 90 * US);
    }));

  it("are always timed after a turn of the event loop", () =>
    open((harness) => {
      const { go, rest, looks } = harness;
      go(1);
      go(1);
      looks();
      rest();
      looks();
      go(1);
      assert.equal(looks(), 2);
      go(1);
      assert.equal(looks(), 0);
    }));

  it("share what they took, however many come in one go", () =>
    open(({ go, looks, rest, timing }) => {
      go(200);
      rest();
      assert.equal(timing().count, 200);
      isAbout(timing().totalMs, 200 * US);
      assert.equal(looks(), 2);
    }));

  it("have kept their worker busy also if one after them, in a go that is not timed, returns a promise", () =>
    open(async (harness) => {
      const { go, timing, busyMs, isBusy } = harness;
      go(10);
      go(10);
      const before = busyMs();
      harness.takes = 5;
      go(1);
      harness.takes = 1 * US;
      harness.promises = true;
      go(1); // nobody has looked at the clock before this begins
      assert.ok(isBusy());
      isAbout(busyMs() - before, 5.01);
      assert.equal(timing().count, 21);
      isAbout(timing().maxMs, 5);
      await undefined;
    }));

  it("do not hide one that takes long: in a go that is timed, and in one that is not", () =>
    open((harness) => {
      const { go, timing, rest } = harness;
      go(10);
      for (const isTimed of [true, false]) {
        for (let goes = 0; goes < 3; goes++) go(10);
        if (isTimed) rest();
        harness.takes = 5;
        go(1);
        harness.takes = 1 * US;
        for (let goes = 0; goes < 3; goes++) go(10);
        rest();
      }
      assert.equal(timing().count, 132);
      isAbout(timing().maxMs, 5);
      isAbout(timing().totalMs, 10.13);
      isAbout(timing().p50Ms, 1 * US);
    }));

  it("do not hide it if the worker was idle before and after, and that is no part of it", () =>
    open((harness) => {
      const { go, timing, lookInVain, busyMs } = harness;
      go(1);
      lookInVain(10);
      for (let goes = 0; goes < 3; goes++) {
        harness.takes = goes === 1 ? 5 : 1 * US;
        go(1);
        lookInVain(20);
      }
      harness.takes = 1 * US;
      go(1);
      assert.equal(timing().count, 4);
      isAbout(timing().maxMs, 5);
      isAbout(busyMs(), 5);
    }));

  it("are told apart from one among them that takes long", () =>
    open((harness) => {
      const { go, rest, timing } = harness;
      for (let goes = 0; goes < 20; goes++) go(10);
      rest();
      let calls = 0;
      Object.defineProperty(harness, "takes", { get: () => calls++ === 3 ? 2 : 1 * US });
      go(10);
      assert.equal(timing().count, 210);
      isAbout(timing().maxMs, 2);
      isAbout(timing().p99Ms, 1 * US);
    }));

  it("are so, if there are many and none of them is very fast", () =>
    open((harness) => {
      const { go, rest, timing } = harness;
      harness.takes = 4 * US;
      for (let goes = 0; goes < 20; goes++) go(10);
      rest();
      let calls = 0;
      Object.defineProperty(harness, "takes", { get: () => calls++ === 3 ? 1 : 4 * US });
      go(50);
      assert.equal(timing().count, 250);
      isAbout(timing().maxMs, 1);
      isAbout(timing().p99Ms, 4 * US);
    }));

  it("are each counted for their own task", () =>
    open(async ({ go, timing, isBusy }) => {
      go(6, 0, 0, 1);
      assert.equal(isBusy(), true, "two wait for their promises");
      assert.equal(timing(0).count, 4);
      assert.equal(timing(1).count, 0);
      for (let turn = 0; turn < 5; turn++) await undefined;
      go(0);
      assert.equal(timing(1).count, 2);
      assert.equal(isBusy(), false);
    }));

  it("are each counted for their own task in goes that are not timed", () =>
    open(async (harness) => {
      const { go, timing, rest } = harness;
      go(1, 0);
      go(1, 1);
      for (let turn = 0; turn < 5; turn++) await undefined;
      go(0);
      for (let goes = 0; goes < 3; goes++) go(1, 0);
      go(2, 0, 1);
      go(3, 1, 0, 1);
      for (let turn = 0; turn < 5; turn++) await undefined;
      go(0);
      go(1, 0);
      rest();
      assert.deepEqual([timing(0).count, timing(1).count], [7, 4]);
    }));

  it("do not get the time in which promises have kept the worker busy", () =>
    open(async ({ go, rest, clock, timing, busyMs }) => {
      go(1);
      for (const isSentBefore of [false, true]) {
        go(1);
        go(1, 1);
        clock.ms += 5;
        for (let turn = 0; turn < 5; turn++) await undefined;
        if (isSentBefore) go(0);
        for (let goes = 0; goes < 3; goes++) go(1);
        rest();
        go(1);
      }
      assert.deepEqual([timing(0).count, timing(1).count], [11, 2]);
      isAbout(timing(0).maxMs, 1 * US);
      isAbout(timing(1).maxMs, 5);
      isAbout(busyMs(), 10);
    }));

  it("are timed if they return promises, also in a go that is not", () =>
    open(async ({ go, clock, timing, isBusy }) => {
      for (let goes = 0; goes < 3; goes++) go(1);
      go(1, 1); // the first of its task
      for (let turn = 0; turn < 5; turn++) await undefined;
      go(0);
      go(1);
      go(4, 0, 0, 1);
      assert.equal(isBusy(), true);
      clock.ms += 3;
      for (let turn = 0; turn < 5; turn++) await undefined;
      go(0);
      assert.equal(timing(1).count, 2);
      isAbout(timing(1).maxMs, 3);
    }));
});
