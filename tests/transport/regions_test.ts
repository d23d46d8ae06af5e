import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { REGION_ALIGN } from "../../src/transport/layout.ts";
import { Regions } from "../../src/transport/regions.ts";

const A = REGION_ALIGN;

describe("regions", () => {
  it("is empty at first", () => {
    const regions = new Regions(4 * A, 4);
    assert.equal(regions.empty, true);
    assert.equal(regions.capacity, 4 * A);
  });

  it("hands out one region after the other, each on a cache line of its own", () => {
    const regions = new Regions(8 * A, 4);
    assert.equal(regions.allocate(1, 0), 0);
    assert.equal(regions.empty, false);
    assert.equal(regions.allocate(A, 1), A);
    assert.equal(regions.allocate(A + 1, 2), 2 * A);
    assert.equal(regions.allocate(1, 3), 4 * A);
  });

  it("hands out all of its capacity at one time, and no more", () => {
    const regions = new Regions(4 * A, 8);
    assert.equal(regions.allocate(4 * A + 1, 0), -1);
    assert.equal(regions.empty, true);
    assert.equal(regions.allocate(4 * A, 0), 0);
    assert.equal(regions.allocate(1, 1), -1);
  });

  it("fits exactly", () => {
    const regions = new Regions(4 * A, 8);
    for (let slot = 0; slot < 4; slot++) assert.equal(regions.allocate(A, slot), slot * A);
    assert.equal(regions.allocate(1, 4), -1);
    regions.free(1);
    assert.equal(regions.allocate(A + 1, 4), -1);
    assert.equal(regions.allocate(A, 4), 0);
    assert.equal(regions.allocate(1, 5), -1);
  });

  it("refuses anything if it has no capacity", () => {
    assert.equal(new Regions(0, 4).allocate(1, 0), -1);
  });

  it("starts at the lowest address whenever nothing is in use", () => {
    const regions = new Regions(4 * A, 4);
    for (let slot = 0; slot < 10; slot++) {
      assert.equal(regions.allocate(A, slot), 0);
      regions.free(slot + 1);
      assert.equal(regions.empty, true);
    }
  });

  it("frees a region when its slot was taken, and no earlier", () => {
    const regions = new Regions(2 * A, 4);
    regions.allocate(A, 5);
    regions.allocate(A, 7);
    regions.free(5);
    assert.equal(regions.allocate(A, 8), -1);
    regions.free(6);
    assert.equal(regions.allocate(A, 8), 0);
    regions.free(7);
    assert.equal(regions.allocate(A, 9), -1);
    regions.free(8);
    assert.equal(regions.allocate(A, 9), A);
    regions.free(10);
    assert.equal(regions.empty, true);
  });

  it("goes on at the start when the end is reached and the start is free", () => {
    const regions = new Regions(4 * A, 8);
    regions.allocate(2 * A, 0);
    regions.allocate(A, 1);
    regions.free(1);
    // Two lines do not fit behind the newest region, but before the oldest.
    assert.equal(regions.allocate(2 * A, 2), 0);
    assert.equal(regions.allocate(A, 3), -1);
    regions.free(2);
    // Now the oldest is the one at the start: what is behind it is free up to the end.
    assert.equal(regions.allocate(2 * A, 3), 2 * A);
    assert.equal(regions.allocate(1, 4), -1);
  });

  it("never splits a region over the end", () => {
    const regions = new Regions(4 * A, 8);
    regions.allocate(A, 0);
    regions.allocate(2 * A, 1);
    regions.free(1);
    assert.equal(regions.allocate(2 * A, 2), -1);
  });

  it("takes the newest region back", () => {
    const regions = new Regions(4 * A, 4);
    regions.allocate(A, 0);
    assert.equal(regions.allocate(2 * A, 1), A);
    regions.undo(1);
    assert.equal(regions.allocate(3 * A, 1), A);
    regions.undo(1);
    regions.free(1);
    assert.equal(regions.empty, true);
  });

  it("takes back a region that went on at the start", () => {
    const regions = new Regions(4 * A, 4);
    regions.allocate(2 * A, 0);
    regions.allocate(A, 1);
    regions.free(1);
    assert.equal(regions.allocate(2 * A, 2), 0);
    regions.undo(2);
    assert.equal(regions.allocate(A, 2), 3 * A);
  });

  it("takes back nothing that belongs to another slot", () => {
    const regions = new Regions(4 * A, 4);
    regions.undo(0);
    assert.equal(regions.empty, true);
    regions.allocate(A, 3);
    regions.undo(4);
    assert.equal(regions.empty, false);
    assert.equal(regions.allocate(A, 4), A);
    regions.undo(4);
    regions.undo(4);
    assert.equal(regions.empty, false);
    assert.equal(regions.allocate(A, 4), A);
  });

  for (const start of [2 ** 31 - 3, -3]) {
    it(`works while slot numbers wrap, from ${start}`, () => {
      const regions = new Regions(4 * A, 4);
      for (let n = 0; n < 12; n++) {
        const slot = (start + n) | 0;
        assert.notEqual(regions.allocate(A, slot), -1);
        assert.notEqual(regions.allocate(A, (slot + 1) | 0), -1);
        regions.undo((slot + 1) | 0);
        regions.free(slot);
        assert.equal(regions.empty, false);
        if (n % 3 === 2) {
          regions.free((slot + 1) | 0);
          assert.equal(regions.empty, true);
        }
      }
    });
  }

  it("stays within the usual bytes as long as no payload is larger", () => {
    const regions = new Regions(8 * A, 8, 2 * A);
    assert.equal(regions.allocate(A, 0), 0);
    assert.equal(regions.allocate(A, 1), A);
    assert.equal(regions.allocate(1, 2), -1);
    regions.free(1);
    assert.equal(regions.allocate(A, 2), 0);
    assert.equal(regions.allocate(1, 3), -1);
  });

  it("goes beyond them for a larger payload, and for what follows that", () => {
    const regions = new Regions(8 * A, 8, 2 * A);
    assert.equal(regions.allocate(A, 0), 0);
    assert.equal(regions.allocate(3 * A, 1), A);
    assert.equal(regions.allocate(A, 2), 4 * A);
    regions.free(1);
    assert.equal(regions.allocate(A, 3), 0);
    assert.equal(regions.allocate(A, 4), -1);
    regions.free(4);
    assert.equal(regions.allocate(A, 4), 0);
  });

  it("does what a list of regions would do", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 80 }), starts, usuals, checkAgainstList), {
      numRuns: 300,
    });
  });
});

