// Task code that looks for the library's own things, or says things in its name.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import * as tasks from "../fixtures/meddling_tasks.ts";
import { errorOf } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

describe("workerData", () => {
  for (const source of [undefined, "../fixtures/explicit_worker.ts"]) {
    const where = source === undefined ? "" : ", also if a source handed over a copy";
    it(`is empty before task modules load${where}`, async () => {
      await withPool(tasks, { ...(source && { source }) }, async ({ call }) => {
        assert.equal(await call.seenAtImport(), 0);
      });
    });
  }

  for (const how of ["read", "clear", "post", "add", "define", "inherit"]) {
    it(`cannot be tampered with, and its worker goes on: ${how}`, async () => {
      await withPool(tasks, {}, async ({ call }) => {
        const error = await inTime("the call", errorOf(call.tamper(how)));
        assert.ok(error instanceof TypeError, String(error));
        for (let i = 0; i < 20; i++) {
          assert.equal(await inTime("a call after it", call.callsSoFar()), i);
        }
      });
    });
  }

  it("is needed: a thread that no pool started says that it cannot serve calls", async () => {
    const worker = new Worker(new URL("../fixtures/worker_source.ts", import.meta.url));
    const error = await inTime(
      "the error",
      new Promise<Error>((resolve) => worker.on("error", resolve)),
    );
    assert.match(error.message, /only a worker that createPool has started can serve calls/);
    await worker.terminate();
  });
});

describe("messages that task code sends to the host", () => {
  it("at import and in calls, whatever they say, change nothing", async () => {
    await withPool(tasks, { threads: 2 }, async ({ call }) => {
      const lives = await inTime(
        "the calls",
        Promise.all(Array.from({ length: 20 }, async () => {
          const found = await call.postToHost();
          assert.equal(typeof found, "boolean");
          return call.callsSoFar();
        })),
      );
      // 20 calls counted by two workers, neither of which has started over.
      const first = lives.filter((calls) => calls === 0).length;
      assert.ok(first <= 2, lives.join(" "));
      assert.equal(await call.tamper("read").catch((error: Error) => error.name), "TypeError");
    });
  });
});

describe("a task that closes the port to its host", () => {
  it("does not end its worker, which needs none of it", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      for (let i = 0; i < 5; i++) {
        assert.equal(await inTime("the call", call.closePort()), "closed");
        assert.equal(await inTime("the next call", call.callsSoFar()), i);
      }
    });
  });

  it("loses its worker at worst: the next call meets a new one", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const outcome = await inTime("the call", call.closeSelf()).catch((error) => error.code);
      assert.ok(["closed", "KNT_ERROR_WORKER_EXITED"].includes(outcome), String(outcome));
      let calls: unknown;
      // The worker may go on for a moment.
      for (let i = 0; i < 20 && typeof calls !== "number"; i++) {
        calls = await inTime("the next call", call.callsSoFar()).catch((error) => {
          assert.equal(error.code, "KNT_ERROR_WORKER_EXITED");
        });
      }
      assert.equal(calls, 0);
    });
  });
});
