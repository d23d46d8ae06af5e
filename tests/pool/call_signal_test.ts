// `pool.call.x(argument, { signal })`: a signal of the caller's, for any task.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as abortTasks from "../fixtures/abort_tasks.ts";
import { countRun, never, spinUntil, square } from "../fixtures/basic_tasks.ts";
import { SharedState } from "../support/shared_state.ts";
import { blockUntil, errorOf, rejection, until } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const tasks = { ...abortTasks, countRun, never, spinUntil, square };
const reason = { why: "not needed any more" };

/** The listeners that a signal has for aborts. */
function countListeners(signal: AbortSignal): () => number {
  const listeners: unknown[] = [];
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (type: string, listener: unknown, ...rest: unknown[]) => {
    if (type === "abort") listeners.push(listener);
    addEventListener.call(signal, type, listener as EventListener, ...rest as []);
  };
  signal.removeEventListener = (type: string, listener: unknown, ...rest: unknown[]) => {
    const index = listeners.indexOf(listener);
    if (type === "abort" && index >= 0) listeners.splice(index, 1);
    removeEventListener.call(signal, type, listener as EventListener, ...rest as []);
  };
  return () => listeners.length;
}

describe("a call with a signal", () => {
  it("settles as without one, and leaves no listener behind", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const listeners = countListeners(signal);
      const calls = [call.square(2, { signal }), call.square(Promise.resolve(3), { signal })];
      assert.ok(listeners() > 0);
      assert.deepEqual(await Promise.all(calls), [4, 9]);
      await errorOf(call.square((() => {}) as never, { signal }));
      assert.equal(listeners(), 0);
      controller.abort(reason);
      assert.equal(await call.square(4), 16);
    });
  });

  it("goes on when somebody makes up an event", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const controller = new AbortController();
      const state = new SharedState();
      const spinning = call.spinUntil(state.buffer, { signal: controller.signal });
      controller.signal.dispatchEvent(new Event("abort"));
      await until("it runs", () => state.started === 1);
      state.release();
      await spinning;
    });
  });

  it("is not made if the signal is aborted already", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const counter = new SharedState();
      const signal = AbortSignal.abort(reason);
      assert.equal(await rejection(call.countRun(counter.buffer, { signal })), reason);
      assert.equal(await rejection(call.countAbortable(counter.buffer, { signal })), reason);
      assert.equal(await call.square(2), 4);
      assert.equal(counter.started, 0);
    });
  });

  it("rejects with the signal's own reason if none is given", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const state = new SharedState();
      const error = errorOf(call.never(state.buffer, { signal }));
      await until("it runs", () => state.started === 1);
      controller.abort();
      assert.equal(await error, signal.reason);
      assert.equal((await error).name, "AbortError");
    });
  });

  it("rejects while its task runs, which goes on, and its result is ignored", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const listeners = countListeners(signal);
      const state = new SharedState();
      const spinning = call.spinUntil(state.buffer, { signal });
      await until("it runs", () => state.started === 1);
      controller.abort(reason);
      assert.equal(await rejection(spinning), reason);
      assert.equal(listeners(), 0);
      const next = call.square(3);
      state.release();
      assert.equal(await next, 9);
    });
  });

  it("rejects when the signal's time is up, but not if the answer is there and the host was busy", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const state = new SharedState();
      await call.square(1); // the worker is there
      const answered = [2, 3, 4].map((n) => call.square(n, { signal }));
      const running = rejection(call.spinUntil(state.buffer, { signal }));
      await undefined; // the calls are sent
      blockUntil("the worker is through with the first ones", () => state.started === 1);
      const timeIsUp = new DOMException("as of AbortSignal.timeout", "TimeoutError");
      controller.abort(timeIsUp);
      state.release();
      assert.deepEqual(await Promise.all(answered), [4, 9, 16]);
      assert.equal(await running, timeIsUp);
    });
  });

  it("tells an abort-aware task", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const state = new SharedState();
      const polling = call.pollUntilAborted(state.buffer, { signal });
      await until("it runs", () => state.started === 1);
      controller.abort(reason);
      assert.equal(await rejection(polling), reason);
      // Only if the task has stopped, the one worker answers.
      assert.equal(await call.square(3), 9);
    });
  });

  for (const threads of [1, 2]) {
    it(`never runs if it has not begun by then (${threads} thread(s))`, async () => {
      await withPool(tasks, { threads }, async ({ call }) => {
        const busy = Array.from({ length: threads }, () => new SharedState());
        const spinning = busy.map(({ buffer }) => call.spinUntil(buffer));
        await until("workers are busy", () => busy.every(({ started }) => started === 1));
        const controller = new AbortController();
        const { signal } = controller;
        const [dropped, kept] = [new SharedState(), new SharedState()];
        // More than there are slots, so that some are sent and some are queued.
        const reasons = Array.from(
          { length: 1500 },
          () => rejection(call.countRun(dropped.buffer, { signal })),
        );
        const others = Array.from({ length: 10 }, () => call.countRun(kept.buffer));
        await undefined;
        controller.abort(reason);
        for (const outcome of await Promise.all(reasons)) assert.equal(outcome, reason);
        for (const state of busy) state.release();
        await Promise.all([...spinning, ...others]);
        assert.deepEqual([dropped.started, kept.started], [0, 10]);
      });
    });
  }

  it("never runs if its argument comes later", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const counter = new SharedState();
      const controller = new AbortController();
      let arrive = (_: SharedArrayBuffer): void => {};
      const argument = new Promise<SharedArrayBuffer>((resolve) => arrive = resolve);
      const outcome = rejection(call.countRun(argument, { signal: controller.signal }));
      controller.abort(reason);
      assert.equal(await outcome, reason);
      arrive(counter.buffer);
      assert.equal(await call.square(2), 4);
      assert.equal(counter.started, 0);
    });
  });

  it("is one of many that a signal ends, with one listener for all", async () => {
    await withPool(tasks, { threads: 2 }, async ({ call }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const listeners = countListeners(signal);
      const state = new SharedState();
      const calls = Array.from({ length: 50 }, () => call.never(state.buffer, { signal }));
      const reasons = calls.map(rejection);
      const settled = call.square(3, { signal });
      assert.equal(listeners(), 1);
      assert.equal(await settled, 9);
      assert.equal(listeners(), 1);
      await until("all run", () => state.started === 50);
      controller.abort(reason);
      for (const outcome of await Promise.all(reasons)) assert.equal(outcome, reason);
      assert.equal(listeners(), 0);
    });
  });

  it("is ended by it whoever else listens, to the same signal, before and after", async () => {
    await withPool(tasks, {}, async ({ call, shutdown }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const heard: string[] = [];
      signal.addEventListener("abort", () => heard.push("before"));
      const state = new SharedState();
      const promise = call.never(state.buffer, { signal });
      signal.addEventListener("abort", () => heard.push("after"));
      await until("it runs", () => state.started === 1);
      controller.abort(reason);
      void shutdown(); // settles what the signal has not
      assert.equal(await rejection(promise), reason);
      assert.deepEqual(heard, ["before", "after"]);
    });
  });

  it("can still be rejected by hand if it is abort-aware, and leaves no listener", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const listeners = countListeners(signal);
      const state = new SharedState();
      const waiting = call.waitUntilAborted(state.buffer, { signal });
      await until("it runs", () => state.started === 1);
      waiting.reject();
      assert.equal(await waiting, "told");
      assert.equal(listeners(), 0);
      controller.abort(reason);
      assert.equal(await waiting, "told");
    });
  });

  it("leaves no listener when it runs out of time, or the pool is shut down", async () => {
    await withPool(tasks, {}, async (pool) => {
      await pool.call.square(1);
      const { signal } = new AbortController();
      const listeners = countListeners(signal);
      const state = new SharedState();
      const late = pool.call.abortableWithTimeout(state.buffer, { signal });
      const closed = rejection(pool.call.never(state.buffer, { signal }));
      assert.equal(await late, "late");
      assert.equal(listeners(), 1);
      await pool.shutdown();
      assert.equal(String(await closed), "Thread closed");
      assert.equal(listeners(), 0);
    });
  });
});

describe("the options of a call", () => {
  it("reject if they are not what they should be", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const square = call.square as (n: number, options: unknown) => Promise<number>;
      for (const signal of [null, 1, "abort", {}, new AbortController()]) {
        const error = await errorOf(square(2, { signal }));
        assert.ok(error instanceof TypeError);
        assert.match(error.message, /^signal must be an AbortSignal, received/);
      }
      const error = await errorOf(square(2, { timeout: 5 }));
      assert.ok(error instanceof TypeError);
      assert.match(
        error.message,
        /^call options cannot have "timeout"; expected one of: signal, priority, key$/,
      );
      const bare = await errorOf(square(2, AbortSignal.abort()));
      assert.ok(bare instanceof TypeError);
      assert.match(bare.message, /received an AbortSignal: pass \{ signal \}$/);
    });
  });

  it("may be empty, and what is not an object is ignored", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const square = call.square as (n: number, ...more: unknown[]) => Promise<number>;
      for (const options of [{}, { signal: undefined }, undefined, null, 7, "x"]) {
        assert.equal(await square(3, options), 9);
      }
      assert.deepEqual(await Promise.all([1, 2, 3].map(call.square)), [1, 4, 9]);
    });
  });
});
