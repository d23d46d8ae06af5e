// How often a host that measures looks at the clock, and what it makes of it: by one that the test sets.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Flag, packHead } from "../../src/codec/tags.ts";
import {
  COMPLETED,
  FAILED,
  type LaneRecord,
  Meter,
  OUTCOMES,
  SAMPLE,
} from "../../src/pool/meter.ts";
import { type CallHolder, type PendingCall, PendingCalls } from "../../src/pool/pending_calls.ts";
import { timingOf } from "../../src/transport/histogram.ts";
import { type Clock, withClock } from "../support/clock.ts";

const US = 1e-3;
const REJECTED = packHead(0, Flag.Rejected, 0);

interface Open {
  readonly meter: Meter;
  readonly clock: Clock;
  /** What the first lane has on record, which answers all calls unless said otherwise; it is recorded first. */
  readonly record: LaneRecord;
  readonly lanes: readonly CallHolder[];
  /** A call is made, and not answered. */
  make(task?: number, lane?: number): PendingCall;
  /** It ends: with a reply, or early. */
  end(call: PendingCall, head: number | undefined): void;
  /** Calls of a task are made in one go, and answered after they have waited for so long. */
  go(count: number, waitMs: number, task?: number, head?: number): void;
  /** Since when the host looks for answers in vain. */
  lateSinceMs: number;
  /** Answers of which the meter was not told. */
  untold: number;
  /** What is aborted while the next answers are taken. */
  endEarly: PendingCall | undefined;
  /** Times that it has looked at the clock since it was last asked this. */
  looks(): number;
}

function open(body: (open: Open) => void): Promise<void> {
  return withClock((clock) => {
    clock.ms = 1000;
    const meter = new Meter(2);
    const lanes = [0, 1].map((worker) => ({ isWorker: true, worker }) as unknown as CallHolder);
    const calls = new PendingCalls(2, 1);
    meter.calls = calls;
    const host: Open = {
      meter,
      clock,
      get record() {
        meter.flush();
        return meter.ofWorker(0);
      },
      lateSinceMs: Infinity,
      untold: 0,
      endEarly: undefined,
      lanes,
      make(task = 0, lane = 0) {
        const call = calls.claim(task);
        call.lane = lanes[lane];
        if (task === meter.unstampedTask) call.isTimed = false;
        else meter.stamp(call);
        return call;
      },
      end(call, head) {
        if (head === undefined) meter.endedEarly(call, "aborted");
        else if (meter.isBlind && !call.isTimed && head === 0) host.untold++;
        else meter.answered(call, head);
        calls.settle(call);
        calls.release(call);
      },
      go(count, waitMs, task = 0, head = 0) {
        const made = Array.from({ length: count }, () => host.make(task));
        meter.tick();
        clock.ms += waitMs;
        meter.takes(lanes[0]!, host.lateSinceMs);
        for (const call of made) host.end(call, head);
        if (host.endEarly !== undefined) host.end(host.endEarly, undefined);
        host.endEarly = undefined;
        meter.taken(count);
      },
      looks() {
        const { reads } = clock;
        clock.reads = 0;
        return reads;
      },
    };
    body(host);
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
      const goes = Math.ceil(SAMPLE / 10) - 1; // after the first one
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
      host.lateSinceMs = host.clock.ms;
      host.go(1, 7);
      host.lateSinceMs = Infinity;
      assert.equal(host.looks(), 1);
      isAbout(timingOf(host.record.waitsOf(0)).maxMs, 7);
      host.go(1, 5 * US);
      assert.equal(host.looks(), 2, "they may not be fast any more");
    }));

  it("counts what the main thread runs, also if it was not timed", () =>
    open((host) => {
      host.go(1, 5 * US);
      for (const isTimed of [false, true]) {
        if (isTimed) host.meter.watch();
        const call = host.make();
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

  it("is not told of fast calls while there are no others, and counts them", () =>
    open((host) => {
      host.go(10, 5 * US);
      host.go(10, 5 * US);
      host.untold = 0;
      for (let goes = 0; goes < 5; goes++) host.go(10, 5 * US);
      assert.equal(host.untold, 50);
      host.go(4, 5 * US, 0, REJECTED);
      assert.equal(host.untold, 50, "it is told of each that fails");
      host.go(10, 5 * US);
      assert.equal(host.untold, 60);
      const other = host.make(1);
      host.go(10, 5 * US);
      assert.equal(host.untold, 60, "one of another task is open");
      host.meter.endedEarly(other, "aborted");
      assert.deepEqual([...host.record.counts.slice(0, 3)], [90, 4, 0]);
      assert.equal(host.record.counts[OUTCOMES.length + OUTCOMES.indexOf("aborted")], 1);
      assert.equal(timingOf(host.record.waitsOf(0)).count, 94);
    }));

  it("counts no call twice that ends early while answers are taken", () =>
    open((host) => {
      host.go(1, 5 * US);
      host.go(1, 5 * US);
      const { go, meter } = host;
      const [early, open] = [host.make(), host.make()];
      host.endEarly = early;
      go(3, 5 * US);
      assert.deepEqual([...host.record.counts.slice(0, 3)], [5, 0, 1]);
      meter.endedEarly(open, "aborted");
      assert.deepEqual([...host.record.counts.slice(0, 3)], [5, 0, 2]);
    }));

  it("counts each call once, whatever comes in which order", () =>
    open((host) => {
      const { meter, clock, lanes, make, end } = host;
      let seed = 1;
      const below = (limit: number): number => (seed = (seed * 48271) % 0x7fffffff) % limit;
      const seen = lanes.map(() => new Array(2 * OUTCOMES.length).fill(0));
      let calls: PendingCall[] = [];
      const endOne = (call: PendingCall, head: number | undefined): void => {
        const outcome = head === undefined ? "aborted" : head === 0 ? "completed" : "failed";
        const lane = lanes.indexOf(call.lane!);
        seen[lane]![call.task * OUTCOMES.length + OUTCOMES.indexOf(outcome)]++;
        end(call, head);
      };
      for (let round = 0; round < 2000; round++) {
        const task = below(20) === 0 ? 1 : 0;
        for (let count = below(8); count > 0; count--) calls.push(make(task, below(2)));
        meter.tick();
        clock.ms += 5 * US;
        for (const lane of lanes) {
          if (below(3) === 0) continue; // it has answered nothing
          const isLate = below(50) === 0;
          if (isLate) meter.watch();
          meter.takes(lane, isLate ? clock.ms - 1 : Infinity);
          const answered = calls.filter((call) => call.lane === lane && below(4) > 0);
          calls = calls.filter((call) => !answered.includes(call));
          for (const call of answered) endOne(call, below(20) === 0 ? REJECTED : 0);
          if (below(20) === 0 && calls.length > 0) endOne(calls.pop()!, undefined);
          meter.taken(answered.length);
        }
        if (below(20) === 0 && calls.length > 0) endOne(calls.pop()!, undefined);
        if (below(20) === 0) meter.flush();
      }
      assert.ok(host.untold > 500, `${host.untold} were not told`);
      meter.flush();
      lanes.forEach((_, lane) => {
        const { counts, waitsOf } = meter.ofWorker(lane);
        assert.deepEqual([...counts], seen[lane]);
        for (const task of [0, 1]) {
          const [completed, failed] = counts.slice(task * OUTCOMES.length);
          const waits = waitsOf.call(meter.ofWorker(lane), task);
          assert.equal(timingOf(waits).count, completed! + failed!);
        }
      });
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
