// What others do by hand, by observables, or are asked for: their own examples, as streams.

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import { double } from "../fixtures/stream_tasks.ts";
import * as rivals from "../fixtures/rival_streams.ts";
import { errorOf } from "../support/waiting.ts";

describe("as a stream", () => {
  const pool = createPool({ threads: 1 })({ ...rivals, double });
  after(() => pool.shutdown());

  it("piscina's stream through a MessagePort to a worker and back", async () => {
    const lines = new ReadableStream<string>({
      start(controller) {
        for (const chunk of ["a,1\nb", ",2\n", "c,3\n"]) controller.enqueue(chunk);
        controller.close();
      },
    });
    const json: string[] = [];
    for await (const line of pool.call.toJson(lines)) json.push(line);
    assert.deepEqual(json, ['{"a":1}', '{"b":2}', '{"c":3}']);
  });

  it("threads.js' observable of a count", async () => {
    const seen: number[] = [];
    for await (const count of pool.call.startCounting(10)) seen.push(count);
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("the generator that comlink is asked for, with an early leave", async () => {
    const seen: string[] = [];
    for await (const id of pool.call.ids("row")) {
      seen.push(id);
      if (seen.length === 3) break;
    }
    assert.deepEqual(seen, ["row-0", "row-1", "row-2"]);
  });

  it("the progress that workerpool is asked for, with a result", async () => {
    const stream = pool.call.withProgress(4);
    const progress: number[] = [];
    let step = await stream.next();
    for (; !step.done; step = await stream.next()) progress.push(step.value.progress);
    assert.deepEqual([progress, step.value], [[0.25, 0.5, 0.75, 1], { rows: 40 }]);
  });

  it("and with what else a call may have: a priority, a key, a place in a map", async () => {
    const { call } = pool;
    for await (const id of call.ids("x", { priority: 1, key: "x" })) {
      assert.equal(id, "x-0");
      break;
    }
    assert.equal((await errorOf(call.ids("x", { priority: NaN }).next())).name, "RangeError");
    const all = pool.all as unknown as Record<string, (argument: unknown) => Promise<unknown>>;
    assert.match((await errorOf(all["ids"]!("x"))).message, /"ids" is a stream; use call/);
    const doubled: number[] = [];
    for await (const n of pool.map(call.startCounting(5), call.double)) doubled.push(n);
    assert.deepEqual(doubled, [2, 4, 6, 8, 10]);
  });
});
