// `worker.hardTimeoutMs`: a limit for code that never returns.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options, WorkerOptions } from "../../mod.ts";
import { pollUntilAborted, waitUntilAborted } from "../fixtures/abort_tasks.ts";
import { never } from "../fixtures/basic_tasks.ts";
import * as lanes from "../fixtures/lane_tasks.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const { makeCounters, ...laneTasks } = lanes;
const tasks = { ...laneTasks, never, pollUntilAborted, waitUntilAborted };
type Body = Parameters<typeof withPool<typeof tasks>>[2];
const HARD = "KNT_ERROR_HARD_TIMEOUT";
/** Longer than most workers of a busy machine need to begin a call: one that does not ends the pool all the same. */
const HARD_MS = 1_500;
const replace: WorkerOptions = { hardTimeoutMs: 800, onHardTimeout: "replace" };

const states: SharedState[] = [];

/** The state of a task that nobody releases before the test is over. */
function stuck(): SharedState {
  const state = new SharedState();
  states.push(state);
  return state;
}

/** Deno does not end threads that never let go: they would keep a processor from later tests. */
async function withTasks(options: Options, body: Body): Promise<void> {
  try {
    await withPool(tasks, options, body);
  } finally {
    for (const state of states.splice(0)) state.release();
  }
}

describe("a hard timeout", () => {
  for (const name of ["spinHere", "never"] as const) {
    it(`ends the pool: the call, the others, and those made later reject (${name})`, async () => {
      await withTasks({ threads: 2, worker: { hardTimeoutMs: HARD_MS } }, async (pool) => {
        const { call } = pool;
        await call.where();
        const state = stuck();
        const start = performance.now();
        const offending = errorWithCode(call[name](state.buffer), HARD);
        await until("it runs", () => state.started === 1);
        const others = [
          call.never(state.buffer),
          call.never(new Promise<SharedArrayBuffer>(() => {})),
        ].map(rejection);
        assert.equal(
          (await offending).message,
          `Task hard timeout after ${HARD_MS}ms (${name}); pool force-shutdown`,
        );
        assert.ok(performance.now() - start >= HARD_MS - 2);
        assert.deepEqual((await Promise.all(others)).map(String), Array(2).fill("Thread closed"));
        const late = await errorWithCode(call.where(), "KNT_ERROR_CLOSED");
        assert.equal(late.message, "Pool is shut down");
        await inTime("shutdown", pool.shutdown());
      });
    });
  }

  it("counts time in the queue", async () => {
    await withTasks({ worker: { hardTimeoutMs: HARD_MS } }, async ({ call }) => {
      await call.where();
      const never = new Promise<SharedArrayBuffer>(() => {});
      const error = await errorWithCode(call.waitHere(never), HARD);
      assert.match(error.message, /\(waitHere\)/);
    });
  });

  it("does not concern calls that are in time, and may come when none is left", async () => {
    await withTasks({ worker: { hardTimeoutMs: HARD_MS } }, async ({ call }) => {
      for (const end = performance.now() + 1.4 * HARD_MS; performance.now() < end;) {
        await call.where();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      assert.equal(await call.where(), await call.where());
    });
  });

  it("leaves reject on abort-aware calls, which it ends as well", async () => {
    await withTasks({ worker: { hardTimeoutMs: HARD_MS } }, async ({ call }) => {
      const states = [stuck(), stuck()];
      const stopped = call.pollUntilAborted(states[0]!.buffer);
      await until("it runs", () => states[0]!.started === 1);
      stopped.reject();
      assert.equal(await stopped, "stopped");
      const late = call.waitUntilAborted(states[1]!.buffer);
      await errorWithCode(late, HARD);
      late.reject("unheard");
      await errorWithCode(late, HARD);
    });
  });

  it("comes even if shutdown waits for calls, and ends that", async () => {
    const worker: WorkerOptions = { hardTimeoutMs: HARD_MS, resolveAfterFinishingAll: true };
    await withTasks({ worker }, async (pool) => {
      const state = stuck();
      const offending = errorWithCode(pool.call.spinHere(state.buffer), HARD);
      const other = rejection(pool.call.never(state.buffer));
      await until("it runs", () => state.started > 0);
      await inTime("shutdown", pool.shutdown());
      await offending;
      assert.equal(String(await other), "Thread closed");
    });
  });

  it("cuts a delayed shutdown short", async () => {
    await withTasks({ worker: { hardTimeoutMs: HARD_MS } }, async (pool) => {
      const state = stuck();
      const offending = errorWithCode(pool.call.spinHere(state.buffer), HARD);
      await until("it runs", () => state.started === 1);
      await inTime("shutdown", pool.shutdown(60_000));
      await offending;
    });
  });
});

describe('onHardTimeout: "replace"', () => {
  it("replaces the worker that runs the call, and no other", async () => {
    await withTasks({ threads: 2, worker: replace }, async ({ call }) => {
      const states = [stuck(), stuck()];
      const error = errorWithCode(call.spinHere(states[0]!.buffer), HARD);
      await until("it runs", () => states[0]!.started === 1);
      const waiting = call.waitHere(states[1]!.buffer);
      await until("the other one runs", () => states[1]!.started === 1);
      states[1]!.release();
      const healthy = await waiting;
      assert.equal(
        (await error).message,
        "Task hard timeout after 800ms (spinHere); worker replaced",
      );
      const found = new Set<string>();
      while (found.size < 2) {
        const all = Array.from({ length: 2 }, () => stuck());
        const calls = all.map(({ buffer }) => call.waitHere(buffer));
        for (const state of all) state.release();
        for (const worker of await Promise.all(calls)) found.add(worker);
      }
      assert.ok(found.has(healthy));
    });
  });

  it("counts none of the time that a call waits for its worker", async () => {
    await withTasks({ worker: { ...replace, hardTimeoutMs: 1000 } }, async ({ call }) => {
      const worker = await call.where();
      // 1.5 s of work: each but the first waits for others, many for longer than any may run.
      const calls = Array.from({ length: 15 }, () => call.spinFor(100));
      assert.deepEqual(new Set(await Promise.all(calls)), new Set([worker]));
    });
  });

  it("runs what the worker had not begun elsewhere, once", async () => {
    for (const threads of [1, 2]) {
      await withTasks(
        { threads, worker: { ...replace, hardTimeoutMs: 2000 } },
        async ({ call }) => {
          const states = Array.from({ length: threads }, () => stuck());
          const bad = states.map(({ buffer }) => errorWithCode(call.spinHere(buffer), HARD));
          await until("they run", () => states.every(({ started }) => started === 1));
          // Those made now have more time left than the ones that are stuck.
          await new Promise((resolve) => setTimeout(resolve, 1500));
          const { counters, counts } = makeCounters(200);
          await Promise.all([...counters.map((counter) => call.countAt(counter)), ...bad]);
          assert.deepEqual([...counts], Array(200).fill(1));
        },
      );
    }
  });

  it("rejects what the worker had begun", async () => {
    await withTasks({ worker: { ...replace, hardTimeoutMs: 1000 } }, async ({ call }) => {
      const [busy, waiting, spinning] = [stuck(), stuck(), stuck()];
      const first = call.spinHere(busy.buffer);
      await until("it is busy", () => busy.started === 1);
      // What waits for another call in its worker has more time than the one that is stuck.
      const begun = errorWithCode(call.waitHere(waiting.buffer), "KNT_ERROR_WORKER_EXITED");
      await new Promise((resolve) => setTimeout(resolve, 300));
      busy.release();
      await first;
      await until("it waits", () => waiting.started === 1);
      const offending = errorWithCode(call.spinHere(spinning.buffer), HARD);
      await offending;
      const { message } = await begun;
      assert.match(message, /^Worker was replaced: Task hard timeout after 1000ms \(spinHere\)/);
      assert.match(message, /"waitHere"/);
    });
  });

  it("replaces none for a call that no worker has begun", async () => {
    await withTasks({ worker: replace }, async ({ call }) => {
      const before = await call.where();
      const error = await errorWithCode(
        call.waitHere(new Promise<SharedArrayBuffer>(() => {})),
        HARD,
      );
      assert.equal(error.message, "Task hard timeout after 800ms (waitHere)");
      assert.equal(await call.where(), before);
    });
  });

  it("may happen again and again", async () => {
    await withTasks({ worker: { ...replace, hardTimeoutMs: 1000 } }, async ({ call }) => {
      const seen = new Set<string>();
      for (let i = 0; i < 2; i++) {
        seen.add(await call.where());
        await errorWithCode(call.spinHere(stuck().buffer), HARD);
      }
      seen.add(await call.where());
      assert.equal(seen.size, 3);
    });
  });
});
