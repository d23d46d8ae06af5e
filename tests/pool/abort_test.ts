// `promise.reject` of abort-aware calls: what becomes of the promise, and of the task.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options } from "../../mod.ts";
import * as abortTasks from "../fixtures/abort_tasks.ts";
import { spinUntil } from "../fixtures/basic_tasks.ts";
import { begun } from "../support/begun.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const tasks = { ...abortTasks, spinUntil };
const reason = { why: "not needed any more" };
type Body = Parameters<typeof withPool<typeof tasks>>[2];

/** Runs `body` while every worker is busy, and until `release` is called. */
function whileBusy(
  threads: number,
  options: Options,
  body: (call: Parameters<Body>[0]["call"], release: () => Promise<unknown>) => Promise<void>,
): Promise<void> {
  return withPool(tasks, { threads, ...options }, async ({ call }) => {
    const states = Array.from({ length: threads }, () => new SharedState());
    const busy = Promise.all(states.map(({ buffer }) => call.spinUntil(buffer)));
    await until("workers are busy", () => states.every(({ started }) => started === 1));
    await body(call, () => {
      for (const state of states) state.release();
      return busy;
    });
  });
}

describe("reject without a reason", () => {
  it("tells a loop that never lets go, and the promise settles with what it returns", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const state = new SharedState();
      const promise = call.pollUntilAborted(state.buffer);
      await until("it runs", () => state.started === 1);
      promise.reject();
      assert.equal(await promise, "stopped");
    });
  });

  it("tells listeners, and the promise settles with what the task does", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const states = [new SharedState(), new SharedState()];
      const waiting = call.waitUntilAborted(states[0]!.buffer);
      const throwing = call.throwWhenAborted(states[1]!.buffer);
      await until("they run", () => states.every(({ started }) => started === 1));
      waiting.reject();
      throwing.reject();
      assert.equal(await waiting, "told");
      assert.equal((await errorOf(throwing)).name, "AbortError");
    });
  });

  it("leaves a task alone that does not look", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const state = new SharedState();
      const promise = call.ignoreSignal(state.buffer);
      await until("it runs", () => state.started === 1);
      promise.reject();
      assert.equal(await call.plain(1), 2);
      state.release();
      assert.equal(await promise, true);
    });
  });

  it("lets a call that has not begun begin, and it sees the flag at once", async () => {
    for (const threads of [1, 2]) {
      await whileBusy(threads, {}, async (call, release) => {
        const [counter, state] = [new SharedState(), new SharedState()];
        const counted = call.countAbortable(counter.buffer);
        const waiting = call.waitUntilAborted(state.buffer);
        let arrive = (_: SharedArrayBuffer): void => {};
        const later = call.countAbortable(
          new Promise<SharedArrayBuffer>((resolve) => arrive = resolve),
        );
        for (const promise of [counted, waiting, later]) promise.reject();
        arrive(counter.buffer);
        await release();
        assert.deepEqual(await Promise.all([counted, waiting, later]), [
          true,
          "told before it began",
          true,
        ]);
      });
    }
  });

  it("concerns no other call", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const states = [new SharedState(), new SharedState()];
      const [one, other] = states.map(({ buffer }) => call.ignoreSignal(buffer));
      await until("they run", () => states.every(({ started }) => started === 1));
      one!.reject();
      for (const state of states) state.release();
      assert.deepEqual(await Promise.all([one, other]), [true, false]);
    });
  });
});

describe("reject with a reason", () => {
  it("rejects at once with that very reason, and tells the task", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      for (const value of [reason, new RangeError("enough"), "text", 0, null, false]) {
        const state = new SharedState();
        const promise = call.pollUntilAborted(state.buffer);
        await until("it runs", () => state.started === 1);
        promise.reject(value);
        assert.equal(await rejection(promise), value);
        // Only if the task has stopped, the one worker answers.
        assert.equal(await call.plain(1), 2);
      }
    });
  });

  it("is heard of before a call begins that was made later", async () => {
    await withPool(tasks, { threads: 1 }, async ({ call }) => {
      for (let round = 1; round <= 3000; round++) {
        const promise = call.countHeard(undefined);
        await call.plain(1); // it has begun by then
        promise.reject(reason);
        assert.equal(await rejection(promise), reason);
        assert.equal(await call.heardSoFar(), round);
      }
    });
  });

  it("does not wait for a task that does not look, whose result is ignored", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const state = new SharedState();
      const promise = call.ignoreSignal(state.buffer);
      await until("it runs", () => state.started === 1);
      promise.reject(reason);
      assert.equal(await rejection(promise), reason);
      state.release();
      const results = await Promise.all(Array.from({ length: 50 }, (_, i) => call.plain(i)));
      assert.deepEqual(results, results.map((_, i) => i + 1));
    });
  });

  it("drops a call that has not begun: it never runs", async () => {
    for (const threads of [1, 2]) {
      await whileBusy(threads, {}, async (call, release) => {
        const counter = new SharedState();
        const dropped = Array.from({ length: 20 }, () => call.countAbortable(counter.buffer));
        const kept = call.countAbortable(counter.buffer);
        for (const promise of dropped) promise.reject(reason);
        for (const promise of dropped) assert.equal(await rejection(promise), reason);
        await release();
        assert.equal(await kept, false);
        assert.equal(counter.started, 1);
      });
    }
  });

  it("drops a call whose argument is not there yet, or not sent yet", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const counter = new SharedState();
      let arrive = (_: SharedArrayBuffer): void => {};
      const argument = new Promise<SharedArrayBuffer>((resolve) => arrive = resolve);
      const dropped = [call.countAbortable(argument), call.countAbortable(counter.buffer)];
      for (const promise of dropped) promise.reject(reason);
      assert.deepEqual(await Promise.all(dropped.map(rejection)), [reason, reason]);
      arrive(counter.buffer);
      assert.equal(await call.countAbortable(counter.buffer), false);
      assert.equal(counter.started, 1);
    });
  });

  it("works while the argument is read", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      await call.plain(0);
      let reads = 0;
      const argument = {
        get anything(): number {
          if (reads++ === 0) promise.reject(reason);
          return 1;
        },
      };
      const promise = call.countAbortable(Promise.resolve(argument) as never);
      assert.equal(await rejection(promise), reason);
      assert.ok(reads > 0);
      assert.equal(await call.plain(1), 2);
    });
  });
});

