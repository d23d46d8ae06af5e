// What task code cannot do to its worker.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as tasks from "../fixtures/guard_tasks.ts";
import { runProgram, runtimeName } from "../support/program.ts";
import { errorOf, errorWithCode } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const apis = [
  "process.exit",
  "process.kill",
  "process.abort",
  "process.reallyExit",
  ...(runtimeName === "deno" ? ["Deno.exit", "Deno.kill"] : []),
];

describe("a task that calls what would end its worker or the program", () => {
  for (const api of apis) {
    it(`is refused, and its worker goes on: ${api}`, async () => {
      await withPool(tasks, {}, async ({ call }) => {
        for (const [i, way] of (["terminate", "terminateLater"] as const).entries()) {
          const error = await errorWithCode(
            inTime("the call", call[way](api)),
            "KNT_ERROR_PROCESS_GUARD",
          );
          assert.equal(
            error.message,
            `KNT_ERROR_PROCESS_GUARD: ${api} is disabled in worker tasks`,
          );
          assert.match(error.stack ?? "", /guard_tasks/);
          assert.equal(await inTime("the next call", call.callsSoFar()), i);
        }
        assert.equal(await call.terminateAndCatch(api), "caught");
        assert.equal(await inTime("the last call", call.callsSoFar()), 2);
      });
    });
  }

  it("is refused again and again, whichever way it takes", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      for (let i = 0; i < 3; i++) {
        for (const api of ["exit of node:process", ...apis]) {
          await errorWithCode(inTime(api, call.terminate(api)), "KNT_ERROR_PROCESS_GUARD");
        }
      }
      assert.equal(await inTime("the last call", call.callsSoFar()), 0);
    });
  });

  it("can still be ended by the pool", async () => {
    const ends: Promise<void>[] = [];
    await withPool(tasks, { threads: 2 }, async (pool) => {
      await errorOf(pool.call.terminate("process.exit"));
      ends.push(pool.shutdown());
    });
    await Promise.all(ends);
  });
});

describe("the guards of a worker", () => {
  it("leave flags on `process` that are not listed", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      assert.deepEqual(await call.flags(), {
        __knittingTerminationGuard: [false, true],
        __knittingUnhandledRejectionSilencer: [false, true],
      });
    });
  });

  it("are not there in the program itself", () => {
    const { f } = tasks.flags;
    assert.deepEqual(f(), {
      __knittingTerminationGuard: [false, undefined],
      __knittingUnhandledRejectionSilencer: [false, undefined],
    });
  });

  it("are in place, or the worker does not start", async () => {
    const source = "../fixtures/unguardable_worker.ts";
    await withPool(tasks, { source }, async ({ call }) => {
      const error = await errorWithCode(
        inTime("the call", call.callsSoFar()),
        "KNT_ERROR_WORKER_STARTUP",
      );
      assert.match(
        error.message,
        /^Worker startup failed: KNT_ERROR_PROCESS_GUARD_INSTALL: process\.exit /,
      );
    });
  });

  it("take the garbage collector away", async () => {
    const flag = runtimeName === "deno" ? "--v8-flags=--expose-gc" : "--expose-gc";
    const { stdout, stderr } = await runProgram("gc.ts", { flags: [flag] });
    assert.equal(stdout, "function undefined\n", stderr);
  });
});
