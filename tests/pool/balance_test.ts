import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BalancerStrategy, Options } from "../../mod.ts";
import { never, spinUntil, square } from "../fixtures/basic_tasks.ts";
import { SharedState } from "../support/shared_state.ts";
import { strategies } from "../support/strategies.ts";
import { until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const STRATEGIES: readonly (BalancerStrategy | undefined)[] = [undefined, ...strategies];

/** Two pools that differ in whether the host ever parks. */
const HOSTS: readonly Options[] = [{}, { host: { maxBackoffMs: 0 } }];

describe("a call that was sent to a worker ahead of time", () => {
  for (const options of HOSTS) {
    it(`goes to another one that is free before it (${JSON.stringify(options)})`, async () => {
      const spinning = new SharedState();
      await withPool({ spinUntil, square }, { threads: 2, ...options }, async ({ call }) => {
        // Three calls for two workers: one is tied to a worker that is busy.
        const long = call.spinUntil(spinning.buffer);
        long.catch(() => {}); // if the test fails before it awaits it
        await until("one is busy", () => spinning.started === 1);
        const other = new SharedState();
        const second = call.spinUntil(other.buffer);
        second.catch(() => {});
        await until("the other one is busy", () => other.started === 1);
        const third = inTime("the third call", call.square(3));
        third.catch(() => {});
        const fourth = inTime("the fourth call", call.square(4));
        fourth.catch(() => {});
        other.release();
        assert.equal(await second, "released");
        assert.deepEqual(await Promise.all([third, fourth]), [9, 16]);
        spinning.release();
        assert.equal(await long, "released");
      });
    });
  }
});

describe("a worker that is busy for long", () => {
  for (const balancer of STRATEGIES) {
    it(`holds up no call that one could begin whose calls wait for promises (${balancer})`, async () => {
      const tasks = { never, spinUntil, square };
      const options = { threads: 2, ...(balancer && { balancer }) };
      await withPool(tasks, options, async ({ call }) => {
        const waiting = new SharedState();
        const wait = async (count: number): Promise<void> => {
          const before = waiting.started;
          for (let n = 0; n < count; n++) call.never(waiting.buffer).catch(() => {});
          await until("all wait", () => waiting.started === before + count);
        };
        await wait(6);
        const spinning = new SharedState();
        const long = call.spinUntil(spinning.buffer);
        long.catch(() => {}); // if the test fails before it awaits it
        await until("one is busy", () => spinning.started === 1);
        // The other one gets more calls than the busy one has, and still is the one to take them.
        await wait(8);
        const results = Array.from({ length: 8 }, (_, n) => call.square(n));
        assert.deepEqual(
          await inTime("the other calls", Promise.all(results)),
          [0, 1, 4, 9, 16, 25, 36, 49],
        );
        spinning.release();
        assert.equal(await long, "released");
      });
    });
  }
});
