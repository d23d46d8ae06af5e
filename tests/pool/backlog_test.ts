// What waits for a worker: `maxQueue`, `highWaterMark`, `pool.needsDrain` and `pool.drained()`.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPool, type Options } from "../../mod.ts";
import { add, afterTimer, echo, never, spinUntil, square } from "../fixtures/basic_tasks.ts";
import { inProcess } from "../support/processes.ts";
import { runtimeName } from "../support/program.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const tasks = { add, afterTimer, echo, never, spinUntil, square };
const FULL = "KNT_ERROR_QUEUE_FULL";

/** How many of these calls were refused because the queue was full. */
async function countRefused(calls: readonly Promise<unknown>[]): Promise<number> {
  const outcomes = await Promise.allSettled(calls);
  return outcomes.filter((outcome) => {
    if (outcome.status === "fulfilled") return false;
    assert.equal(outcome.reason.code, FULL, outcome.reason);
    return true;
  }).length;
}

describe("maxQueue", () => {
  it("refuses the calls that would wait beyond it, and takes calls again afterwards", async () => {
    await withPool(tasks, { maxQueue: 2 }, async ({ call }) => {
      for (let round = 0; round < 20; round++) {
        const calls = Array.from({ length: 6 }, (_, n) => call.add([round, n]));
        assert.equal(await countRefused(calls), 3); // one is about to begin, two wait
        assert.deepEqual(await Promise.all(calls.slice(0, 3)), [round, round + 1, round + 2]);
      }
    });
  });

  it("says what it is", async () => {
    await withPool(tasks, { maxQueue: 1 }, async ({ call }) => {
      const calls = [call.echo(1), call.echo(2)];
      const error = await errorWithCode(call.echo(3), FULL);
      assert.equal(
        error.message,
        "The queue is full: maxQueue is 1, and so many calls wait for a worker",
      );
      assert.match(error.stack!, /backlog_test/);
      assert.deepEqual(await Promise.all(calls), [1, 2]);
    });
  });

  for (const threads of [1, 2, 3]) {
    it(`of 0 takes as many calls as there are free workers: ${threads}`, async () => {
      await withPool(tasks, { threads, maxQueue: 0 }, async ({ call }) => {
        const state = new SharedState();
        const spinning = Array.from({ length: threads }, () => call.spinUntil(state.buffer));
        // Also while the workers start.
        await errorWithCode(call.echo(1), FULL);
        await until("all have begun", () => state.started === threads);
        await errorWithCode(call.echo(1), FULL);
        state.release();
        await Promise.all(spinning);
        assert.equal(await call.echo(1), 1);
      });
    });
  }

  it("counts no calls that workers have begun, and that wait for a promise", async () => {
    await withPool(tasks, { maxQueue: 0 }, async ({ call }) => {
      const state = new SharedState();
      const begun: Promise<unknown>[] = [];
      for (let n = 1; n <= 10; n++) {
        begun.push(rejection(call.never(state.buffer)));
        await until("it has begun", () => state.started === n);
        // The worker says a moment later that the call only waits.
        while (await countRefused([call.afterTimer({ value: n, ms: 1 })]) > 0) {
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      }
      assert.equal(begun.length, 10);
    });
  });

  it("counts a call from when its argument is there", async () => {
    await withPool(tasks, { maxQueue: 0 }, async ({ call }) => {
      const arguments_ = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
      const calls = arguments_.map(({ promise }) => call.echo(promise));
      const refused = countRefused(calls);
      arguments_.forEach(({ resolve }, n) => resolve(n));
      assert.equal(await refused, 4);
      assert.equal(await calls[0], 0);
    });
  });

  it("makes room when calls that wait are given up", async () => {
    await withPool(tasks, { maxQueue: 2 }, async ({ call }) => {
      const state = new SharedState();
      const spinning = call.spinUntil(state.buffer);
      await until("it has begun", () => state.started === 1);
      const controller = new AbortController();
      const given = [1, 2].map((n) => rejection(call.echo(n, { signal: controller.signal })));
      await errorWithCode(call.echo(3), FULL);
      controller.abort("given up");
      assert.deepEqual(await Promise.all(given), ["given up", "given up"]);
      const kept = [call.echo(4), call.echo(5)];
      await errorWithCode(call.echo(6), FULL);
      state.release();
      await spinning;
      assert.deepEqual(await Promise.all(kept), [4, 5]);
    });
  });

  it("holds for the main thread as a lane, which begins a batch", async () => {
    const options: Options = { threads: 0, inliner: { batchSize: 2 }, maxQueue: 1 };
    await withPool({ square }, options, async ({ call }) => {
      assert.equal(await countRefused([2, 4, 6, 8, 10].map((n) => call.square(n))), 2);
    });
  });

  it("is none by default", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      assert.equal(await countRefused(Array.from({ length: 5000 }, (_, n) => call.echo(n))), 0);
    });
  });
});

