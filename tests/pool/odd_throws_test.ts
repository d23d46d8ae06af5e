// What workers die of may be anything; the host hears of it, and lives.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { KnittingError, Options } from "../../mod.ts";
import { square } from "../fixtures/basic_tasks.ts";
import { ODD, type Odd, throwLater, throwWithCause } from "../fixtures/odd_throws.ts";
import { runtimeName } from "../support/program.ts";
import { errorOf, errorWithCode } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const workers: Record<string, Options> = {
  "a thread": {},
  "a process": { worker: { runtime: "process", processRuntime: runtimeName } },
};

for (const [kind, options] of Object.entries(workers)) {
  describe(`${kind} that dies of an error`, () => {
    it("tells its code, where it was thrown, and its cause", async () => {
      await withPool({ throwWithCause }, options, async ({ call }) => {
        const { cause } = await errorWithCode(call.throwWithCause(), "KNT_ERROR_WORKER_CRASHED");
        const { name, message, code, stack, cause: deep } = cause as Error & { code?: unknown };
        assert.deepEqual([name, message], ["RangeError", "kaboom"]);
        // A thread of Deno tells its maker no more than that.
        if (runtimeName === "deno" && kind === "a thread") return;
        assert.equal(code, "E_KABOOM");
        assert.match(stack!, /odd_throws\.ts/);
        assert.ok(deep instanceof Error);
        assert.deepEqual([deep.name, deep.message], ["TypeError", "deep down"]);
      });
    });
  });
}

for (const [kind, options] of Object.entries(workers)) {
  describe(`${kind} that dies of something odd`, () => {
    it("rejects its call, with a reason that can be read, and is replaced", async () => {
      await withPool({ square, throwLater }, options, async ({ call }) => {
        for (const odd of Object.keys(ODD) as Odd[]) {
          const error = await inTime(odd, errorOf(call.throwLater(odd))) as KnittingError;
          // Deno ends without an event if it cannot print what was thrown.
          if (runtimeName === "deno" && error.code === "KNT_ERROR_WORKER_EXITED") {
            assert.equal(odd, "a proxy that throws");
          } else {
            assert.equal(error.code, "KNT_ERROR_WORKER_CRASHED", odd);
            const { cause } = error;
            assert.ok(cause instanceof Error, odd);
            assert.equal(typeof cause.message, "string", odd);
          }
          assert.equal(await inTime(`the call after ${odd}`, call.square(3)), 9);
        }
      });
    });
  });
}
