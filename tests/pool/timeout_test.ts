// `timeout` of a task: how long a call may take, and what becomes of one that takes longer.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options } from "../../mod.ts";
import { never, spinUntil } from "../fixtures/basic_tasks.ts";
import { unreachable } from "../fixtures/waits_on_import.ts";
import * as slow from "../fixtures/slow_start_tasks.ts";
import * as timed from "../fixtures/timeout_tasks.ts";
import { begun } from "../support/begun.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const { LIMIT_MS, tooLate, instead, ...timedTasks } = timed;
const { LIMIT_MS: startLimitMs, ...slowTasks } = slow;
const tasks = { ...timedTasks, never, spinUntil };
type Body = Parameters<typeof withPool<typeof tasks>>[2];

/** Runs `body` with a pool that has started: from then on the time of calls runs. */
const withStartedPool = (options: Options, body: Body): Promise<void> =>
  withPool(tasks, options, async (pool) => {
    await pool.call.plain(0);
    await body(pool);
  });

describe("a call that takes too long", () => {
  for (const name of ["byNumber", "byTime"] as const) {
    it(`rejects with an error of the library (${name})`, async () => {
      await withStartedPool({}, async ({ call }) => {
        let start = 0;
        const { state, call: late } = await begun((state) => {
          start = performance.now();
          return call[name](state.buffer);
        });
        const error = await errorWithCode(late, "KNT_ERROR_TIMEOUT");
        assert.equal(error.message, "Task timeout");
        assert.ok(performance.now() - start >= LIMIT_MS - 2);
        assert.equal(state.started, 1);
      });
    });
  }

  it("resolves to the default itself, which need not be able to cross", async () => {
    await withStartedPool({}, async ({ call }) => {
      assert.equal(await call.byDefault(new SharedState().buffer), instead);
    });
  });

  it("resolves to undefined if that is the default, or with maybe", async () => {
    await withStartedPool({}, async ({ call }) => {
      const calls = [call.byUndefined, call.byMaybe].map((f) => f(new SharedState().buffer));
      assert.deepEqual(await Promise.all(calls), [undefined, undefined]);
    });
  });

  it("rejects with the error itself, which may be any value", async () => {
    await withStartedPool({}, async ({ call }) => {
      const calls = [call.byError, call.byNull].map((f) => f(new SharedState().buffer));
      assert.deepEqual(await Promise.all(calls.map(rejection)), [tooLate, null]);
      assert.equal(await rejection(call.byError(new SharedState().buffer)), tooLate);
    });
  });

  it("names the place of the call", async () => {
    await withStartedPool({}, async ({ call }) => {
      const error = await errorOf(call.byNumber(new SharedState().buffer));
      assert.match(error.stack ?? "", /timeout_test\.ts/);
    });
  });

  it("is one whose thenable has not settled", async () => {
    await withStartedPool({}, async ({ call }) => {
      await errorWithCode(call.thenable(new SharedState().buffer), "KNT_ERROR_TIMEOUT");
    });
  });

  it("is every call with a timeout of 0 that returns a promise", async () => {
    await withStartedPool({}, async ({ call }) => {
      const calls = Array.from({ length: 20 }, () => call.byZero(new SharedState().buffer));
      for (const reason of await Promise.all(calls.map(rejection))) {
        assert.equal((reason as { code?: unknown }).code, "KNT_ERROR_TIMEOUT");
      }
    });
  });

  it("goes on in its worker, and what comes of it is ignored", async () => {
    await withStartedPool({}, async ({ call }) => {
      const state = new SharedState();
      const reason = await rejection(call.byError(state.buffer));
      const next = Array.from({ length: 100 }, (_, i) => call.plain(i));
      state.release();
      const more = Array.from({ length: 100 }, (_, i) => call.plain(i));
      assert.equal(reason, tooLate);
      const expected = Array.from({ length: 100 }, (_, i) => i + 1);
      assert.deepEqual(await Promise.all(next), expected);
      assert.deepEqual(await Promise.all(more), expected);
    });
  });
});

describe("a call in time", () => {
  it("settles as if there were no timeout", async () => {
    await withStartedPool({}, async ({ call }) => {
      const states = Array.from({ length: 3 }, () => new SharedState());
      const [a, b, c] = states.map(({ buffer }) => buffer);
      const calls = [call.patient(a!), call.unlimited(b!), call.patientThenable(c!)];
      for (const state of states) state.release();
      assert.deepEqual(await Promise.all(calls), ["released", "released", "released"]);
    });
  });

  it("may take as long as it likes with Infinity", async () => {
    await withStartedPool({}, async ({ call }) => {
      const state = new SharedState();
      const waiting = call.unlimited(state.buffer);
      // Later calls run out of time before it has settled.
      await errorWithCode(call.byNumber(new SharedState().buffer), "KNT_ERROR_TIMEOUT");
      state.release();
      assert.equal(await waiting, "released");
    });
  });

  it("leaves nothing behind that could settle the next one", async () => {
    await withStartedPool({}, async ({ call }) => {
      assert.deepEqual(await Promise.all([call.soon(1), call.soon(2)]), [1, 2]);
      const state = new SharedState();
      const waiting = call.unlimited(state.buffer);
      await rejection(call.byNumber(new SharedState().buffer));
      state.release();
      assert.equal(await waiting, "released");
    });
  });
});

