// `key` of calls: the same key, the same worker.

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import { square } from "../fixtures/basic_tasks.ts";
import * as orderTasks from "../fixtures/order_tasks.ts";
import { RunningOrder, turns } from "../support/running_order.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const tasks = { ...orderTasks, square };
type Call = Parameters<Parameters<typeof withPool<typeof tasks>>[2]>[0]["call"];

/** One key for each worker. */
async function keysOfWorkers(call: Call, threads: number): Promise<number[]> {
  const keys = new Map<string, number>();
  for (let key = 0; keys.size < threads; key++) {
    const place = await call.where(undefined, { key });
    if (!keys.has(place)) keys.set(place, key);
  }
  return [...keys.values()];
}

describe("the key of a call", () => {
  const pool = createPool({ threads: 2, priorityAgeingMs: 3_600_000 })(tasks);
  const { call } = pool;
  after(() => pool.shutdown());

  it("leads to the same worker, and keys are spread over all", async () => {
    const keys = [..."abcdefghijklmnopqrst", 1, 2, 3, 10n ** 30n];
    const rounds = await Promise.all(
      [1, 2, 3].map(() => Promise.all(keys.map((key) => call.where(undefined, { key })))),
    );
    assert.deepEqual(rounds[1], rounds[0]);
    assert.deepEqual(rounds[2], rounds[0]);
    assert.equal(new Set(rounds[0]).size, 2);
    // Also among many others.
    const others = Array.from({ length: 500 }, (_, n) => call.square(n));
    const again = await Promise.all(keys.map((key) => call.where(undefined, { key })));
    assert.deepEqual(again, rounds[0]);
    await Promise.all(others);
  });

  it("waits for its worker, and holds up no others", async () => {
    const [busy, free] = await keysOfWorkers(call, 2);
    const state = new SharedState();
    const long = call.spinHere(state.buffer, { key: busy! });
    await until("it runs", () => state.started === 1);
    const running = new RunningOrder();
    const bound = Array.from({ length: 100 }, () => call.note(running.next(), { key: busy! }));
    const others = Array.from(
      { length: 100 },
      (_, n) => n % 2 === 0 ? call.square(n) : call.square(n, { key: free! }),
    );
    try {
      await inTime("the others", Promise.all(others));
      await turns();
      assert.equal(running.ran, 0);
    } finally {
      state.release();
    }
    await inTime("the bound", Promise.all(bound));
    // In the order in which they were made.
    assert.deepEqual(running.order, bound.map((_, index) => index));
    await long;
  });

  it("waits also in the eyes of maxQueue, needsDrain and drained()", async () => {
    const limits = { threads: 2, maxQueue: 3, highWaterMark: 2 };
    await withPool(tasks, limits, async (pool) => {
      const { call } = pool;
      const [busy] = await keysOfWorkers(call, 2);
      const state = new SharedState();
      const long = call.spinHere(state.buffer, { key: busy! });
      await until("it runs", () => state.started === 1);
      const bound: Promise<unknown>[] = [];
      const needsDrain = [0, 1, 2].map(() => {
        bound.push(call.square(2, { key: busy! }));
        return pool.needsDrain;
      });
      assert.deepEqual(needsDrain, [false, true, true]);
      await errorWithCode(call.square(2, { key: busy! }), "KNT_ERROR_QUEUE_FULL");
      let isDrained = false;
      const drained = pool.drained().then(() => isDrained = true);
      await turns();
      assert.equal(isDrained, false);
      state.release();
      await inTime("drained", drained);
      await Promise.all([long, ...bound]);
    });
  });

  it("keeps calls in order among those that any worker may run", async () => {
    const keys = await keysOfWorkers(call, 2);
    const states = [new SharedState(), new SharedState()];
    const long = states.map(({ buffer }, n) => call.spinHere(buffer, { key: keys[n]! }));
    await until("both run", () => states.every(({ started }) => started === 1));
    const running = new RunningOrder();
    const calls: Promise<unknown>[] = [];
    for (let n = 0; n < 30; n++) {
      calls.push(call.note(running.next()));
      calls.push(call.note(running.next(), { key: keys[0]! }));
    }
    await turns();
    states[0]!.release(); // this worker runs them all
    await inTime("the calls", Promise.all(calls));
    states[1]!.release();
    await Promise.all(long);
    assert.deepEqual(running.order, calls.map((_, index) => index));
  });

  it("goes with a priority: that decides among the calls of its worker", async () => {
    const [key] = await keysOfWorkers(call, 2);
    const state = new SharedState();
    const long = call.spinHere(state.buffer, { key: key! });
    await until("it runs", () => state.started === 1);
    const running = new RunningOrder();
    const calls = [0, 1, 0, 2, 1].map((priority) =>
      call.note(running.next(), { key: key!, priority })
    );
    await turns();
    state.release();
    await Promise.all([long, ...calls]);
    assert.deepEqual(running.order, [3, 1, 4, 0, 2]);
  });

  it("never leads to the main thread, if there are workers", async () => {
    await withPool(tasks, { threads: 1, inliner: { position: "first" } }, async ({ call }) => {
      const here = orderTasks.where.f();
      const bound = Array.from({ length: 20 }, (_, key) => call.where(undefined, { key }));
      const any = Array.from({ length: 20 }, () => call.where());
      assert.ok((await Promise.all(any)).includes(here));
      const [place, ...others] = new Set(await Promise.all(bound));
      assert.notEqual(place, here);
      assert.deepEqual(others, []);
    });
    await withPool(tasks, { threads: 0, inliner: {} }, async ({ call }) => {
      assert.equal(await call.where(undefined, { key: "a" }), orderTasks.where.f());
    });
  });

  it("lets calls leave that are aborted, and ends with the pool", async () => {
    await withPool(tasks, { threads: 2 }, async ({ call, shutdown }) => {
      const [key] = await keysOfWorkers(call, 2);
      const state = new SharedState();
      const long = errorOf(call.spinHere(state.buffer, { key: key! }));
      await until("it runs", () => state.started === 1);
      const controller = new AbortController();
      const { signal } = controller;
      const aborted = [1, 2, 3].map(() => rejection(call.square(1, { key: key!, signal })));
      const left = errorOf(call.square(1, { key: key! }));
      await turns();
      controller.abort("enough");
      assert.deepEqual(await Promise.all(aborted), Array(3).fill("enough"));
      const closed = shutdown();
      state.release();
      await closed;
      const codes = (await Promise.all([long, left])).map(({ code }) => code);
      assert.deepEqual(codes, ["KNT_ERROR_CLOSED", "KNT_ERROR_CLOSED"]);
    });
  });

  it("is a text, a number or a bigint", async () => {
    const error = await errorOf(call.square(1, { key: {} as string }));
    assert.ok(error instanceof TypeError);
    assert.equal(error.message, "key must be a string, a number or a bigint, received an object");
  });
});
