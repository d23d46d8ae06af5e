// How often a host that measures looks at the clock, and what it makes of it: by one that the test sets.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Flag, packHead } from "../../src/codec/tags.ts";
import { COMPLETED, FAILED, type LaneRecord, Meter, SAMPLE } from "../../src/pool/meter.ts";
import { type CallHolder, PendingCall } from "../../src/pool/pending_calls.ts";
import { timingOf } from "../../src/transport/histogram.ts";
import { type Clock, withClock } from "../support/clock.ts";

const US = 1e-3;
const REJECTED = packHead(0, Flag.Rejected, 0);

interface Open {
  readonly meter: Meter;
  readonly clock: Clock;
  /** What the lane that answers all calls has on record; it is recorded first. */
  readonly record: LaneRecord;
  /** Calls of a task are made in one go, and answered after they have waited for so long. */
  go(count: number, waitMs: number, task?: number, head?: number): void;
  /** Times that it has looked at the clock since it was last asked this. */
  looks(): number;
}

function open(body: (open: Open) => void): Promise<void> {
  return withClock((clock) => {
    clock.ms = 1000;
    const meter = new Meter(2);
    const lane = { isWorker: true, worker: 0 };
    body({
      meter,
      clock,
      get record() {
        meter.flush();
        return meter.ofWorker(0);
      },
      go(count, waitMs, task = 0, head = 0) {
        const calls = Array.from({ length: count }, (_, id) => {
          const call = new PendingCall(id);
          call.task = task;
          call.lane = lane as unknown as CallHolder;
          if (task === meter.blindTask) call.isTimed = false;
          else meter.stamp(call);
          return call;
        });
        meter.tick();
        clock.ms += waitMs;
        for (const call of calls) meter.answered(call, head);
        meter.taken();
      },
      looks() {
        const { reads } = clock;
        clock.reads = 0;
        return reads;
      },
    });
  });
}

function isAbout(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) <= 0.04 * expected, `${actual}, not about ${expected}`);
}

describe("a host that measures", () => {
  it("looks at the clock for one after so many fast calls, and twice for that", () =>
    open((host) => {
      host.go(10, 5 * US);
      host.looks();
      const goes = Math.ceil(SAMPLE / 10);
      for (let i = 0; i < goes; i++) host.go(10, 5 * US);
      assert.equal(host.looks(), 0);
      host.go(10, 5 * US);
      assert.equal(host.looks(), 2);
      for (let i = 1; i < goes; i++) host.go(10, 5 * US); // with those behind the one that was timed
      assert.equal(host.looks(), 0);
      const timing = timingOf(host.record.waitsOf(0));
      assert.equal(timing.count, 10 * (1 + 2 * goes));
      assert.equal(host.record.counts[COMPLETED], timing.count);
      isAbout(timing.p50Ms, 5 * US);
      isAbout(timing.totalMs, timing.count * 5 * US);
    }));

  it("looks at it for each go if calls wait for long, and once in 64 calls at least", () =>
    open((host) => {
      host.go(2, 1);
      host.looks();
      for (let goes = 0; goes < 4; goes++) host.go(2, 1);
      assert.equal(host.looks(), 8);
      host.go(200, 1);
      assert.equal(host.looks(), 4 + 1);
      isAbout(timingOf(host.record.waitsOf(0)).meanMs, 1);
    }));

  it("looks at it for the first call of a task", () =>
    open((host) => {
      host.go(1, 5 * US, 0);
      host.go(1, 5 * US, 0);
      host.looks();
      host.go(1, 5 * US, 1);
      assert.equal(host.looks(), 2);
      assert.equal(timingOf(host.record.waitsOf(1)).count, 1);
    }));

  it("looks at it while answers are late; calls that were not timed have waited since then", () =>
    open((host) => {
      host.go(1, 5 * US);
      host.go(1, 5 * US);
      host.looks();
      host.meter.watch();
      host.go(1, 5 * US);
      assert.equal(host.looks(), 2);
      host.go(1, 5 * US);
      assert.equal(host.looks(), 0, "they are fast again");
      host.meter.takesLate(host.clock.ms);
      host.go(1, 7);
      assert.equal(host.looks(), 1);
      isAbout(timingOf(host.record.waitsOf(0)).maxMs, 7);
      host.go(1, 5 * US);
      assert.equal(host.looks(), 2, "they may not be fast any more");
    }));

  it("counts what the main thread runs, also if it was not timed", () =>
    open((host) => {
      host.go(1, 5 * US);
      for (const isTimed of [false, true]) {
        const call = new PendingCall(0);
        if (isTimed) host.meter.watch();
        host.meter.stamp(call);
        assert.equal(call.isTimed, isTimed);
        host.clock.ms += 3;
        host.meter.begunInline(call);
        host.clock.ms += 2;
        host.meter.endedInline(call, COMPLETED);
      }
      const { inline } = host.meter;
      const [waits, runs] = [timingOf(inline.waitsOf(0)), timingOf(inline.runsOf(0))];
      assert.deepEqual([inline.counts[COMPLETED], waits.count, runs.count], [2, 2, 2]);
      isAbout(waits.maxMs, 3);
      isAbout(runs.meanMs, 2);
    }));

  it("counts alike what is alike, whatever comes in between", () =>
    open((host) => {
      host.go(1, 5 * US, 0);
      host.go(1, 5 * US, 1);
      for (const head of [0, REJECTED, 0, REJECTED, REJECTED]) {
        host.go(3, 5 * US, 0, head);
        host.go(2, 5 * US, 1, head);
      }
      const { counts, waitsOf } = host.record;
      assert.deepEqual([counts[COMPLETED], counts[FAILED]], [1 + 6, 9]);
      assert.equal(timingOf(waitsOf.call(host.record, 0)).count, 16);
      assert.equal(timingOf(waitsOf.call(host.record, 1)).count, 11);
    }));
});
