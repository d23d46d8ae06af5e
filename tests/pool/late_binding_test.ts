// Calls are tied to a worker as late as possible: a long one does not hold others up.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options } from "../../mod.ts";
import { crash } from "../fixtures/fault_tasks.ts";
import { square } from "../fixtures/basic_tasks.ts";
import * as lanes from "../fixtures/lane_tasks.ts";
import { SharedState } from "../support/shared_state.ts";
import { strategies } from "../support/strategies.ts";
import { errorOf, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const { makeCounters, ...laneTasks } = lanes;
const tasks = { ...laneTasks, crash, square };
type Body = Parameters<typeof withPool<typeof tasks>>[2];
type Call = Parameters<Body>[0]["call"];

const hosts: Record<string, Options> = {
  "by default": {},
  ...Object.fromEntries(strategies.map((balancer) => [balancer, { balancer }])),
  "a doorbell for each worker": { host: { dispatcher: "per-thread" } },
  "a host that never parks": { host: { maxBackoffMs: 0 } },
};

/** Calls that follow one another so fast that a worker is given many ahead. */
async function hurry(call: Call): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => call.square(i)));
  }
}

/** Many short calls around a long one, which must all settle while it runs. */
async function shortOnesPass(call: Call, before: number, after: number): Promise<void> {
  const state = new SharedState();
  const short = Array.from({ length: before }, (_, i) => call.square(i));
  const long = call.spinHere(state.buffer);
  long.catch(() => {}); // if the test fails before it awaits it
  short.push(...Array.from({ length: after }, (_, i) => call.square(before + i)));
  try {
    const results = await inTime("the short calls", Promise.all(short));
    assert.deepEqual(results, results.map((_, i) => i * i));
  } finally {
    state.release();
  }
  await long;
}

describe("a long call", () => {
  for (const [name, options] of Object.entries(hosts)) {
    it(`does not hold up short ones: ${name}`, async () => {
      await withPool(tasks, { threads: 2, ...options }, async ({ call }) => {
        await shortOnesPass(call, 0, 200);
        for (let round = 0; round < 5; round++) {
          await hurry(call);
          await shortOnesPass(call, 0, 20);
          await shortOnesPass(call, 20, 20);
          await hurry(call);
          await shortOnesPass(call, 500, 1500);
        }
      });
    });

    it(`does not hold up calls made later: ${name}`, async () => {
      await withPool(tasks, { threads: 2, ...options }, async ({ call }) => {
        await hurry(call);
        const state = new SharedState();
        const long = call.spinHere(state.buffer);
        long.catch(() => {}); // if the test fails before it awaits it
        await until("it runs", () => state.started === 1);
        try {
          for (let i = 0; i < 20; i++) {
            const results = Promise.all([call.square(i), call.square(i + 1)]);
            assert.deepEqual(await inTime("short calls", results), [i * i, (i + 1) ** 2]);
          }
        } finally {
          state.release();
        }
        await long;
      });
    });
  }

  it("does not hold up any while one of several workers is free", async () => {
    await withPool(tasks, { threads: 3 }, async ({ call }) => {
      await hurry(call);
      const states = [new SharedState(), new SharedState()];
      const long = states.map(({ buffer }) => call.spinHere(buffer));
      const short = Array.from({ length: 300 }, (_, i) => call.square(i));
      try {
        await inTime("the short calls", Promise.all(short));
      } finally {
        for (const state of states) state.release();
      }
      await Promise.all(long);
    });
  });

  it("that only waits does not keep its worker from taking more", async () => {
    for (const threads of [1, 2]) {
      await withPool(tasks, { threads }, async ({ call }) => {
        const state = new SharedState();
        const waiting = Array.from({ length: 3000 }, () => call.waitHere(state.buffer));
        await until("all wait", () => state.started === 3000);
        assert.equal(await call.square(3), 9);
        state.release();
        await Promise.all(waiting);
      });
    }
  });
});

describe("calls that a dying worker had not begun", () => {
  for (const threads of [1, 2]) {
    it(`are run by another, each exactly once (${threads} thread(s))`, async () => {
      await withPool(tasks, { threads }, async ({ call }) => {
        await hurry(call);
        const state = new SharedState();
        const dying = errorOf(call.spinAndCrash(state.buffer));
        const { counters, counts } = makeCounters(500);
        const calls = counters.map((counter) => call.countAt(counter));
        await until("it runs", () => state.started === 1);
        state.release();
        const outcomes = await inTime("every call", Promise.allSettled(calls));
        assert.equal((await dying).code, "KNT_ERROR_WORKER_CRASHED");
        assert.deepEqual([...counts], Array(500).fill(1));
        for (const outcome of outcomes) {
          if (outcome.status === "rejected") {
            assert.equal(outcome.reason.code, "KNT_ERROR_WORKER_CRASHED");
          }
        }
      });
    });
  }

  it("are run once, however often workers die", async () => {
    await withPool(tasks, { threads: 2 }, async ({ call }) => {
      const { counters, counts } = makeCounters(400);
      const outcomes = await inTime(
        "every call",
        Promise.allSettled(counters.map((counter, i) => {
          if (i % 100 === 50) call.crash(`number ${i}`).catch(() => {});
          return call.countSlowly(counter);
        })),
        25_000,
      );
      assert.deepEqual([...counts], Array(400).fill(1));
      assert.ok(outcomes.some(({ status }) => status === "fulfilled"));
    });
  });
});