describe("reject", () => {
  it("may be repeated, and counts once", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const state = new SharedState();
      const promise = call.ignoreSignal(state.buffer);
      await until("it runs", () => state.started === 1);
      promise.reject();
      promise.reject();
      promise.reject(reason);
      promise.reject("another reason");
      promise.reject();
      state.release();
      assert.equal(await rejection(promise), reason);
      assert.equal(await call.plain(1), 2);
    });
  });

  it("does nothing once the call has settled, even if its place is used again", async () => {
    await withPool(tasks, { abortSignalCapacity: 1 }, async ({ call }) => {
      const counter = new SharedState();
      const settled = call.countAbortable(counter.buffer);
      assert.equal(await settled, false);
      const state = new SharedState();
      const next = call.ignoreSignal(state.buffer);
      await until("it runs", () => state.started === 1);
      settled.reject();
      settled.reject(reason);
      state.release();
      assert.equal(await next, false);
      assert.equal(await settled, false);
    });
  });

  it("works on calls that have a timeout, and the first of both counts", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      await call.plain(0);
      const states = [new SharedState(), new SharedState()];
      const calls = states.map(({ buffer }) => call.abortablePatient(buffer));
      await until("they run", () => states.every(({ started }) => started === 1));
      calls[0]!.reject();
      calls[1]!.reject(reason);
      assert.equal(await rejection(calls[1]!), reason);
      assert.equal(await calls[0], "told");
      const { call: last } = await begun((state) => call.abortableWithTimeout(state.buffer));
      assert.equal(await last, "late");
      last.reject(reason);
      assert.equal(await last, "late");
    });
  });

  it("is there on every promise of an abort-aware call, whatever became of it", async () => {
    const options = { abortSignalCapacity: 1, worker: { hardTimeoutMs: 60_000 } };
    await withPool(tasks, options, async (pool) => {
      const { call } = pool;
      const aborted = AbortSignal.abort(reason);
      const state = new SharedState();
      const running = call.waitUntilAborted(state.buffer);
      const early = [
        call.waitUntilAborted(state.buffer),
        call.waitUntilAborted(state.buffer, { signal: aborted }),
        call.waitUntilAborted(state.buffer, { signal: 1 } as never),
      ];
      const reasons = early.map(rejection);
      running.reject();
      assert.match(await running, /^told/);
      const closed = pool.shutdown();
      const late = call.waitUntilAborted(state.buffer);
      reasons.push(rejection(late));
      for (const promise of [...early, late]) promise.reject("unheard");
      const [capacity, signal, options, shutDown] = await Promise.all(reasons) as {
        code?: string;
      }[];
      assert.equal(capacity!.code, "KNT_ERROR_ABORT_CAPACITY");
      assert.equal(signal, reason);
      assert.ok(options instanceof TypeError);
      assert.equal(shutDown!.code, "KNT_ERROR_CLOSED");
      await closed;
    });
  });

  it("is not there on promises of other calls", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const promise = call.plain(1);
      assert.ok(!("reject" in promise));
      await promise;
    });
  });
});

describe("an abort-aware call in flight", () => {
  it("rejects when the pool is shut down", async () => {
    await withPool(tasks, {}, async (pool) => {
      const state = new SharedState();
      const promise = pool.call.pollUntilAborted(state.buffer);
      const reason = errorWithCode(promise, "KNT_ERROR_CLOSED");
      await until("it runs", () => state.started === 1);
      await pool.shutdown();
      assert.equal(String(await reason), "Thread closed");
      promise.reject("too late");
    });
  });
});
