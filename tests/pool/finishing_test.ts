// `worker.resolveAfterFinishingAll`: a shutdown that lets the calls made before it settle.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPool, type Options } from "../../mod.ts";
import { pollUntilAborted } from "../fixtures/abort_tasks.ts";
import { never, spinUntil, square } from "../fixtures/basic_tasks.ts";
import { failIf } from "../fixtures/fault_tasks.ts";
import * as lanes from "../fixtures/lane_tasks.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime } from "../support/with_pool.ts";

const { makeCounters, ...laneTasks } = lanes;
const tasks = { ...laneTasks, failIf, never, pollUntilAborted, spinUntil, square };
const finishing = { worker: { resolveAfterFinishingAll: true } } as const;
const open = (options: Options = {}) => createPool({ ...finishing, ...options })(tasks);

/** Whether `promise` has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = {};
  return await Promise.race([promise.then(() => {}, () => {}), Promise.resolve(pending)]) !==
    pending;
}

describe("resolveAfterFinishingAll", () => {
  it("shuts an idle pool down at once, and one that was never used", async () => {
    const pool = open();
    assert.equal(await pool.call.square(2), 4);
    await inTime("shutdown", pool.shutdown());
    await inTime("shutdown", open({ threads: 2 }).shutdown());
  });

  for (const threads of [1, 2]) {
    it(`lets running and queued calls settle, and refuses new ones (${threads})`, async () => {
      const pool = open({ threads });
      const { call } = pool;
      const state = new SharedState();
      const running = call.spinUntil(state.buffer);
      const waiting = call.waitHere(state.buffer);
      const queued = Array.from({ length: 3000 }, (_, i) => call.square(i));
      const failing = errorOf(call.failIf(true));
      await until("it runs", () => state.started > 0);
      const closed = pool.shutdown();
      const refused = await errorWithCode(call.square(1), "KNT_ERROR_CLOSED");
      assert.equal(refused.message, "Pool is shut down");
      assert.equal(pool.shutdown(), closed);
      assert.equal(await isSettled(closed), false);
      state.release();
      await inTime("shutdown", closed);
      assert.equal(await running, "released");
      assert.equal(typeof await waiting, "string");
      assert.deepEqual(await Promise.all(queued), queued.map((_, i) => i * i));
      assert.equal((await failing).message, "told to fail");
    });
  }

  it("lets calls settle that were made before any worker was ready", async () => {
    const pool = open();
    const results = [1, 2, 3].map(pool.call.square);
    await inTime("shutdown", pool.shutdown());
    assert.deepEqual(await Promise.all(results), [1, 4, 9]);
  });

  it("waits for arguments that are promises", async () => {
    const pool = open();
    let arrive = (_: number): void => {};
    const argument = new Promise<number>((resolve) => arrive = resolve);
    const result = pool.call.square(argument);
    const failing = rejection(pool.call.square(argument.then(() => Promise.reject("no number"))));
    const closed = pool.shutdown();
    assert.equal(await isSettled(closed), false);
    arrive(7);
    assert.equal(await result, 49);
    assert.equal(await failing, "no number");
    await inTime("shutdown", closed);
  });

  it("waits for the delay first, during which the pool works", async () => {
    const pool = open();
    const start = performance.now();
    const closed = pool.shutdown(60);
    assert.equal(await pool.call.square(3), 9);
    await inTime("shutdown", closed);
    assert.ok(performance.now() - start >= 58);
  });

  it("does not wait for tasks whose calls were rejected", async () => {
    const pool = open();
    const controller = new AbortController();
    const state = new SharedState();
    const abandoned = rejection(pool.call.never(state.buffer, { signal: controller.signal }));
    await until("it runs", () => state.started === 1);
    const closed = pool.shutdown();
    controller.abort("enough");
    assert.equal(await abandoned, "enough");
    await inTime("shutdown", closed);
  });

  it("lets calls be aborted meanwhile", async () => {
    const pool = open();
    const state = new SharedState();
    const polling = pool.call.pollUntilAborted(state.buffer);
    await until("it runs", () => state.started === 1);
    const closed = pool.shutdown();
    polling.reject();
    assert.equal(await polling, "stopped");
    await inTime("shutdown", closed);
  });

  it("replaces a worker that dies meanwhile, for the calls that are left", async () => {
    for (const threads of [1, 2]) {
      const pool = open({ threads });
      const states = Array.from({ length: threads }, () => new SharedState());
      const dying = states.map(({ buffer }) => errorOf(pool.call.spinAndCrash(buffer)));
      await until("workers are busy", () => states.every(({ started }) => started === 1));
      const { counters, counts } = makeCounters(100);
      const calls = counters.map((counter) => pool.call.countSlowly(counter));
      const closed = pool.shutdown();
      for (const state of states) state.release();
      const outcomes = await Promise.allSettled(calls);
      await inTime("shutdown", closed);
      for (const error of await Promise.all(dying)) {
        assert.equal(error.code, "KNT_ERROR_WORKER_CRASHED");
      }
      // A worker may begin some before it dies; the others are run by the next one.
      assert.equal(outcomes.at(-1)!.status, "fulfilled");
      assert.deepEqual([...counts], Array(100).fill(1));
    }
  });

  it("ends once calls are refused because workers cannot start", async () => {
    const { unreachable } = await import("../fixtures/throws_on_import.ts");
    const pool = createPool(finishing)({ unreachable });
    const reason = errorWithCode(pool.call.unreachable(1), "KNT_ERROR_WORKER_STARTUP");
    await inTime("shutdown", pool.shutdown());
    await reason;
  });

  it("is off by default: shutdown rejects the calls that are left", async () => {
    const pool = createPool({})(tasks);
    const state = new SharedState();
    const running = rejection(pool.call.never(state.buffer));
    await until("it runs", () => state.started === 1);
    await inTime("shutdown", pool.shutdown());
    assert.equal(String(await running), "Thread closed");
  });
});