describe("needsDrain and drained", () => {
  it("ask for a pause from highWaterMark on, until no call waits", async () => {
    await withPool(tasks, { highWaterMark: 2 }, async (pool) => {
      const { call } = pool;
      const state = new SharedState();
      assert.equal(pool.needsDrain, false);
      const spinning = call.spinUntil(state.buffer);
      await until("it has begun", () => state.started === 1);
      const first = call.echo(1);
      assert.equal(pool.needsDrain, false);
      const second = call.echo(2);
      assert.equal(pool.needsDrain, true);
      let isDrained = false;
      const drained = pool.drained().then(() => isDrained = true);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(isDrained, false);
      state.release();
      await inTime("drained", drained);
      assert.equal(pool.needsDrain, false);
      assert.deepEqual(await Promise.all([spinning, first, second]), ["released", 1, 2]);
    });
  });

  it("is at once if no call waits, also if one runs", async () => {
    await withPool(tasks, {}, async (pool) => {
      await pool.drained();
      const state = new SharedState();
      const spinning = pool.call.spinUntil(state.buffer);
      await until("it has begun", () => state.started === 1);
      await pool.drained();
      state.release();
      await spinning;
    });
  });

  it("is when the calls that wait are given up", async () => {
    await withPool(tasks, {}, async (pool) => {
      const state = new SharedState();
      const spinning = pool.call.spinUntil(state.buffer);
      await until("it has begun", () => state.started === 1);
      const controller = new AbortController();
      const given = rejection(pool.call.echo(1, { signal: controller.signal }));
      const drained = pool.drained();
      controller.abort("given up");
      await inTime("drained", drained);
      assert.equal(await given, "given up");
      state.release();
      await spinning;
    });
  });

  it("is when the pool is shut down", async () => {
    let drained: Promise<void> | undefined;
    await withPool(tasks, {}, (pool) => {
      const given = [1, 2, 3].map((n) => errorWithCode(pool.call.echo(n), "KNT_ERROR_CLOSED"));
      drained = pool.drained();
      return Promise.race([Promise.resolve(), ...given]).then(() => {});
    });
    await inTime("drained", drained!);
  });

  for (const runtime of [undefined, runtimeName]) {
    const kind = runtime === undefined ? "threads" : "processes";
    it(`say at once that no call waits after a shutdown that left some: ${kind}`, async () => {
      const options = runtime === undefined ? {} : inProcess(runtime);
      const pool = createPool({ ...options, threads: 2 })(tasks);
      await pool.ready();
      const state = new SharedState();
      const given = runtime === undefined
        ? [1, 2].map(() => rejection(pool.call.spinUntil(state.buffer)))
        : [1, 2].map(() => rejection(pool.call.afterTimer({ value: 1, ms: 60_000 })));
      given.push(...Array.from({ length: 50 }, (_, n) => rejection(pool.call.echo(n))));
      const ended = pool.shutdown();
      state.release();
      await inTime("drained", pool.drained());
      await ended;
      assert.equal(pool.needsDrain, false);
      await inTime("drained", pool.drained());
      await Promise.all(given);
    });
  }

  it("keep what makes calls at the pace of the workers", async () => {
    await withPool(tasks, { threads: 2, highWaterMark: 50, maxQueue: 60 }, async (pool) => {
      let sum = 0;
      let open = 0;
      for (let n = 0; n < 5_000; n++) {
        if (pool.needsDrain) await pool.drained();
        open++;
        void pool.call.square(n).then((value) => {
          sum += value;
          open--;
        });
      }
      await until("all have settled", () => open === 0);
      assert.equal(sum, 4_999 * 5_000 * 9_999 / 6);
    });
  });
});
