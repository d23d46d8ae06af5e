// `worker.timers`: what a worker does while there is nothing to do.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options, TimerOptions } from "../../mod.ts";
import { square } from "../fixtures/basic_tasks.ts";
import { onceQuiet } from "../support/once_quiet.ts";
import { runProgram } from "../support/program.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** How often the worker of a program said that it goes to sleep. */
async function countSleeps(timers: TimerOptions, idleMs: number): Promise<number> {
  const options: Options = { debug: { signals: true }, worker: { timers } };
  const args = [JSON.stringify(options), String(idleMs)];
  const { code, late, stdout, stderr } = await runProgram("idle_workers.ts", { args });
  assert.deepEqual([code, late, stdout], [0, false, "9\n16\n"], stderr);
  return stderr.split("\n").filter((line) => / signals: idle$/.test(line)).length;
}

describe("a worker that is idle", () => {
  it("sleeps until it is woken, by default", async () => {
    const sleeps = await countSleeps({}, 400);
    assert.ok(sleeps >= 1 && sleeps <= 6, `it went to sleep ${sleeps} times`);
  });

  it("looks for calls by itself after parkMs", async () => {
    await onceQuiet(async () => {
      const sleeps = await countSleeps({ parkMs: 5 }, 400);
      assert.ok(sleeps >= 10, `it went to sleep ${sleeps} times`);
      assert.ok(sleeps <= 100, `it went to sleep ${sleeps} times`);
    });
  });

  for (
    const timers of [
      { spinMicroseconds: 0 },
      { spinMicroseconds: 0, parkMs: 5_000 },
      { spinMicroseconds: 0, parkMs: 1 },
      { spinMicroseconds: 1000, pauseNanoseconds: 250 },
      { pauseNanoseconds: 100_000 },
    ]
  ) {
    it(`answers promptly: ${JSON.stringify(timers)}`, async () => {
      await withPool({ square }, { threads: 2, worker: { timers } }, async ({ call }) => {
        assert.equal(await call.square(1), 1);
        const took: number[] = [];
        for (let i = 0; i < 9; i++) {
          await sleep(20);
          const start = performance.now();
          assert.equal(await inTime("the call", call.square(i), 4_000), i * i);
          took.push(performance.now() - start);
        }
        took.sort((a, b) => a - b);
        assert.ok(took[4]! < 500, `half of the calls took ${took[4]} ms or more`);
        const many = await Promise.all(Array.from({ length: 1000 }, (_, i) => call.square(i)));
        assert.deepEqual(many, many.map((_, i) => i * i));
      });
    });
  }
});
