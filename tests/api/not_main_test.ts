import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isMain } from "../../mod.ts";
import { isMainThere } from "../fixtures/basic_tasks.ts";
import { closeHostPool, tryPool } from "../fixtures/pool_in_worker.ts";
import { withPool } from "../support/with_pool.ts";

describe("isMain", () => {
  it("is true on the host and false in workers", async () => {
    assert.equal(isMain, true);
    await withPool({ isMainThere }, { threads: 2 }, async ({ call }) => {
      assert.deepEqual(await Promise.all([call.isMainThere(), call.isMainThere()]), [false, false]);
    });
  });
});

describe("createPool in a worker", () => {
  it("starts nothing, can be disposed, and refuses calls", async () => {
    await withPool({ tryPool }, {}, async ({ call }) => {
      const { isMain, call: refusal, all, map, needsDrain } = await call.tryPool();
      assert.equal(isMain, false);
      assert.ok(refusal instanceof Error);
      assert.match(refusal.message, /createPool can only be called in the main thread/);
      assert.match(refusal.message, /isMain/);
      for (const error of [refusal, all, map, needsDrain]) {
        assert.equal((error as { code?: unknown }).code, "KNT_ERROR_NOT_MAIN");
      }
    });
    await closeHostPool();
  });
});
