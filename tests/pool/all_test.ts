// `pool.all`: once on every worker.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { waitUntilAborted } from "../fixtures/abort_tasks.ts";
import { square } from "../fixtures/basic_tasks.ts";
import * as orderTasks from "../fixtures/order_tasks.ts";
import { crash } from "../fixtures/fault_tasks.ts";
import { RunningOrder, turns } from "../support/running_order.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime, usePool, withPool } from "../support/with_pool.ts";

const tasks = { ...orderTasks, crash, waitUntilAborted };

describe("pool.all", () => {
  it("runs a task once on every worker, also on those that are starting, always in the same order", async () => {
    await withPool(tasks, { threads: 3 }, async ({ all }) => {
      const [places, visits] = await Promise.all([all.where(), all.visit()]);
      assert.equal(new Set(places).size, 3);
      assert.deepEqual(visits, [1, 1, 1]);
      assert.deepEqual(await all.visit(), [2, 2, 2]);
      assert.deepEqual(await all.where(), places);
      assert.ok(!places.includes(orderTasks.where.f()));
      // The argument, too, may be a promise.
      const running = new RunningOrder();
      await all.note(Promise.resolve(running.next()));
      assert.equal(running.ran, 3);
      assert.equal(await rejection(all.note(Promise.reject("no argument"))), "no argument");
      // The first reason is what it rejects with; the others run to their end.
      const counter = new SharedArrayBuffer(4);
      const error = await errorOf(all.failAfterFirst(counter));
      assert.ok(error instanceof RangeError);
      assert.match(error.message, /^worker [12]$/);
      assert.match(error.stack!, /all_test/);
      await all.where(); // behind them
      assert.deepEqual([...new Int32Array(counter)], [3]);
    });
  });

  it("waits for workers that are busy, and for none on the main thread", async () => {
    const inliner = { position: "first" } as const;
    await withPool(tasks, { threads: 2, inliner }, async ({ all, call }) => {
      const state = new SharedState();
      const long = call.spinHere(state.buffer, { key: 0 });
      await until("it runs", () => state.started === 1);
      const running = new RunningOrder();
      let isDone = false;
      const done = all.note(running.next()).then(() => isDone = true);
      await until("the free worker has run it", () => running.ran === 1);
      await turns();
      assert.equal(isDone, false);
      state.release();
      await done;
      assert.equal(running.ran, 2);
      await long;
    });
    await withPool(tasks, { threads: 0, inliner }, async ({ all }) => {
      assert.deepEqual(await all.where(), []);
    });
  });

  it("rejects with what its calls reject with: workers die, a signal is aborted, the pool ends", async () => {
    await withPool(tasks, { threads: 2 }, async ({ all, shutdown }) => {
      await errorWithCode(all.crash("on purpose"), "KNT_ERROR_WORKER_CRASHED");
      assert.equal(new Set(await inTime("others", all.where())).size, 2);
      const state = new SharedState();
      const controller = new AbortController();
      const { signal } = controller;
      const aborted = rejection(all.waitUntilAborted(state.buffer, { signal, priority: 1 }));
      await until("both wait", () => state.started === 2);
      controller.abort("enough");
      assert.equal(await aborted, "enough");
      const error = await errorOf(all.where(undefined, { key: 1 } as object));
      assert.equal(
        error.message,
        'call options cannot have "key"; expected one of: signal, priority',
      );
      const open = new SharedState();
      const waiting = errorWithCode(all.waitHere(open.buffer), "KNT_ERROR_CLOSED");
      await until("both wait", () => open.started === 2);
      await shutdown();
      await waiting;
      await errorWithCode(all.where(), "KNT_ERROR_CLOSED");
    });
  });

  it("is the task itself in a pool of one task", async () => {
    await usePool(square.createPool({ threads: 2 }), async ({ all }) => {
      assert.deepEqual(await all(3), [9, 9]);
      assert.deepEqual(await Promise.all([1, 2].map(all)), [[1, 1], [4, 4]]);
    });
  });
});
