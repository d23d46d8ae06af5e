import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import {
  afterTimer,
  countRun,
  echo,
  endlessLoop,
  never,
  seven,
  spinUntil,
  square,
} from "../fixtures/basic_tasks.ts";
import { SharedState } from "../support/shared_state.ts";
import { blockUntil, errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime } from "../support/with_pool.ts";

const settled = async (promise: Promise<unknown>): Promise<string> => {
  try {
    await promise;
    return "fulfilled";
  } catch (reason) {
    return String(reason);
  }
};

/** Time enough for a few calls, also on a busy machine. */
const DELAY_MS = 1_000;

/** Shutdown, which must end; how many milliseconds it took. */
async function close(pool: { shutdown(delayMs?: number): Promise<void> }, delayMs?: number) {
  const start = performance.now();
  await inTime("shutdown", pool.shutdown(delayMs));
  return performance.now() - start;
}

describe("shutdown", () => {
  it("resolves to nothing, for an idle pool", async () => {
    for (const threads of [1, 2]) {
      const pool = createPool({ threads })({ square });
      assert.equal(await pool.call.square(2), 4);
      assert.equal(await inTime("shutdown", pool.shutdown()), undefined);
    }
  });

  it("rejects calls that wait for a promise, for a timer and in the queue", async () => {
    const pool = createPool({})({ never, afterTimer, echo, square });
    assert.equal(await pool.call.square(2), 4);
    const started = new SharedState();
    const waiting = [
      pool.call.never(started.buffer),
      pool.call.afterTimer({ value: 1, ms: 60_000 }),
      ...Array.from({ length: 3000 }, () => pool.call.never(started.buffer)),
    ].map(rejection);
    await until("a task runs", () => started.started > 0);
    const closed = pool.shutdown();
    const reasons = await inTime("every call", Promise.all(waiting));
    for (const reason of reasons) {
      assert.ok(reason instanceof Error);
      assert.equal(String(reason), "Thread closed");
      assert.equal((reason as Error & { code?: unknown }).code, "KNT_ERROR_CLOSED");
      assert.equal(reason.message, "Thread closed");
    }
    assert.equal(new Set(reasons).size, reasons.length);
    await inTime("shutdown", closed);
  });

  it("rejects calls made afterwards", async () => {
    const pool = createPool({})({ square });
    await pool.call.square(1);
    const closed = pool.shutdown();
    const error = await errorWithCode(pool.call.square(2), "KNT_ERROR_CLOSED");
    assert.equal(error.message, "Pool is shut down");
    await inTime("shutdown", closed);
    assert.equal(
      (await errorWithCode(pool.call.square(2), "KNT_ERROR_CLOSED")).message,
      "Pool is shut down",
    );
  });

  it("rejects calls made afterwards even if their argument is a promise that rejects", async () => {
    const pool = createPool({})({ square });
    await close(pool);
    const reason = new Error("unused");
    const input = Promise.reject(reason);
    await errorWithCode(pool.call.square(input), "KNT_ERROR_CLOSED");
    assert.equal(await rejection(input), reason);
  });

  it("returns the same promise every time", async () => {
    const pool = createPool({})({ square });
    const first = pool.shutdown();
    assert.equal(pool.shutdown(), first);
    assert.equal(pool.shutdown(1000), first);
    await inTime("shutdown", first);
    assert.equal(pool.shutdown(), first);
  });

  it("waits for the delay, during which the pool works", async () => {
    const pool = createPool({})({ square, afterTimer });
    assert.equal(await pool.call.square(2), 4);
    const start = performance.now();
    const closed = pool.shutdown(DELAY_MS);
    const during = [pool.call.square(3), pool.call.afterTimer({ value: "done", ms: 5 })];
    assert.deepEqual(await Promise.all(during), [9, "done"]);
    assert.equal(await pool.call.square(4), 16);
    await inTime("shutdown", closed);
    const tookMs = performance.now() - start;
    assert.ok(tookMs >= DELAY_MS - 20, `${tookMs} ms`);
    await errorWithCode(pool.call.square(5), "KNT_ERROR_CLOSED");
  });

  it("is not sped up by a shorter delay later", async () => {
    const pool = createPool({})({ square });
    await pool.call.square(1);
    const start = performance.now();
    const closed = pool.shutdown(DELAY_MS);
    void pool.shutdown(0);
    pool[Symbol.dispose]();
    assert.equal(await pool.call.square(3), 9);
    await inTime("shutdown", closed);
    assert.ok(performance.now() - start >= DELAY_MS - 20);
  });

  it("takes delays that are no delay for 0", async () => {
    for (const delayMs of [0, -5, NaN, Infinity, -Infinity, 0.9, undefined]) {
      const pool = createPool({})({ square });
      await pool.call.square(1);
      const closed = pool.shutdown(delayMs);
      await errorWithCode(pool.call.square(2), "KNT_ERROR_CLOSED");
      await inTime("shutdown", closed);
    }
  });

  it("rejects calls in flight when the delay is over", async () => {
    const pool = createPool({})({ never });
    const state = new SharedState();
    const waiting = rejection(pool.call.never(state.buffer));
    await until("the task runs", () => state.started === 1);
    await inTime("shutdown", pool.shutdown(20));
    assert.equal(String(await waiting), "Thread closed");
  });

  it("keeps what was settled before", async () => {
    const pool = createPool({})({ square });
    const results = await Promise.all(Array.from({ length: 100 }, (_, i) => pool.call.square(i)));
    await close(pool);
    assert.deepEqual(results, results.map((_, i) => i * i));
  });

  it("keeps what was answered before, also if the host has had no time to see it", async () => {
    const pool = createPool({})({ square, spinUntil });
    const state = new SharedState();
    await pool.call.square(1); // the worker is there
    const answered = [2, 3, 4].map((n) => pool.call.square(n));
    const running = rejection(pool.call.spinUntil(state.buffer));
    await undefined; // the calls are sent
    blockUntil("the worker is through with the first ones", () => state.started === 1);
    const closed = pool.shutdown();
    state.release(); // Deno does not end threads that never rest
    assert.deepEqual(await inTime("the answers", Promise.all(answered)), [4, 9, 16]);
    assert.equal(String(await running), "Thread closed");
    await inTime("shutdown", closed);
  });

  it("settles every call exactly once, whatever the moment", async () => {
    for (let round = 0; round < 12; round++) {
      const pool = createPool({ threads: 1 + round % 2 })({ square });
      const calls = Array.from({ length: 200 }, (_, i) => settled(pool.call.square(i)));
      if (round > 3) await calls[round * 8];
      for (let i = 0; i < round; i++) await undefined;
      const closed = pool.shutdown();
      const outcomes = await inTime("every call", Promise.all(calls));
      for (const outcome of outcomes) {
        assert.ok(outcome === "fulfilled" || outcome === "Thread closed", outcome);
      }
      await inTime("shutdown", closed);
    }
  });

  it("may come right after creation", async () => {
    for (const threads of [1, 3]) {
      const pool = createPool({ threads })({ square });
      await close(pool);
      await errorWithCode(pool.call.square(1), "KNT_ERROR_CLOSED");
    }
  });

  it("may come while workers start, and rejects the calls that wait for them", async () => {
    const pool = createPool({ threads: 2 })({ square, seven });
    const early = [pool.call.square(1), pool.call.seven(), pool.call.square(2)].map(rejection);
    const closed = pool.shutdown();
    assert.deepEqual(
      (await inTime("early calls", Promise.all(early))).map(String),
      ["Thread closed", "Thread closed", "Thread closed"],
    );
    await inTime("shutdown", closed);
  });

  it("ends workers that are in an endless loop", async () => {
    for (const threads of [1, 2]) {
      const pool = createPool({ threads })({ endlessLoop });
      const state = new SharedState();
      const stuck = Array.from({ length: 5 }, () => rejection(pool.call.endlessLoop(state.buffer)));
      await until("a loop runs", () => state.started >= 1);
      const closed = pool.shutdown();
      const reasons = await inTime("every call", Promise.all(stuck));
      assert.deepEqual(reasons.map(String), Array(5).fill("Thread closed"));
      await inTime("shutdown", closed);
    }
  });

  it("stops the workers: no task starts once it has resolved", async () => {
    const pool = createPool({})({ countRun });
    const state = new SharedState();
    const calls = Array.from({ length: 5000 }, () => settled(pool.call.countRun(state.buffer)));
    await until("tasks run", () => state.started > 0);
    await close(pool);
    const { started } = state;
    await Promise.all(calls);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(state.started, started);
  });

  it("works twenty times in a row", async () => {
    for (let i = 0; i < 20; i++) {
      const pool = createPool({})({ square });
      if (i % 3 !== 0) assert.equal(await pool.call.square(i), i * i);
      await close(pool);
    }
  });

  it("leaves other pools alone", async () => {
    const [one, two] = [createPool({})({ square }), createPool({})({ square })];
    await Promise.all([one.call.square(1), two.call.square(1)]);
    await close(one);
    assert.equal(await two.call.square(7), 49);
    await close(two);
  });

  it("may be awaited by the code that a call's rejection runs", async () => {
    const pool = createPool({})({ never });
    const state = new SharedState();
    const chain = pool.call.never(state.buffer).catch(() => pool.shutdown()).then(() => "closed");
    await until("the task runs", () => state.started === 1);
    await close(pool);
    assert.equal(await inTime("the chain", chain), "closed");
  });
});

describe("disposing a pool", () => {
  it("with Symbol.dispose closes it at once", async () => {
    const pool = createPool({})({ square, never });
    assert.equal(await pool.call.square(3), 9);
    const state = new SharedState();
    const waiting = rejection(pool.call.never(state.buffer));
    assert.equal(pool[Symbol.dispose](), undefined);
    assert.equal(
      (await errorWithCode(pool.call.square(1), "KNT_ERROR_CLOSED")).message,
      "Pool is shut down",
    );
    assert.equal(String(await waiting), "Thread closed");
    await close(pool);
  });

  it("with Symbol.asyncDispose waits until it is closed", async () => {
    const pool = createPool({})({ square });
    assert.equal(await pool.call.square(3), 9);
    await inTime("disposal", pool[Symbol.asyncDispose]());
    await errorWithCode(pool.call.square(1), "KNT_ERROR_CLOSED");
  });

  it("twice is harmless", async () => {
    const pool = createPool({})({ square });
    pool[Symbol.dispose]();
    pool[Symbol.dispose]();
    await inTime("disposal", pool[Symbol.asyncDispose]());
    await inTime("disposal", pool[Symbol.asyncDispose]());
  });
});
