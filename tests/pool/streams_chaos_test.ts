// Streams of random items, read and left at random, while workers die: each ends once, as it may, after
// items that are the first ones of what was sent. With KNITTING_LONG=1 many more, a million items in one
// stream, and a gigabyte in memory that stays as it was.

import fc from "fast-check";
import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { createPool, type KnittingError, type Options } from "../../mod.ts";
import {
  chunks,
  countInOneGo,
  countTo,
  die,
  double,
  doubled,
  failAfter,
  totalBytes,
} from "../fixtures/stream_tasks.ts";
import { inTime } from "../support/with_pool.ts";

const LONG = process.env["KNITTING_LONG"] === "1";
const tasks = { die, doubled, double, failAfter, countTo, countInOneGo };
const CODES = ["KNT_ERROR_WORKER_CRASHED", "KNT_ERROR_WORKER_EXITED"];

/** What is done to one stream. */
interface Plan {
  readonly kind: "countTo" | "countInOneGo" | "failAfter" | "doubled" | "die";
  readonly limit: number;
  /** Items after which the reader does something, and what. */
  readonly at: number;
  readonly what: "leaves" | "aborts" | "forgets" | "reads on";
  /** A reader pauses once in so many items. */
  readonly pause: number;
}

const plan = (deadly: boolean): fc.Arbitrary<Plan> =>
  fc.record({
    kind: fc.constantFrom<Plan["kind"]>(
      "countTo",
      "countInOneGo",
      "failAfter",
      "doubled",
      ...deadly ? ["die"] as const : [],
    ),
    limit: fc.oneof(fc.nat(20), fc.nat(3000)),
    at: fc.oneof(fc.nat(20), fc.nat(3000)),
    what: fc.constantFrom("leaves", "aborts", "forgets", "reads on", "reads on"),
    pause: fc.integer({ min: 1, max: 500 }),
  });

async function run(
  { call }: ReturnType<typeof open>,
  { kind, limit, at, what, pause }: Plan,
  deadly: boolean,
): Promise<void> {
  const controller = new AbortController();
  const { signal } = controller;
  async function* source() {
    for (let n = 1; n <= limit; n++) yield n;
  }
  const stream = kind === "doubled"
    ? call.doubled(source(), { signal })
    : call[kind](limit, { signal });
  const factor = kind === "doubled" ? 2 : 1;
  let read = 0;
  let end: string | undefined;
  try {
    for (;;) {
      if (read === at && what === "aborts") controller.abort("aborted");
      if (read === at && what === "forgets") return;
      const { value, done } = await stream.next();
      if (done) {
        end = "done";
        break;
      }
      assert.equal(value, ++read * factor);
      if (read % pause === 0) await new Promise((resolve) => setTimeout(resolve));
      if (read === at && what === "leaves") {
        await stream.return();
        end = "left";
        break;
      }
    }
  } catch (error) {
    end = error === "aborted"
      ? "aborted"
      : error instanceof RangeError
      ? "failed"
      : (error as KnittingError).code ?? String(error);
  }
  assert.deepEqual(await stream.next(), { value: undefined, done: true }, "it ends once");
  if (deadly && CODES.includes(end!)) return;
  assert.ok(kind !== "die" || end === "left" || end === "aborted", `${kind} ended: ${end}`);
  if (end === "done") assert.equal(read, limit);
  else if (end === "failed") {
    // A task may fail while its reader is leaving.
    assert.deepEqual([kind, what === "leaves" ? limit : read], ["failAfter", limit]);
  } else assert.equal(end, what === "leaves" ? "left" : "aborted");
}

/** Runs `body` however long it takes. */
async function usePool<P extends { shutdown(): Promise<void> }>(
  pool: P,
  body: (pool: P) => Promise<void>,
): Promise<void> {
  try {
    await body(pool);
  } finally {
    await pool.shutdown();
  }
}

const open = (options: Options) => createPool(options)(tasks);

describe("streams, whatever is done to them", () => {
  for (const deadly of [false, true]) {
    it(`end once${deadly ? ", also when their workers die" : ""}`, async () => {
      await usePool(open({ threads: 2, abortSignalCapacity: 4096 }), async (pool) => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(plan(deadly), { minLength: 1, maxLength: deadly ? 4 : 12 }),
            async (plans) => {
              const all = plans.map((plan) => run(pool, plan, deadly));
              await inTime(JSON.stringify(plans), Promise.all(all), 20_000);
            },
          ),
          { numRuns: (deadly ? 4 : 12) * (LONG ? 30 : 1), endOnFailure: true },
        );
        assert.equal(await pool.call.double(4), 8);
      });
    });
  }
});

describe("a long stream", { skip: !LONG }, () => {
  it("of a million small items comes through, both ways", async () => {
    await usePool(open({ threads: 1 }), async ({ call }) => {
      const limit = 1_000_000;
      let expected = 1;
      for await (const n of call.countTo(limit)) assert.equal(n, expected++);
      assert.equal(expected, limit + 1);
      async function* numbers() {
        for (let n = 1; n <= limit; n++) yield n;
      }
      expected = 1;
      for await (const n of call.doubled(numbers())) assert.equal(n, 2 * expected++);
      assert.equal(expected, limit + 1);
    });
  });

  it("of a gigabyte takes no more memory at its end than near its beginning", async () => {
    const bytes = 1 << 20;
    await usePool(createPool({ threads: 1 })({ chunks, totalBytes }), async ({ call }) => {
      const memory = { early: 0, most: 0 };
      const look = (count: number): void => {
        const { rss } = process.memoryUsage();
        if (count === 256) memory.early = rss;
        if (count > 256) memory.most = Math.max(memory.most, rss);
      };
      let count = 0;
      for await (const chunk of call.chunks({ count: 1024, bytes })) {
        assert.equal(chunk.length, bytes);
        look(++count);
      }
      assert.equal(count, 1024);
      async function* source() {
        for (let n = 1; n <= 1024; n++) {
          yield new Uint8Array(bytes);
          look(n);
        }
      }
      assert.equal(await call.totalBytes(source()), 1024 * bytes);
      const grown = memory.most - memory.early;
      assert.ok(grown < 256 << 20, `${grown >> 20} MiB more`);
    });
  });
});
