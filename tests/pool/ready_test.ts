// `pool.ready()`: when all workers take calls, or why they never will.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import { echo, square } from "../fixtures/basic_tasks.ts";
import { unreachable } from "../fixtures/throws_on_import.ts";
import { runProgram } from "../support/program.ts";
import { errorWithCode } from "../support/waiting.ts";
import { usePool, withPool } from "../support/with_pool.ts";

describe("ready", () => {
  it("resolves when all workers are, and again at once", async () => {
    await withPool({ echo }, { threads: 2 }, async (pool) => {
      await Promise.all([pool.ready(), pool.ready()]);
      await pool.ready();
      assert.equal(await pool.call.echo(1), 1);
    });
  });

  it("resolves at once without workers", async () => {
    await withPool({ square }, { threads: 0, inliner: {} }, (pool) => pool.ready());
  });

  it("is there in a pool of one task", async () => {
    await usePool(square.createPool({}), async (pool) => {
      await pool.ready();
      assert.equal(pool.needsDrain, false);
      await pool.drained();
      assert.equal(await pool.call(3), 9);
    });
  });

  it("rejects with why workers cannot start", async () => {
    await withPool({ unreachable }, { threads: 2 }, async (pool) => {
      const calls = errorWithCode(pool.call.unreachable(1), "KNT_ERROR_WORKER_STARTUP");
      const error = await errorWithCode(pool.ready(), "KNT_ERROR_WORKER_STARTUP");
      assert.match(String(error.cause), /the database is not there/);
      await calls;
      await errorWithCode(pool.ready(), "KNT_ERROR_WORKER_STARTUP");
    });
  });

  it("rejects when the pool is shut down before, or was", async () => {
    const pool = createPool({ threads: 2 })({ echo });
    const early = errorWithCode(pool.ready(), "KNT_ERROR_CLOSED");
    await pool.shutdown();
    await early;
    await errorWithCode(pool.ready(), "KNT_ERROR_CLOSED");
  });

  it("keeps the program alive as long as somebody waits", async () => {
    const end = await runProgram("waits_for_ready.ts");
    assert.deepEqual([end.stdout, end.code], ["ready\n", 0], end.stderr);
  });
});
