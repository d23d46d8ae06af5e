// `host`: how the host waits for replies. Whatever is set, calls behave the same.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options } from "../../mod.ts";
import { waitUntilAborted } from "../fixtures/abort_tasks.ts";
import { echo, never, square } from "../fixtures/basic_tasks.ts";
import { crash } from "../fixtures/fault_tasks.ts";
import * as lanes from "../fixtures/lane_tasks.ts";
import { byMaybe } from "../fixtures/timeout_tasks.ts";
import { runProgram } from "../support/program.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const { makeCounters: _, ...laneTasks } = lanes;
const tasks = { ...laneTasks, byMaybe, crash, echo, never, square, waitUntilAborted };

const settings: Options[] = [
  { host: { dispatcher: "per-thread" } },
  { host: { dispatcher: "serial-channel" } },
  { host: { dispatcher: "per-thread", maxBackoffMs: 0 } },
  { host: { maxBackoffMs: 0, stallFreeLoops: 0 } },
  { host: { maxBackoffMs: 2 } },
  { host: { stallFreeLoops: 0 } },
  { host: { stallFreeLoops: 10_000 } },
  { dispatcher: { dispatcher: "per-thread", stallFreeLoops: 1, maxBackoffMs: 10 } },
];

for (const [index, setting] of settings.entries()) {
  const threads = index % 2 === 0 ? 1 : 3;
  describe(`${JSON.stringify(setting)} with ${threads} thread(s)`, () => {
    const options: Options = { threads, ...setting };

    it("answers calls, one by one and many at once", async () => {
      await withPool(tasks, options, async ({ call }) => {
        for (let i = 0; i < 20; i++) assert.equal(await call.square(i), i * i);
        for (const count of [1, 10, 4000]) {
          const calls = Array.from({ length: count }, (_, i) => call.square(i));
          const results = await inTime("all calls", Promise.all(calls));
          assert.deepEqual(results, results.map((_, i) => i * i));
        }
        const large = "x".repeat(6_000_000);
        const echoes = Promise.all([large, large, large, large].map((text) => call.echo(text)));
        for (const text of await inTime("large texts", echoes)) assert.ok(text === large);
      });
    });

    it("answers when all workers have been asleep, and when they wait", async () => {
      await withPool(tasks, options, async ({ call }) => {
        const state = new SharedState();
        const waiting = Array.from({ length: 2 * threads }, () => call.waitHere(state.buffer));
        await until("all wait", () => state.started === 2 * threads);
        await new Promise((resolve) => setTimeout(resolve, 20));
        assert.equal(await inTime("a call", call.square(4)), 16);
        setTimeout(() => state.release(), 20);
        assert.equal((await inTime("those", Promise.all(waiting))).length, 2 * threads);
      });
    });

    it("ends calls by time, by abort, by death and by shutdown", async () => {
      await withPool(tasks, options, async (pool) => {
        const { call } = pool;
        await errorWithCode(call.crash("on purpose"), "KNT_ERROR_WORKER_CRASHED");
        assert.equal(await inTime("the next call", call.square(3)), 9);
        const state = new SharedState();
        assert.equal(await call.byMaybe(state.buffer), undefined);
        const told = call.waitUntilAborted(state.buffer);
        told.reject();
        assert.match(await told, /^told/);
        const lost = rejection(call.never(state.buffer));
        await inTime("shutdown", pool.shutdown());
        assert.equal(String(await lost), "Thread closed");
      });
    });
  });
}

describe("KNITTING_DISPATCHER", () => {
  for (const name of ["per-thread", "serial-channel", "nonsense", ""]) {
    it(`may be "${name}"`, async () => {
      const { code, late, stdout, stderr } = await runProgram("idle_workers.ts", {
        args: [JSON.stringify({ threads: 3 }), "20"],
        env: { KNITTING_DISPATCHER: name },
      });
      assert.deepEqual([code, late, stdout, stderr], [0, false, "9\n16\n", ""]);
    });
  }
});
