// Which workers end because they are idle, by a clock that the test moves.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Idleness } from "../../src/pool/idleness.ts";

interface FakeLane {
  readonly name: string;
  ready: boolean;
  inFlight: number;
  given: number;
}

function fakePool(least: number, most: number, timeoutMs: number) {
  const lanes: FakeLane[] = Array.from(
    { length: most },
    (_, i) => ({ name: `lane ${i}`, ready: true, inFlight: 0, given: 0 }),
  );
  const dismissed: string[] = [];
  let now = 0;
  let timer: { at: number; callback: () => void } | undefined;
  const pool = {
    lanes,
    get surplus() {
      return lanes.length - least;
    },
    dismiss(lane: FakeLane) {
      dismissed.push(`${lane.name} at ${now}`);
      lanes.splice(lanes.indexOf(lane), 1);
    },
  };
  const idleness = new Idleness(pool, timeoutMs, (ms, callback) => {
    timer = { at: now + ms, callback };
    return () => timer = undefined;
  });
  const pass = (ms: number, each: () => void = () => {}): void => {
    for (const end = now + ms; now < end;) {
      now++;
      each();
      if (timer === undefined || timer.at > now) continue;
      const { callback } = timer;
      timer = undefined;
      callback();
    }
  };
  return { lanes, dismissed, idleness, pass, isWaiting: () => timer !== undefined };
}

describe("idle workers", () => {
  it("end after the timeout, and before a quarter more, the last first; the least stay", () => {
    const { dismissed, idleness, pass, isWaiting } = fakePool(1, 3, 100);
    idleness.look();
    pass(100);
    assert.deepEqual(dismissed, []);
    pass(25);
    assert.deepEqual(dismissed, ["lane 2 at 125", "lane 1 at 125"]);
    pass(1_000);
    assert.equal(dismissed.length, 2);
    assert.equal(isWaiting(), false, "there is nothing more to look for");
  });

  it("do not end while they have calls, or get some now and then", () => {
    const { lanes, dismissed, idleness, pass } = fakePool(1, 4, 100);
    lanes[0]!.inFlight = 2;
    lanes[1]!.inFlight = 1;
    const often = lanes[2]!;
    idleness.look();
    pass(400, () => often.given++);
    assert.deepEqual(dismissed, ["lane 3 at 125"]);
  });

  it("that have a call at the very end start anew", () => {
    const { lanes, dismissed, idleness, pass } = fakePool(1, 2, 100);
    lanes[0]!.inFlight = 1;
    const lane = lanes[1]!;
    idleness.look();
    pass(124);
    lane.given++;
    pass(100);
    assert.deepEqual(dismissed, []);
    pass(25);
    assert.deepEqual(dismissed, ["lane 1 at 225"]);
  });

  it("never end if the timeout is infinite, and then nobody looks", () => {
    const { idleness, isWaiting } = fakePool(0, 2, Infinity);
    idleness.look();
    assert.equal(isWaiting(), false);
  });

  it("that do not take calls are not counted, and not ended", () => {
    const { lanes, dismissed, idleness, pass } = fakePool(0, 1, 100);
    lanes[0]!.ready = false;
    idleness.look();
    pass(1_000);
    assert.deepEqual(dismissed, []);
  });

  it("are left alone once the pool is closed", () => {
    const { dismissed, idleness, pass } = fakePool(0, 2, 100);
    idleness.look();
    idleness.close();
    pass(1_000);
    assert.deepEqual(dismissed, []);
  });
});
