// `balancer`: which of the lanes that could take a call gets it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options } from "../../mod.ts";
import { square } from "../fixtures/basic_tasks.ts";
import * as lanes from "../fixtures/lane_tasks.ts";
import { SharedState } from "../support/shared_state.ts";
import { strategies } from "../support/strategies.ts";
import { until } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const { makeCounters: _, ...laneTasks } = lanes;
const tasks = { ...laneTasks, square };
type Body = Parameters<typeof withPool<typeof tasks>>[2];
type Call = Parameters<Body>[0]["call"];
type Balancer = Options["balancer"];

/** The workers that run calls which are made together, and all spin at one time. */
async function together(call: Call, count: number): Promise<string[]> {
  const states = Array.from({ length: count }, () => new SharedState());
  const calls = states.map(({ buffer }) => call.spinHere(buffer));
  try {
    await until("all run", () => states.every(({ started }) => started === 1));
  } finally {
    for (const state of states) state.release();
  }
  return Promise.all(calls);
}

/** The workers that run calls which are made one after the other, with nothing else to do. */
async function inTurn(call: Call, count: number): Promise<string[]> {
  const workers: string[] = [];
  for (let i = 0; i < count; i++) workers.push(await call.where());
  return workers;
}

/** Runs `body` once every worker is ready, and has nothing to do. */
function withWorkers(
  threads: number,
  balancer: Balancer,
  body: (call: Call, workers: readonly string[]) => Promise<void>,
): Promise<void> {
  const options: Options = balancer === undefined ? { threads } : { threads, balancer };
  return withPool(tasks, options, async ({ call }) => {
    const workers = await together(call, threads);
    assert.equal(new Set(workers).size, threads, "each call has a worker of its own");
    await body(call, workers);
  });
}

const everyStrategy: Balancer[] = [
  undefined,
  {},
  "robinRound",
  ...strategies,
  { strategy: "roundRobin" },
  { strategy: "firstIdleOrRandom" },
];

describe("every balancer", () => {
  for (const balancer of everyStrategy) {
    it(`gives no call to a busy worker while another is idle: ${JSON.stringify(balancer)}`, async () => {
      await withWorkers(3, balancer, async (call) => {
        for (let round = 0; round < 10; round++) {
          assert.equal(new Set(await together(call, 3)).size, 3);
        }
        const results = await Promise.all(Array.from({ length: 500 }, (_, i) => call.square(i)));
        assert.deepEqual(results, results.map((_, i) => i * i));
      });
    });
  }
});

describe("roundRobin", () => {
  for (const balancer of ["roundRobin", "robinRound", { strategy: "roundRobin" }] as const) {
    it(`takes idle workers in turn: ${JSON.stringify(balancer)}`, async () => {
      await withWorkers(3, balancer, async (call) => {
        const workers = await inTurn(call, 12);
        const first = workers.slice(0, 3);
        assert.equal(new Set(first).size, 3);
        assert.deepEqual(workers, [...first, ...first, ...first, ...first]);
      });
    });
  }

  it("passes over a busy worker", async () => {
    await withWorkers(3, "roundRobin", async (call) => {
      const state = new SharedState();
      const spinning = call.spinHere(state.buffer);
      await until("it runs", () => state.started === 1);
      const workers = await inTurn(call, 8);
      state.release();
      const busy = await spinning;
      assert.ok(!workers.includes(busy));
      assert.equal(new Set(workers).size, 2);
      assert.deepEqual(workers, Array.from({ length: 8 }, (_, i) => workers[i % 2]));
    });
  });
});

describe("firstIdle", () => {
  for (const balancer of ["firstIdle", "firstIdleOrRandom", { strategy: "firstIdle" }] as const) {
    it(`takes the first worker while that is idle, else the next: ${JSON.stringify(balancer)}`, async () => {
      await withWorkers(3, balancer, async (call) => {
        const [first, ...others] = await inTurn(call, 10);
        assert.deepEqual(others, Array(9).fill(first));
        const state = new SharedState();
        const spinning = call.spinHere(state.buffer);
        await until("it runs", () => state.started === 1);
        const [second, ...more] = await inTurn(call, 10);
        assert.notEqual(second, first);
        assert.deepEqual(more, Array(9).fill(second));
        state.release();
        assert.equal(await spinning, first);
        assert.deepEqual(await inTurn(call, 3), Array(3).fill(first));
      });
    });
  }

  it("counts a worker that only waits as one that has something to do", async () => {
    await withWorkers(2, "firstIdle", async (call) => {
      const state = new SharedState();
      const waiting = call.waitHere(state.buffer);
      await until("it waits", () => state.started === 1);
      const [other, ...more] = await inTurn(call, 5);
      assert.deepEqual(more, Array(4).fill(other));
      state.release();
      assert.notEqual(await waiting, other);
    });
  });
});

describe("randomLane", () => {
  for (const balancer of ["randomLane", { strategy: "randomLane" }] as const) {
    it(`takes every worker sometimes, and not in turn: ${JSON.stringify(balancer)}`, async () => {
      await withWorkers(3, balancer, async (call, all) => {
        // That it never takes one of three in 200 calls happens once in 10^35 times.
        const workers = await inTurn(call, 200);
        assert.deepEqual(new Set(workers), new Set(all));
        assert.ok(workers.some((worker, i) => i > 0 && worker === workers[i - 1]));
        assert.ok(workers.some((worker, i) => i > 0 && worker !== workers[i - 1]));
      });
    });
  }
});
