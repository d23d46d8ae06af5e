// Pools with minThreads and maxThreads: how they grow and shrink, with workers of both kinds.

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { createPool, type Options } from "../../mod.ts";
import * as fixtures from "../fixtures/elastic_tasks.ts";
import { unreachable } from "../fixtures/throws_on_import.ts";
import { Gate } from "../support/gate.ts";
import { inProcess } from "../support/processes.ts";
import { runProgram, runtimeName } from "../support/program.ts";
import { errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const { echo, hold, waitFor, whoAmI } = fixtures;
const tasks = { echo, hold, waitFor, whoAmI };

const kinds: Record<string, Options> = {
  threads: {},
  "threads with a bell each": { host: { dispatcher: "per-thread" } },
  processes: inProcess(runtimeName),
};

/** The options, and what counts the workers that start. */
function counted(options: Options, name = "countStart"): [Options, Gate] {
  const starts = new Gate();
  const bootstrap = { href: "../fixtures/elastic_tasks.ts", name, data: starts.memory };
  return [{ ...options, worker: { ...options.worker, bootstrap } }, starts];
}

for (const [kind, base] of Object.entries(kinds)) {
  describe(`an elastic pool of ${kind}`, () => {
    it("with minThreads 0 starts none before the first call, and one for that", async () => {
      const [options, starts] = counted({ ...base, minThreads: 0, maxThreads: 2, maxQueue: 0 });
      await withPool(tasks, options, async (pool) => {
        await pool.ready();
        assert.equal(starts.arrived, 0);
        assert.equal(await inTime("the first call", pool.call.echo(7)), 7);
        assert.equal(starts.arrived, 1);
      });
    });

    it("grows while calls wait, up to maxThreads, and no more", async () => {
      const [options, starts] = counted({ ...base, minThreads: 1, maxThreads: 3 });
      await withPool(tasks, options, async ({ call }) => {
        const gate = new Gate();
        const held = Array.from({ length: 7 }, () => call.hold(gate.memory));
        await until("three are busy", () => gate.arrived === 3);
        assert.equal(starts.arrived, 3);
        gate.open();
        assert.equal(new Set(await inTime("the calls", Promise.all(held))).size, 3);
        assert.equal(starts.arrived, 3);
      });
    });

    it("ends idle workers above minThreads, and starts others when they are needed", async () => {
      const [options, starts] = counted({
        ...base,
        minThreads: 1,
        maxThreads: 2,
        idleTimeoutMs: 10,
      });
      await withPool(tasks, options, async ({ call }) => {
        const names = new Set<string>();
        for (let round = 0; names.size < 3; round++) {
          assert.ok(round < 100, "no worker has ended");
          const gate = new Gate();
          const held = [call.hold(gate.memory), call.hold(gate.memory)];
          await until("both are busy", () => gate.arrived === 2);
          gate.open();
          const [one, other] = await inTime("both calls", Promise.all(held));
          assert.notEqual(one, other);
          names.add(one!).add(other!);
          await new Promise((resolve) => setTimeout(resolve, 5 * round));
        }
        assert.ok(starts.arrived >= names.size);
      });
    });

    // piscinajs/piscina#816
    it("loses no call that is made when a worker ends", async () => {
      const [options, starts] = counted({
        ...base,
        minThreads: 0,
        maxThreads: 2,
        idleTimeoutMs: 1,
      });
      await withPool(tasks, options, async ({ call }) => {
        for (let round = 0; starts.arrived < 3; round++) {
          const values = Array.from({ length: 5 }, (_, i) => `${round} ${i}`);
          assert.deepEqual(
            await inTime("the calls", Promise.all(values.map((value) => call.echo(value)))),
            values,
          );
          await new Promise((resolve) => setTimeout(resolve, round % 20));
        }
      });
    });

    it("does not end one that waits for a promise", async () => {
      const options = { ...base, minThreads: 0, maxThreads: 1, idleTimeoutMs: 1 };
      await withPool(tasks, options, async ({ call }) => {
        const gate = new Gate();
        const waiting = call.waitFor(gate.memory);
        const name = await inTime("a call", call.whoAmI());
        await new Promise((resolve) => setTimeout(resolve, 20));
        gate.open();
        assert.equal(await inTime("the call", waiting), name);
      });
    });

    if (kind === "processes") return; // what follows is the same for both

    it("can be shut down while it grows and shrinks", async () => {
      for (const waitMs of [0, 5, 30, 60]) {
        const pool = createPool({ ...base, minThreads: 0, maxThreads: 3, idleTimeoutMs: 1 })(tasks);
        const gate = new Gate();
        const calls = [
          pool.call.echo(1),
          ...Array.from({ length: 5 }, () => pool.call.hold(gate.memory)),
        ].map((call) => call.then(() => "answered", ({ code }) => code));
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        const gone = pool.shutdown();
        gate.open();
        await inTime("shutdown", gone);
        for (const outcome of await inTime("the calls", Promise.all(calls))) {
          assert.ok(["answered", "KNT_ERROR_CLOSED"].includes(outcome as string), String(outcome));
        }
      }
    });

    it("gives up when no worker can start", async () => {
      const options = { ...base, minThreads: 0, maxThreads: 2 };
      await withPool({ ...tasks, throws: unreachable }, options, async ({ call }) => {
        const error = await errorWithCode(
          inTime("the call", call.throws(1)),
          "KNT_ERROR_WORKER_STARTUP",
        );
        assert.match(String(error.cause), /the database is not there/);
        await errorWithCode(call.echo(1), "KNT_ERROR_WORKER_STARTUP");
      });
    });
  });
}

describe("an elastic pool", () => {
  it("works with the inliner: the main thread takes only what it may", async () => {
    const options: Options = { minThreads: 0, maxThreads: 2, inliner: { dispatchThreshold: 1e6 } };
    await withPool(tasks, options, async ({ call }) => {
      const values = Array.from({ length: 50 }, (_, i) => i);
      assert.deepEqual(await Promise.all(values.map((value) => call.echo(value))), values);
    });
  });

  for (const balancer of ["roundRobin", "firstIdle", "randomLane", "firstIdleOrRandom"] as const) {
    it(`works with balancer ${balancer}`, async () => {
      await withPool(tasks, { balancer, minThreads: 0, maxThreads: 2 }, async ({ call }) => {
        const gate = new Gate();
        const held = [1, 2, 3].map(() => call.hold(gate.memory));
        await until("both are busy", () => gate.arrived === 2);
        gate.open();
        assert.equal(new Set(await Promise.all(held)).size, 2);
      });
    });
  }

  it("settles calls in the queue that are aborted while it grows", async () => {
    await withPool(tasks, { minThreads: 1, maxThreads: 2 }, async ({ call }) => {
      const gate = new Gate();
      const held = [1, 2].map(() => call.hold(gate.memory));
      await until("both are busy", () => gate.arrived === 2);
      const controller = new AbortController();
      const waiting = rejection(call.hold(gate.memory, { signal: controller.signal }));
      controller.abort("enough");
      assert.equal(await waiting, "enough");
      gate.open();
      await Promise.all(held);
      assert.equal(gate.arrived, 2);
    });
  });

  it("starts the worker that a key leads to, and sends it what has the same key", async () => {
    const [options, starts] = counted({ minThreads: 0, maxThreads: 3, idleTimeoutMs: Infinity });
    await withPool(tasks, options, async ({ call }) => {
      const keys = [..."abcdefgh"];
      const ask = () => Promise.all(keys.map((key) => call.whoAmI(undefined, { key })));
      const names = await inTime("the calls", ask());
      assert.deepEqual(await ask(), names);
      assert.equal(new Set(names).size, 3);
      assert.equal(starts.arrived, 3);
    });
  });

  it("keeps calls with a key while their worker comes and goes", async () => {
    const options: Options = { minThreads: 0, maxThreads: 3, idleTimeoutMs: 1 };
    await withPool(tasks, options, async ({ call }) => {
      for (let round = 0; round < 3; round++) {
        const calls = [..."abcdefgh"].map((key) => call.echo(key + round, { key }));
        const echoes = [..."abcdefgh"].map((key) => key + round);
        assert.deepEqual(await inTime("the calls", Promise.all(calls)), echoes);
        await new Promise((resolve) => setTimeout(resolve, 6 * round));
      }
    });
  });

  it("runs pool.all on the workers that are there", async () => {
    const options: Options = { minThreads: 0, maxThreads: 3, idleTimeoutMs: Infinity };
    await withPool(tasks, options, async ({ call, all }) => {
      assert.deepEqual(await all.whoAmI(), []);
      const name = await call.whoAmI();
      assert.deepEqual(await all.whoAmI(), [name]);
    });
  });

  it("does not keep a program alive with its idle workers", async () => {
    const end = await runProgram("elastic_ends.ts");
    assert.deepEqual([end.stdout, end.code], ["25\n", 0], end.stderr);
  });

  it("says of what it has refused what it wants", () => {
    const cases: [Options, RegExp][] = [
      [{ threads: 2, maxThreads: 4 }, /threads is a fixed number of workers/],
      [{ threads: 2, minThreads: 1 }, /threads is a fixed number of workers/],
      [{ minThreads: 0.5, maxThreads: 4 }, /minThreads must be a whole number from 0 to 1024/],
      [{ minThreads: 1, maxThreads: 1.5 }, /maxThreads must be a whole number from 1 to 1024/],
      [{ minThreads: -1 }, /minThreads must be a whole number from 0 to 1024, received -1/],
      [{ maxThreads: 0 }, /maxThreads must be a whole number from 1 to 1024, received 0/],
      [{ maxThreads: 1025 }, /maxThreads/],
      [{ minThreads: 4, maxThreads: 2 }, /minThreads must not be more than maxThreads.*4 and 2/],
      [{ idleTimeoutMs: 10 }, /idleTimeoutMs needs minThreads or maxThreads/],
      [{ threads: 1, idleTimeoutMs: 10 }, /idleTimeoutMs needs/],
      [{ maxThreads: 2, idleTimeoutMs: 0 }, /idleTimeoutMs must be a number from 1 on/],
      [{ maxThreads: 2, idleTimeoutMs: NaN }, /idleTimeoutMs/],
      [{ recycle: { maxTasks: 0 } }, /recycle.maxTasks must be Infinity or a whole number from 1/],
      [{ recycle: { maxTasks: 1.5 } }, /recycle.maxTasks/],
      [{ recycle: { maxHeapMb: 0 } }, /recycle.maxHeapMb must be a number from 1 on/],
      [{ recycle: { maxCalls: 1 } as never }, /recycle cannot have "maxCalls"/],
    ];
    for (const [options, message] of cases) assert.throws(() => createPool(options), message);
  });

  // https://github.com/piscinajs/piscina: `new Piscina({ minThreads: 2, maxThreads: 4, idleTimeout: 5000 })`;
  // https://github.com/josdejong/workerpool: `workerpool.pool({ minWorkers: 'max', maxWorkers: 8 })`.
  it("is what piscina and workerpool document", async () => {
    const options = { minThreads: 2, maxThreads: 4, idleTimeoutMs: 5000 };
    await withPool({ square: fixtures.echo }, options, async (pool) => {
      await pool.ready();
      const results = await Promise.all([1, 2, 3, 4].map((n) => pool.call.square(n * n)));
      assert.deepEqual(results, [1, 4, 9, 16]);
    });
    const all = Math.min(8, (globalThis.navigator?.hardwareConcurrency ?? 2) | 0) || 1;
    await withPool({ echo }, { minThreads: all, maxThreads: 8 }, async (pool) => {
      assert.equal(await pool.call.echo(process.pid), process.pid);
    });
  });
});
