import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { notAtAll, quick, soon } from "../fixtures/timed_tasks.ts";
import { errorWithCode } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

describe("the time that a pool takes to start", () => {
  it("ends no call whose task is quick, whether it returns a promise or not", async () => {
    await withPool({ quick, soon }, {}, async ({ call }) => {
      assert.deepEqual(await Promise.all([call.quick(1), call.soon(2), call.soon(3)]), [1, 2, 3]);
    });
  });

  it("ends calls of a task that never settles later, not never", async () => {
    await withPool({ notAtAll }, {}, async ({ call }) => {
      await inTime("the call", errorWithCode(call.notAtAll(1), "KNT_ERROR_TIMEOUT"));
    });
  });

  it("is given to calls that are made before the end of it alone", async () => {
    await withPool({ quick, notAtAll }, {}, async ({ call }) => {
      await call.quick(1);
      const start = performance.now();
      await errorWithCode(call.notAtAll(1), "KNT_ERROR_TIMEOUT");
      assert.ok(performance.now() - start < 900);
    });
  });
});
