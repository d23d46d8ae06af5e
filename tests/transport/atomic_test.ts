import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pauseFor } from "../../src/transport/atomic.ts";

const holder = Atomics as { pause?: () => void };

/** Runs `body` with an `Atomics.pause` that takes so long by a clock of its own. */
function withPause<T>(pauseMs: number | undefined, body: (pauses: () => number) => T): T {
  const original = Object.getOwnPropertyDescriptor(Atomics, "pause");
  const { now } = performance;
  let time = 0;
  let pauses = 0;
  Object.defineProperty(Atomics, "pause", {
    configurable: true,
    writable: true,
    value: pauseMs === undefined ? undefined : () => {
      time += pauseMs;
      pauses++;
    },
  });
  performance.now = () => time;
  try {
    return body(() => pauses);
  } finally {
    performance.now = now;
    if (original === undefined) delete holder.pause;
    else Object.defineProperty(Atomics, "pause", original);
  }
}

/** How often a pause for so long calls `Atomics.pause`, which takes `pauseMs`. */
function pausesIn(nanoseconds: number, pauseMs: number): number {
  return withPause(pauseMs, (pauses) => {
    const pause = pauseFor(nanoseconds)!;
    const before = pauses();
    pause();
    return pauses() - before;
  });
}

describe("a pause", () => {
  it("is none for 0, and for less", () => {
    withPause(0.0001, (pauses) => {
      assert.equal(pauseFor(0), undefined);
      assert.equal(pauseFor(-1), undefined);
      assert.equal(pauses(), 0); // nothing is measured in vain
    });
  });

  it("is none where there is no Atomics.pause", () => {
    withPause(undefined, () => assert.equal(pauseFor(1000), undefined));
  });

  it("takes about as long as it is asked to", () => {
    assert.equal(pausesIn(1000, 0.0001), 10);
    assert.equal(pausesIn(1000, 0.00004), 25);
    assert.equal(pausesIn(260, 0.0001), 3);
  });

  it("is one at least, however short it is asked to be", () => {
    assert.equal(pausesIn(1, 0.0001), 1);
  });

  it("ends even if the clock saw none of it", () => {
    assert.equal(pausesIn(300, 0), 300);
  });

  it("is what this runtime has to offer", () => {
    assert.equal(pauseFor(100) === undefined, typeof holder.pause !== "function");
  });
});
