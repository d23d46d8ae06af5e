import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { afterTimer, asyncAdd, square } from "../fixtures/basic_tasks.ts";
import { rejectAfterTimer } from "../fixtures/fault_tasks.ts";
import { notAtAll } from "../fixtures/timed_tasks.ts";
import { errorOf, errorWithCode } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

describe("the main thread as the only lane", () => {
  it("runs tasks that return values, and tasks that return promises", async () => {
    const tasks = { square, asyncAdd, afterTimer };
    await withPool(tasks, { threads: 0, inliner: {} }, async ({ call }) => {
      assert.equal(await call.square(3), 9);
      assert.equal(await call.asyncAdd([1, 2]), 3);
      assert.equal(await call.afterTimer({ value: "late", ms: 2 }), "late");
    });
  });

  it("rejects with what a promise rejects with", async () => {
    await withPool({ rejectAfterTimer }, { threads: 0, inliner: {} }, async ({ call }) => {
      assert.equal((await errorOf(call.rejectAfterTimer("RangeError"))).message, "out of range");
    });
  });

  it("ends calls whose promises take too long", async () => {
    await withPool({ notAtAll }, { threads: 0, inliner: {} }, async ({ call }) => {
      await errorWithCode(call.notAtAll(1), "KNT_ERROR_TIMEOUT");
    });
  });
});
