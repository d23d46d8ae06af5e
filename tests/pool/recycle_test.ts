// `recycle`: workers that are replaced after so many calls, or with so large a heap, and lose none.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options } from "../../mod.ts";
import * as fixtures from "../fixtures/elastic_tasks.ts";
import { Gate } from "../support/gate.ts";
import { inProcess, isAlive } from "../support/processes.ts";
import { runtimeName } from "../support/program.ts";
import { until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const { countItems, echo, hoard, hold, pid, waitFor, whoAmI } = fixtures;
const tasks = { countItems, echo, hoard, hold, pid, waitFor, whoAmI };

const kinds: Record<string, Options> = {
  threads: {},
  processes: inProcess(runtimeName),
};

/** Calls until another worker answers than before, or the pool is gone; how many calls were answered. */
async function callUntilReplaced(call: () => Promise<string>): Promise<number> {
  const first = await call();
  for (let calls = 1;; calls++) {
    if (await call() !== first) return calls;
    if (calls % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

for (const [kind, base] of Object.entries(kinds)) {
  describe(`recycle with ${kind}`, () => {
    it("replaces a worker that has run so many calls, not before, and again", async () => {
      await withPool(tasks, { ...base, recycle: { maxTasks: 50 } }, async ({ call }) => {
        for (let round = 0; round < 2; round++) {
          const calls = await callUntilReplaced(() => call.whoAmI());
          assert.ok(calls >= 49, `after ${calls} calls`); // the call that saw it was its first one
        }
      });
    });

    it("counts calls, and no items of their arguments", async () => {
      await withPool(tasks, { ...base, recycle: { maxTasks: 50 } }, async ({ call }) => {
        const first = await call.whoAmI();
        for (let n = 0; n < 5; n++) {
          const items = (function* () {
            for (let item = 0; item < 100; item++) yield item;
          })();
          assert.equal(await call.countItems(items), 100);
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
        assert.equal(await call.whoAmI(), first);
      });
    });

    it("lets a worker finish what it has begun, and ends it then", async () => {
      await withPool(tasks, { ...base, recycle: { maxTasks: 5 } }, async ({ call }) => {
        const gate = new Gate();
        const oldPid = await call.pid();
        const waiting = call.waitFor(gate.memory);
        await until("it waits", () => gate.arrived === 1);
        const first = await call.whoAmI();
        await callUntilReplaced(() => call.whoAmI());
        gate.open();
        assert.equal(await inTime("the call", waiting), first);
        if (kind === "processes") await until("it has ended", () => !isAlive(oldPid));
      });
    });

    it("loses no call of many, and answers each once", async () => {
      const options = { ...base, threads: 2, recycle: { maxTasks: 20 } };
      await withPool(tasks, options, async ({ call }) => {
        const workers = new Set<string>();
        for (let round = 0; workers.size < 4; round++) {
          const values = Array.from({ length: 50 }, (_, i) => `${round} ${i}`);
          const calls = Promise.all(values.map((value) => call.echo(value)));
          assert.deepEqual(await inTime("the calls", calls), values);
          workers.add(await call.whoAmI());
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      });
    });

    if (kind === "processes") return; // a matter of the crew, to which both are the same

    it("goes on with a worker whose replacement does not start, and tries again", async () => {
      const starts = new Gate();
      const bootstrap = {
        href: "../fixtures/elastic_tasks.ts",
        name: "failSecondStart",
        data: starts.memory,
      };
      const options = {
        ...base,
        worker: { ...base.worker, bootstrap },
        recycle: { maxTasks: 1 },
      };
      await withPool(tasks, options, async ({ call }) => {
        await callUntilReplaced(() => call.whoAmI());
        assert.ok(starts.arrived >= 3);
      });
    });

    // tinypool's `maxMemoryLimitBeforeRecycle`, jest-worker's `idleMemoryLimit`.
    it("replaces a worker whose heap has grown too large", async () => {
      await withPool(tasks, { ...base, recycle: { maxHeapMb: 60 } }, async ({ call }) => {
        const calls = await callUntilReplaced(async () => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          return call.hoard();
        });
        assert.ok(calls >= 2, `after ${calls} calls`);
      });
    });
  });
}

describe("recycle with a bell for each worker", () => {
  it("hears what a worker that leaves still says", async () => {
    const options: Options = { host: { dispatcher: "per-thread" }, recycle: { maxTasks: 5 } };
    await withPool(tasks, options, async ({ call }) => {
      const gate = new Gate();
      const waiting = call.waitFor(gate.memory);
      const first = await call.whoAmI();
      await callUntilReplaced(() => call.whoAmI());
      gate.open();
      assert.equal(await inTime("the call", waiting), first);
    });
  });
});

describe("recycle in an elastic pool", () => {
  it("replaces workers that come and go", async () => {
    const options: Options = {
      minThreads: 0,
      maxThreads: 2,
      idleTimeoutMs: 1,
      recycle: { maxTasks: 3 },
    };
    await withPool(tasks, options, async ({ call }) => {
      for (let round = 0; round < 40; round++) {
        const values = Array.from({ length: 10 }, (_, i) => round * i);
        const calls = Promise.all(values.map((value) => call.echo(value)));
        assert.deepEqual(await inTime("the calls", calls), values);
        await new Promise((resolve) => setTimeout(resolve, round % 8));
      }
    });
  });

  it("is nothing if neither limit is given", async () => {
    await withPool(tasks, { recycle: {} }, async ({ call }) => {
      assert.equal(await call.echo(1), 1);
    });
  });
});
