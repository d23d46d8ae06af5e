// `abortSignalCapacity`: how many calls of abort-aware tasks there may be at one time.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as abortTasks from "../fixtures/abort_tasks.ts";
import { spinUntil } from "../fixtures/basic_tasks.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const tasks = { ...abortTasks, spinUntil };
const FULL = "KNT_ERROR_ABORT_CAPACITY";

describe("abortSignalCapacity", () => {
  it("is 258 by default, for all workers together, and other calls do not count", async () => {
    await withPool(tasks, { threads: 2 }, async ({ call }) => {
      const state = new SharedState();
      const calls = Array.from({ length: 258 }, () => call.waitUntilAborted(state.buffer));
      const error = await errorWithCode(call.waitUntilAborted(state.buffer), FULL);
      assert.match(error.message, /258/);
      assert.equal(await call.plain(1), 2);
      for (const promise of calls) promise.reject();
      for (const result of await Promise.all(calls)) assert.match(result, /^told/);
      assert.match(await aborted(call.waitUntilAborted(state.buffer)), /^told/);
    });
  });

  it("can be 1, and is free again after each answer", async () => {
    await withPool(tasks, { abortSignalCapacity: 1 }, async ({ call }) => {
      for (let i = 0; i < 20; i++) {
        const state = new SharedState();
        const running = call.waitUntilAborted(state.buffer);
        await errorWithCode(call.waitUntilAborted(state.buffer), FULL);
        assert.match(await aborted(running), /^told/);
      }
    });
  });

  it("is free again after a task that throws before it returns", async () => {
    await withPool(tasks, { abortSignalCapacity: 1 }, async ({ call }) => {
      for (let i = 0; i < 3; i++) {
        assert.equal((await errorOf(call.throwAtOnce(i))).message, "at once");
      }
    });
  });

  it("leaves the promise of a refused call to be rejected, in vain", async () => {
    await withPool(tasks, { abortSignalCapacity: 1 }, async ({ call }) => {
      const state = new SharedState();
      const running = call.waitUntilAborted(state.buffer);
      const refused = call.waitUntilAborted(state.buffer);
      refused.reject("enough");
      await errorWithCode(refused, FULL);
      assert.match(await aborted(running), /^told/);
    });
  });

  it("is free again after a call that was refused, or dropped", async () => {
    await withPool(tasks, { abortSignalCapacity: 2 }, async ({ call }) => {
      const counter = new SharedState();
      const [refused, failed] = await Promise.all([
        rejection(call.countAbortable((() => {}) as never)),
        rejection(call.countAbortable(Promise.reject("no argument"))),
      ]);
      assert.equal((refused as { code?: string }).code, "KNT_ERROR_0");
      assert.equal(failed, "no argument");
      for (let i = 0; i < 10; i++) {
        const never = new Promise<SharedArrayBuffer>(() => {});
        const dropped = [call.countAbortable(never), call.countAbortable(counter.buffer)];
        for (const promise of dropped) promise.reject("dropped");
        assert.deepEqual(await Promise.all(dropped.map(rejection)), ["dropped", "dropped"]);
      }
    });
  });

  it("is free again after calls that were dropped from the queue of a busy pool", async () => {
    for (const threads of [1, 2]) {
      await withPool(tasks, { threads, abortSignalCapacity: 3 }, async ({ call }) => {
        const busy = Array.from({ length: threads }, () => new SharedState());
        const spinning = busy.map(({ buffer }) => call.spinUntil(buffer));
        await until("workers are busy", () => busy.every(({ started }) => started === 1));
        const inFront = [1, 2, 3, 4].map(call.plain);
        const counter = new SharedState();
        for (let i = 0; i < 5; i++) {
          const calls = [1, 2, 3].map(() => call.countAbortable(counter.buffer));
          for (const promise of calls) promise.reject("dropped");
          assert.deepEqual(await Promise.all(calls.map(rejection)), Array(3).fill("dropped"));
        }
        const last = call.countAbortable(counter.buffer);
        for (const state of busy) state.release();
        assert.equal(await last, false);
        assert.equal(counter.started, 1);
        await Promise.all([...spinning, ...inFront]);
      });
    }
  });

  it("counts a call that was rejected until its task has ended", async () => {
    await withPool(tasks, { abortSignalCapacity: 1 }, async ({ call }) => {
      const state = new SharedState();
      const abandoned = call.ignoreSignal(state.buffer);
      await until("it runs", () => state.started === 1);
      abandoned.reject("enough");
      assert.equal(await rejection(abandoned), "enough");
      await errorWithCode(call.countAbortable(state.buffer), FULL);
      state.release();
      const counter = new SharedState();
      const isAborted = () => call.countAbortable(counter.buffer).catch(() => "full");
      let outcome = await isAborted();
      while (outcome === "full") {
        await new Promise((resolve) => setTimeout(resolve, 1));
        outcome = await isAborted();
      }
      assert.equal(outcome, false);
    });
  });
});

describe("a place that is used again", () => {
  it("starts without the abort of the call before", async () => {
    await withPool(tasks, { abortSignalCapacity: 2 }, async ({ call }) => {
      for (let i = 0; i < 10; i++) {
        const states = [new SharedState(), new SharedState()];
        const calls = states.map(({ buffer }) => call.waitUntilAborted(buffer));
        calls[0]!.reject();
        assert.match(await aborted(calls[1]!), /^told/);
        await calls[0];
        const counter = new SharedState();
        const next = [1, 2].map(() => call.countAbortable(counter.buffer));
        assert.deepEqual(await Promise.all(next), [false, false]);
      }
    });
  });

  it("does not change the signals of calls before, which tasks may have kept", async () => {
    await withPool(tasks, { abortSignalCapacity: 1 }, async ({ call }) => {
      for (const isAborted of [false, true, false]) {
        const state = new SharedState();
        const keeping = call.keepSignal(state.buffer);
        await until("it runs", () => state.started === 1);
        if (isAborted) keeping.reject();
        state.release();
        await keeping;
      }
      const expected = [[false, false, false], [true, true, true], [false, false, false]];
      assert.deepEqual(await call.keptSignals(), expected);
      const state = new SharedState();
      const next = call.ignoreSignal(state.buffer);
      await until("it runs", () => state.started === 1);
      next.reject();
      assert.deepEqual(await call.keptSignals(), expected);
      state.release();
      assert.equal(await next, true);
      assert.deepEqual(await call.keptSignals(), expected);
    });
  });

  it("is told nothing that was meant for a task that goes on", async () => {
    await withPool(tasks, { abortSignalCapacity: 2 }, async ({ call }) => {
      const [one, other] = [new SharedState(), new SharedState()];
      const abandoned = call.ignoreSignal(one.buffer);
      await until("it runs", () => one.started === 1);
      abandoned.reject("enough");
      await rejection(abandoned);
      const next = call.ignoreSignal(other.buffer);
      await until("the next one runs", () => other.started === 1);
      abandoned.reject();
      abandoned.reject("again");
      for (const state of [one, other]) state.release();
      assert.equal(await next, false);
    });
  });
});

function aborted<P extends Promise<unknown> & { reject(): void }>(promise: P): P {
  promise.reject();
  return promise;
}