// The model: a list of what is in use, oldest first.

const SLOTS = 8;
const LINES = 10;

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ allocate: fc.integer({ min: 1, max: LINES * A + 1 }) }) },
  { weight: 3, arbitrary: fc.record({ allocate: fc.integer({ min: 1, max: 3 * A }) }) },
  { weight: 2, arbitrary: fc.constant({ skip: true }) },
  { weight: 3, arbitrary: fc.record({ take: fc.integer({ min: 1, max: SLOTS }) }) },
  { weight: 2, arbitrary: fc.constant({ undo: true }) },
);
const starts = fc.constantFrom(0, 2 ** 31 - 4, -4);
const usuals = fc.constantFrom(LINES * A, 3 * A, A);

type Step = { allocate?: number; skip?: boolean; take?: number; undo?: boolean };

function checkAgainstList(steps: readonly Step[], start: number, usual: number): void {
  const regions = new Regions(LINES * A, SLOTS, usual);
  let live: { start: number; end: number; slot: number }[] = [];
  let filled = start | 0;
  let taken = start | 0;
  let inHand = false;

  for (const { allocate, skip, take, undo } of steps) {
    const isFull = ((filled - taken) | 0) === SLOTS;
    if (take !== undefined) {
      taken = (taken + Math.min(take, (filled - taken) | 0)) | 0;
    } else if (undo) {
      regions.undo(filled);
      if (inHand) live.pop();
      inHand = false;
    } else if (skip && !isFull) {
      // A slot without a region, or the one in hand: it is sent.
      filled = (filled + 1) | 0;
      inHand = false;
    } else if (allocate !== undefined && !isFull && !inHand) {
      regions.free(taken);
      live = live.filter(({ slot }) => ((taken - slot) | 0) <= 0);
      const bytes = Math.ceil(allocate / A) * A;
      const at = regions.allocate(allocate, filled);
      assert.equal(
        at,
        placeInList(live, bytes, usual),
        `${bytes} bytes beside ${JSON.stringify(live)}`,
      );
      if (at >= 0) {
        for (const other of live) assert.ok(at + bytes <= other.start || other.end <= at);
        live.push({ start: at, end: at + bytes, slot: filled });
        inHand = true;
      }
    }
  }
  regions.undo(filled);
  regions.free(filled);
  assert.equal(regions.empty, true);
  assert.equal(regions.allocate(LINES * A, filled), 0);
}

/**
 * First in, first out: behind the newest, if that is within the usual bytes; if it does not fit there, at the
 * start; and if not there either, beyond the usual bytes, if it is larger or the newest is there.
 */
function placeInList(
  live: readonly { start: number; end: number }[],
  bytes: number,
  usual: number,
): number {
  if (live.length === 0) return bytes <= LINES * A ? 0 : -1;
  const fits = (at: number, limit: number) =>
    at + bytes <= limit && live.every(({ start, end }) => at + bytes <= start || end <= at);
  const { end } = live.at(-1)!;
  const isWrapped = live.some(({ start }) => start < live[0]!.start);
  if (isWrapped) return fits(end, LINES * A) ? end : -1;
  if (fits(end, usual)) return end;
  if (fits(0, LINES * A)) return 0;
  return (bytes > usual || end > usual) && fits(end, LINES * A) ? end : -1;
}