describe("a function that runs when its time ends", () => {
  it("is not interrupted, and its value counts", async () => {
    await withStartedPool({ threads: 2 }, async ({ call }) => {
      const { state, call: spinning } = await begun((state) => call.spinning(state.buffer));
      // Made later, with the same limit: when this one has run out of time, so has the other.
      await errorWithCode(call.byNumber(new SharedState().buffer), "KNT_ERROR_TIMEOUT");
      state.release();
      assert.equal(await spinning, "released");
    });
  });

  it("is not interrupted, and what it throws counts", async () => {
    await withStartedPool({ threads: 2 }, async ({ call }) => {
      const { state, call: throwing } = await begun((state) =>
        call.spinningThenThrowing(state.buffer)
      );
      const reason = errorOf(throwing);
      await errorWithCode(call.byNumber(new SharedState().buffer), "KNT_ERROR_TIMEOUT");
      state.release();
      const error = await reason;
      assert.ok(error instanceof RangeError);
      assert.equal(error.message, "thrown in the end");
    });
  });

  it("loses if it returns a promise, even one that has settled", async () => {
    await withStartedPool({ threads: 2 }, async ({ call }) => {
      for (let round = 0; round < 5; round++) {
        const { state, call: late } = await begun((state) => call.spinningPromise(state.buffer));
        const reason = rejection(late);
        await errorWithCode(call.byNumber(new SharedState().buffer), "KNT_ERROR_TIMEOUT");
        state.release();
        assert.equal(((await reason) as { code?: unknown }).code, "KNT_ERROR_TIMEOUT");
        // What else the worker said must not have reached other calls.
        const numbers = Array.from({ length: 50 }, (_, i) => i);
        const results = await Promise.all(numbers.map((n) => call.plain(n)));
        assert.deepEqual(results, numbers.map((n) => n + 1));
      }
    });
  });
});

describe("a call that waits longer than its timeout", () => {
  for (const threads of [1, 2]) {
    it(`for a worker never runs (${threads} thread(s))`, async () => {
      await withStartedPool({ threads }, async ({ call }) => {
        const busy = Array.from({ length: threads }, () => new SharedState());
        const spinning = busy.map(({ buffer }) => call.spinUntil(buffer));
        await until("workers are busy", () => busy.every(({ started }) => started === 1));
        const counter = new SharedState();
        const late = Array.from({ length: 20 }, () => rejection(call.countTimed(counter.buffer)));
        for (const reason of await Promise.all(late)) {
          assert.equal((reason as { code?: unknown }).code, "KNT_ERROR_TIMEOUT");
        }
        for (const state of busy) state.release();
        await Promise.all(spinning);
        assert.deepEqual(await Promise.all([1, 2, 3, 4].map(call.plain)), [2, 3, 4, 5]);
        assert.equal(counter.started, 0);
      });
    });
  }

  it("for its argument never runs", async () => {
    await withStartedPool({}, async ({ call }) => {
      const counter = new SharedState();
      let arrive = (_: SharedArrayBuffer): void => {};
      const argument = new Promise<SharedArrayBuffer>((resolve) => arrive = resolve);
      await errorWithCode(call.countTimed(argument), "KNT_ERROR_TIMEOUT");
      arrive(counter.buffer);
      assert.deepEqual(await Promise.all([1, 2].map(call.plain)), [2, 3]);
      assert.equal(counter.started, 0);
    });
  });
});

describe("a pool that starts", () => {
  it("gives every call its time from then on", async () => {
    const all = [{}, { threads: 2 }, { worker: { hardTimeoutMs: startLimitMs } }];
    await Promise.all(all.map((options) =>
      withPool(slowTasks, options, async ({ call }) => {
        const calls = [call.settleSoon(7), call.settleSoon(Promise.resolve(8)), call.echo(9)];
        assert.deepEqual(await Promise.all(calls), [7, 8, 9]);
      })
    ));
  });

  it("ends calls whose time is up after that", async () => {
    await withPool(slowTasks, {}, async ({ call }) => {
      await errorWithCode(call.settleNever(), "KNT_ERROR_TIMEOUT");
      assert.equal(await call.echo(1), 1);
    });
  });

  it("gives no more than some seconds, if no worker gets ready", async () => {
    await withPool({ unreachable, ...slowTasks }, {}, async ({ call }) => {
      const start = performance.now();
      await errorWithCode(call.settleNever(), "KNT_ERROR_TIMEOUT");
      assert.ok(performance.now() - start >= 4_000);
    });
  });
});
