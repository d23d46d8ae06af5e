// What other libraries show in their documentation about order, said with this one.

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import * as tasks from "../fixtures/rival_order_tasks.ts";
import { RunningOrder, turns } from "../support/running_order.ts";
import { SharedState } from "../support/shared_state.ts";
import { until } from "../support/waiting.ts";

const pool = createPool({ threads: 2 })(tasks);
const alone = createPool({ threads: 1, priorityAgeingMs: 3_600_000 })(tasks);
after(() => Promise.all([pool.shutdown(), alone.shutdown()]));

/** In which order calls with these priorities begin while the worker is busy. */
async function orderOf(priorities: readonly number[]): Promise<number[]> {
  const state = new SharedState();
  const busy = alone.call.spinHere(state.buffer);
  await until("it runs", () => state.started === 1);
  const running = new RunningOrder();
  const calls = priorities.map((priority) => alone.call.report(running.next(), { priority }));
  await turns();
  state.release();
  const results = await Promise.all(calls);
  // Promise.all has them as they were made, whatever the order in which they ran.
  assert.deepEqual(results, priorities.map((_, index) => index));
  await busy;
  return running.order.map((index) => priorities[index]!);
}

describe("priorities", () => {
  it("as in the example for a task queue of one's own of piscina: 1 to 13, the greatest first", async () => {
    const priorities = Array.from({ length: 13 }, (_, n) => n + 1);
    assert.deepEqual(await orderOf(priorities), priorities.toReversed());
  });

  it("as in p-queue: the urgent ones go before those without", async () => {
    assert.deepEqual(await orderOf([1, 0, 1, 1]), [1, 1, 1, 0]);
  });

  it("as in poolifier: -20 to 19, the least first, with the sign changed", async () => {
    const nice = [0, 19, -20, 5, -5];
    const order = (await orderOf(nice.map((value) => -value))).map((priority) => -priority);
    assert.deepEqual(order, [-20, -5, 0, 5, 19]);
  });
});

describe("keys", () => {
  it("as computeWorkerKey of jest-worker: a file is transformed where its result is cached", async () => {
    const files = ["/tmp/foo.js", "/tmp/bar.js", "/tmp/baz.js", "/tmp/qux.js"];
    const transform = (file: string) => pool.call.transform(file, { key: file });
    const first = await Promise.all(files.map(transform));
    assert.ok(first.every(({ isCached }) => !isCached));
    const second = await Promise.all(files.map(transform));
    assert.deepEqual(second, first.map(({ code }) => ({ code, isCached: true })));
    // And once in each worker, like the teardown of its workers.
    const sizes = await pool.all.clearCache();
    assert.equal(sizes.length, 2);
    assert.equal(sizes.reduce((sum, size) => sum + size), files.length);
    assert.ok((await Promise.all(files.map(transform))).every(({ isCached }) => !isCached));
  });
});

describe("maps", () => {
  it("as in p-map: promises among the items, results in their order", async () => {
    const later = async (name: string): Promise<string> => await `https://${name}.example`;
    const sites = [later("sindre"), "https://ava.example", "https://git.example"];
    const result: string[] = [];
    for await (const url of pool.map(sites, pool.call.visit, { concurrency: 2 })) result.push(url);
    assert.deepEqual(result, [
      "https://sindre.example/",
      "https://ava.example/",
      "https://git.example/",
    ]);
  });

  it("as in pMapIterable: an endless source, left when there is enough", async () => {
    let taken = 0;
    const ids = function* (): Generator<number> {
      for (;;) yield taken++;
    };
    const found: number[] = [];
    for await (const result of pool.map(ids(), pool.call.square, { concurrency: 8 })) {
      if (found.push(result) === 20) break;
    }
    assert.deepEqual(found, Array.from({ length: 20 }, (_, n) => n * n));
    assert.equal(taken, 28);
  });

  it("as Pool.map, imap and imap_unordered of Python's multiprocessing", async () => {
    const map = async (ordered: boolean): Promise<number[]> => {
      const results: number[] = [];
      for await (const y of pool.map([1, 2, 3], pool.call.square, { ordered })) results.push(y);
      return results;
    };
    assert.deepEqual(await map(true), [1, 4, 9]);
    assert.deepEqual(new Set(await map(false)), new Set([1, 4, 9]));
  });
});
