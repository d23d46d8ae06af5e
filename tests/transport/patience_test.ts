import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Patience } from "../../src/transport/patience.ts";

const MOST_MS = 0.05;

/** Looks with a clock that advances by a microsecond at every look; how long it went on. */
function lookFor(patience: Patience, mostMs: number, foundAfterMs = Infinity) {
  const { now } = performance;
  let time = 0;
  performance.now = () => time;
  try {
    const found = patience.look(() => (time += 0.001) > foundAfterMs, mostMs);
    return { found, ms: time };
  } finally {
    performance.now = now;
  }
}

/** What comes before the first look at the clock does not count. */
const freeMs = lookFor(new Patience(), 0).ms;

describe("patience", () => {
  it("says yes at the first look if what is looked for is there", () => {
    assert.deepEqual(lookFor(new Patience(), MOST_MS, 0), { found: true, ms: 0.001 });
  });

  it("looks a few times even if it may not look for any time", () => {
    const { found, ms } = lookFor(new Patience(), 0);
    assert.equal(found, false);
    assert.ok(ms > 0);
    assert.equal(lookFor(new Patience(), 0, freeMs / 2).found, true);
  });

  it("ends by itself, and not before its time", () => {
    const { found, ms } = lookFor(new Patience(), 1);
    assert.equal(found, false);
    assert.ok(ms >= freeMs + 1 && ms < freeMs + 1.5, `${ms} ms`);
  });

  it("looks for as long as it may each time, if that has paid", () => {
    const patience = new Patience();
    for (const mostMs of [8, 1, 8]) {
      assert.equal(lookFor(patience, mostMs, freeMs + mostMs - 0.1).found, true);
    }
    assert.ok(lookFor(patience, 1).ms < freeMs + 1.5);
  });

  it("gets shorter when it fails, and longer again when it pays", () => {
    const patience = new Patience();
    const first = lookFor(patience, 8).ms;
    for (let n = 0; n < 5; n++) lookFor(patience, 8);
    const short = lookFor(patience, 8).ms;
    assert.ok(short < first / 2, `${first} ms, then ${short} ms`);
    for (let n = 0; n < 10; n++) assert.equal(lookFor(patience, 8, freeMs + 0.01).found, true);
    assert.ok(lookFor(patience, 8).ms > short);
  });

  it("does not get shorter by one failure among many times that it pays", () => {
    const patience = new Patience();
    for (let n = 0; n < 3; n++) {
      assert.equal(lookFor(patience, 8).found, false);
      assert.equal(lookFor(patience, 8, freeMs + 7.9).found, true);
    }
  });

  it("tries for its full time again now and then, however often it failed", () => {
    const patience = new Patience();
    const times = Array.from({ length: 100 }, () => lookFor(patience, 8).ms);
    const full = times.filter((ms) => ms >= freeMs + 8).length;
    assert.ok(full >= 2 && full < 20, `${full} of 100`);
  });

  it("does without a look once a few have failed, if it may, but for a trial now and then", () => {
    const patience = new Patience({ freeLooks: 0, leastMs: 0 });
    const times: number[] = [];
    const look = (foundAfterMs: number) => {
      let time = 0;
      const { now } = performance;
      performance.now = () => time;
      try {
        const found = patience.lookIfHopeful(() => (time += 0.001) > foundAfterMs, 8);
        times.push(time);
        return found;
      } finally {
        performance.now = now;
      }
    };
    for (let n = 0; n < 112; n++) assert.equal(look(Infinity), false);
    const later = times.slice(16);
    assert.equal(later.filter((ms) => ms === 0).length, 90);
    assert.equal(later.filter((ms) => ms >= 8).length, 6);
    // The trial that succeeds brings it back.
    const before = times.length;
    for (let n = 0; n < 16; n++) look(1);
    const found = times.slice(before).filter((ms) => ms > 0).length;
    assert.ok(found > 1, `${found} looks`);
    assert.equal(look(1), true);
  });

  it("gives up if it may when nothing is found for long, free looks included, but for a trial now and then", () => {
    const patience = new Patience({ givesUp: true });
    const looksIn = (calls: number) =>
      Array.from({ length: calls }, () => lookFor(patience, 8).ms).filter((ms) => ms > 0).length;
    assert.equal(looksIn(16), 16);
    assert.equal(looksIn(160), 10);
    // A free look that finds something is enough.
    while (!lookFor(patience, 8, 0).found);
    assert.equal(looksIn(16), 16);
    assert.equal(looksIn(15), 0);
    // Who looks in any case does not.
    const eager = new Patience();
    for (let n = 0; n < 100; n++) assert.ok(lookFor(eager, 8).ms >= freeMs);
  });

  it("looks exactly as often as it is told to before it asks what time it is", () => {
    for (const freeLooks of [0, 1, 7, 128]) {
      let looks = 0;
      assert.equal(new Patience({ freeLooks }).look(() => ++looks < 0, 0), false);
      assert.equal(looks, freeLooks);
    }
  });

  it("looks at least once if it may look for any time, free looks or not", () => {
    let looks = 0;
    new Patience({ freeLooks: 0 }).look(() => ++looks < 0, 0.001);
    assert.ok(looks > 0);
  });

  it("learns nothing from free looks", () => {
    const patience = new Patience({ freeLooks: 10 });
    const first = lookFor(patience, 8).ms;
    lookFor(patience, 8); // fails twice: the next time is half as long
    for (let n = 0; n < 20; n++) assert.equal(lookFor(patience, 8, 0.005).found, true);
    assert.ok(lookFor(patience, 8).ms < first - 3);
  });

  it("pauses between looks once they are not free any more", () => {
    let pauses = 0;
    const patience = new Patience({ freeLooks: 10, pause: () => pauses++ });
    lookFor(patience, 0);
    assert.equal(pauses, 0);
    assert.equal(lookFor(patience, MOST_MS, 0.0145).found, true);
    assert.equal(pauses, 4); // after the 11th to the 14th look; the 15th finds it
    lookFor(patience, MOST_MS);
    assert.ok(pauses >= 4 + 50, `${pauses} pauses`);
  });
});
