// Any value of any kind and size, many in flight, through real workers and back. 2,000 values;
// 100,000 with KNITTING_LONG=1. When it fails, fast-check prints the seed and the smallest case.

import fc from "fast-check";
import { describe, it } from "node:test";
import process from "node:process";
import { createPool, type Options } from "../../mod.ts";
import { echo } from "../fixtures/basic_tasks.ts";
import { anyUnsharedValue } from "../support/any_value.ts";
import { fillPattern } from "../support/pattern.ts";
import { assertArrived } from "../support/same.ts";
import { inTime } from "../support/with_pool.ts";

const VALUES = process.env["KNITTING_LONG"] === "1" ? 100_000 : 2_000;
const VALUES_PER_RUN = 20;

const KiB = 1024;

/** Values that need much memory: bytes and text of each width. */
const large = fc.tuple(
  fc.nat(6),
  fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 4, max: 20 * KiB }) },
    { weight: 2, arbitrary: fc.integer({ min: 4, max: 400 * KiB }) },
    fc.integer({ min: 4, max: 1200 * KiB }),
  ),
  fc.integer({ min: 0, max: 0x7fffffff }),
).map(([kind, length, seed]): unknown => {
  const bytes = new Uint8Array(length);
  fillPattern(bytes, seed);
  switch (kind) {
    case 0:
      return bytes;
    case 1:
      return bytes.buffer;
    case 2:
      return new Float64Array(bytes.buffer, 0, length >> 3);
    case 3:
      return `${seed} a`.repeat(length / 8);
    case 4:
      return `${seed} é`.repeat(length / 8);
    case 5:
      return `${seed} 日🎉`.repeat(length / 10);
    default:
      return {
        seed,
        rows: Array.from({ length: length / 100 }, (_, i) => ({ i, name: `row ${i}` })),
      };
  }
});

const values = fc.array(
  fc.oneof({ weight: 5, arbitrary: anyUnsharedValue }, { weight: 1, arbitrary: large }),
  { minLength: VALUES_PER_RUN, maxLength: VALUES_PER_RUN },
);

const settings: readonly Options[] = [
  { threads: 1 },
  { threads: 2 },
  { threads: 2, payload: { payloadInitialBytes: 4 * KiB } },
  { threads: 1, payload: { mode: "fixed", payloadMaxByteLength: 40 * 1024 * KiB } },
];

describe("any value", () => {
  settings.forEach((options, index) => {
    const runs = VALUES / VALUES_PER_RUN / settings.length;
    const name = JSON.stringify(options);
    it(`is returned as it was sent, by pool ${index + 1}: ${name} (${runs * VALUES_PER_RUN} values)`, async () => {
      const pool = createPool(options)({ echo });
      try {
        const property = fc.asyncProperty(values, async (values) => {
          const results = await inTime(
            "the calls",
            Promise.all(values.map((v) => pool.call.echo(v))),
          );
          results.forEach((result, i) => assertArrived(result, values[i]));
        });
        await fc.assert(property, { numRuns: runs });
      } finally {
        await inTime("shutdown", pool.shutdown());
      }
    });
  });
});
