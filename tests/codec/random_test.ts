// Any value that can cross, through a channel so small that there is often no room. 2,000 values;
// 100,000 with KNITTING_LONG=1. When it fails, fast-check prints the seed and the smallest case.

import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import process from "node:process";
import { anyValue } from "../support/any_value.ts";
import { Wire, type WireOptions } from "../support/codec.ts";
import { assertArrived } from "../support/same.ts";

const VALUES = process.env.KNITTING_LONG === "1" ? 100_000 : 2_000;
const VALUES_PER_RUN = 4;

const options: fc.Arbitrary<WireOptions> = fc.record({
  slotCount: fc.constantFrom(1, 2, 4),
  regionBytes: fc.constantFrom(64, 512, 4096, 16384),
  prefers: fc.constantFrom(
    () => false,
    () => false,
    (text: string) => text.length % 2 === 0,
  ),
});

describe("any value", () => {
  it(`arrives as it was sent (${VALUES} values)`, () => {
    const values = fc.array(anyValue, { minLength: VALUES_PER_RUN, maxLength: VALUES_PER_RUN });
    const property = fc.property(options, values, (options, values) => {
      const wire = new Wire(options);
      const waiting: unknown[] = [];
      const take = (): void => assertArrived(wire.take().value, waiting.shift());
      for (const value of values) {
        while (!wire.send(value)) {
          assert.ok(waiting.length > 0, "no room although everything was taken");
          take();
        }
        waiting.push(value);
      }
      while (waiting.length > 0) take();
      wire.assertIdle();
    });
    fc.assert(property, { numRuns: VALUES / VALUES_PER_RUN });
  });
});
