import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  addTo,
  bucketOf,
  BUCKETS,
  HISTOGRAM_DOUBLES,
  middleOf,
  record,
  timingOf,
} from "../../src/transport/histogram.ts";

const histogram = (): Float64Array => new Float64Array(HISTOGRAM_DOUBLES);

/** By nearest rank, of all values. */
function exact(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(part * sorted.length) - 1]!;
}

/** The same numbers every time, from 0 to 1. */
function* numbers(): Generator<number, never> {
  for (let state = 1;;) {
    state = (state * 48271) % 2147483647;
    yield state / 2147483647;
  }
}

describe("buckets of durations", () => {
  it("are single nanoseconds where those are few", () => {
    for (let ns = 1; ns < 16; ns++) {
      assert.equal(bucketOf((ns + 0.5) / 1e6), ns);
      assert.equal(middleOf(ns), (ns + 0.5) / 1e6);
    }
    assert.equal(bucketOf(0.5e-6), 0);
    assert.equal(bucketOf(NaN), 0);
  });

  it("take a clock that was set back for one that stood still", () => {
    const counts = histogram();
    record(counts, 0, -1, 1);
    const { count, maxMs, totalMs } = timingOf(counts);
    assert.deepEqual([count, maxMs, totalMs], [1, 0, 0]);
  });

  it("say the longest duration if somebody has spoilt the counts", () => {
    const spoilt = histogram();
    record(spoilt, 0, 5, 10);
    spoilt[2] = NaN;
    assert.equal(timingOf(spoilt).p99Ms, 5);
  });

  it("are in order, and know every duration to 3.2 per cent", () => {
    let last = -1;
    for (let ms = 16e-6; ms < 2 ** 51 / 1e6; ms *= 1.003) {
      const bucket = bucketOf(ms);
      assert.ok(bucket >= last && bucket < BUCKETS, `${ms} ms is in ${bucket}, after ${last}`);
      last = bucket;
      const off = Math.abs(middleOf(bucket) - ms) / ms;
      assert.ok(off < 0.032, `${ms} ms is taken for ${middleOf(bucket)}`);
    }
    assert.equal(last, BUCKETS - 1, "all buckets are for something");
  });

  it("are one for each nanosecond up to 16", () => {
    for (let ns = 0; ns < 16; ns++) assert.equal(bucketOf((ns + 0.5) / 1e6), ns);
  });

  it("take what is out of range", () => {
    for (const ms of [0, -1, NaN]) assert.equal(bucketOf(ms), 0);
    for (const ms of [2 ** 60, Infinity]) assert.equal(bucketOf(ms), BUCKETS - 1);
  });
});

describe("a histogram", () => {
  const random = numbers();
  const draw = (): number => random.next().value;
  const shapes: Record<string, () => number> = {
    even: () => draw() * 100,
    "log-normal": () => Math.exp(draw() + draw() + draw() + draw() - 2) * 0.01,
    "two humps": () => draw() < 0.995 ? 0.001 + draw() * 1e-4 : 500 + draw(),
    "all the same": () => 12.5,
  };
  for (const [name, shape] of Object.entries(shapes)) {
    it(`has the percentiles of what was recorded: ${name}`, () => {
      const values = histogram();
      const all = Array.from({ length: 20_000 }, shape);
      for (const ms of all) record(values, 0, ms, 1);
      const sorted = all.toSorted((a, b) => a - b);
      const timing = timingOf(values);
      const expected = {
        p50Ms: exact(sorted, 0.5),
        p90Ms: exact(sorted, 0.9),
        p99Ms: exact(sorted, 0.99),
        p999Ms: exact(sorted, 0.999),
      };
      for (const [key, value] of Object.entries(expected)) {
        const got = timing[key as keyof typeof expected];
        assert.ok(Math.abs(got - value) <= 0.032 * value, `${key} is ${got}, and not ${value}`);
      }
      assert.equal(timing.count, all.length);
      assert.equal(timing.maxMs, sorted.at(-1));
      const total = all.reduce((sum, ms) => sum + ms, 0);
      assert.ok(Math.abs(timing.totalMs - total) < 1e-6 * total);
      assert.equal(timing.meanMs, timing.totalMs / all.length);
    });
  }

  it("is all zero while empty", () => {
    assert.deepEqual(timingOf(histogram()), {
      count: 0,
      totalMs: 0,
      meanMs: 0,
      p50Ms: 0,
      p90Ms: 0,
      p99Ms: 0,
      p999Ms: 0,
      maxMs: 0,
    });
  });

  it("is the sum of two, wherever they lie", () => {
    const [one, other, both] = [new Float64Array(5 + HISTOGRAM_DOUBLES), histogram(), histogram()];
    record(one, 5, 1, 3);
    record(other, 0, 7, 2);
    for (const [ms, count] of [[1, 3], [7, 2]] as const) record(both, 0, ms, count);
    addTo(other, 0, one, 5);
    assert.deepEqual(other, both);
  });
});
