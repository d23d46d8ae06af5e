// `retry`: calls that are made again when their worker died.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Options, task } from "../../mod.ts";
import { BufferReference } from "../../unsafe.ts";
import * as fixtures from "../fixtures/elastic_tasks.ts";
import { begun } from "../support/begun.ts";
import { mortalWorker } from "../support/end_worker.ts";
import { Gate } from "../support/gate.ts";
import { inProcess, killHard } from "../support/processes.ts";
import { runtimeName } from "../support/program.ts";
import { errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const { countStart: _, failSecondStart: __, ...tasks } = fixtures;
const options: Options = { source: mortalWorker };

describe("a call of a task with retry", () => {
  // jest-worker's `maxRetries: 3`.
  it("is made again when its worker died, and resolves with what the last attempt returns", async () => {
    await withPool(tasks, options, async ({ call }) => {
      for (const last of [1, 2, 3]) {
        const gate = new Gate();
        gate.note = last;
        assert.equal(await inTime("it", call.dieOnce(gate.memory)), last);
        assert.equal(gate.arrived, last);
      }
    });
  });

  it("is made again after a while, which is longer each time", async () => {
    await withPool(tasks, options, async ({ call }) => {
      const gate = new Gate();
      gate.note = 3;
      assert.equal(await inTime("it", call.dieAndWaitABit(gate.memory)), 3);
    });
  });

  it("rejects with the last death, and says how often it was made", async () => {
    await withPool(tasks, options, async ({ call }) => {
      const gate = new Gate();
      gate.note = 100;
      const error = await errorWithCode(
        inTime("it", call.dieOnce(gate.memory)),
        "KNT_ERROR_WORKER_EXITED",
      );
      assert.match(error.message, /exited with code 3 \(during task "dieOnce", attempt 3 of 3\)/);
      assert.equal(gate.arrived, 3);
      assert.equal(await call.echo(1), 1);
    });
  });

  it("is not made again without the option", async () => {
    await withPool(tasks, options, async ({ call }) => {
      const gate = new Gate();
      gate.note = 100;
      const error = await errorOf(call.dieForever(gate.memory));
      assert.match(error.message, /\(during task "dieForever"\)$/);
      assert.equal(gate.arrived, 1);
    });
  });

  it("is not made again when the task throws: that is an answer", async () => {
    await withPool(tasks, options, async ({ call }) => {
      const gate = new Gate();
      assert.equal((await errorOf(call.throwOnce(gate.memory))).message, "an answer");
      assert.equal(gate.arrived, 1);
    });
  });

  it("settles at once when its caller gives up between two attempts", async () => {
    await withPool(tasks, options, async ({ call }) => {
      const gate = new Gate();
      gate.note = 100;
      const controller = new AbortController();
      const { signal } = controller;
      const reason = rejection(call.dieAndWait(gate.memory, { signal }));
      await until("the first attempt", () => gate.arrived === 1);
      assert.equal(await call.echo("the next worker"), "the next worker");
      controller.abort("enough");
      assert.equal(await inTime("it", reason), "enough");
      assert.equal(gate.arrived, 1);
    });
  });

  it("runs out of the time of the task, whatever it waits for", async () => {
    await withPool(tasks, options, async ({ call }) => {
      const gate = new Gate();
      gate.note = 100;
      const made = call.dieInTime(gate.memory);
      await errorWithCode(inTime("it", made), "KNT_ERROR_TIMEOUT");
    });
  });

  it("is not made again if its time was up before its worker died", async () => {
    await withPool(tasks, options, async ({ call, ready }) => {
      await ready();
      const { state, call: late } = await begun((state) => call.dieLate(state.buffer));
      // This one has not begun, and runs out of time when the other one has.
      await errorWithCode(call.dieLate(state.buffer), "KNT_ERROR_TIMEOUT");
      state.release();
      const error = await errorWithCode(inTime("it", late), "KNT_ERROR_WORKER_EXITED");
      assert.match(error.message, /\(during task "dieLate", attempt 1 of 3\)$/);
      assert.equal(state.started, 1);
    });
  });

  it("rejects when the pool is shut down between two attempts", async () => {
    let reason: Promise<unknown> | undefined;
    await withPool(tasks, options, async ({ call }) => {
      const gate = new Gate();
      gate.note = 100;
      reason = rejection(call.dieAndWait(gate.memory));
      await until("the first attempt", () => gate.arrived === 1);
      await call.echo(1);
    });
    assert.equal(String(await reason), "Thread closed");
  });

  it("is not made again if its argument was moved to the worker that died", async () => {
    await withPool(tasks, options, async ({ call }) => {
      const error = await errorWithCode(
        call.dieWith(new BufferReference(new Uint8Array([7]))),
        "KNT_ERROR_WORKER_EXITED",
      );
      assert.match(
        error.message,
        /exited with code 7 \(during task "dieWith", attempt 1 of 3, the/,
      );
      assert.match(error.message, /the last because the argument was moved to the worker\)$/);
    });
  });

  it("is not made again if the worker that died had asked for items of its argument", async () => {
    await withPool(tasks, options, async ({ call }) => {
      const items = async function* (): AsyncGenerator<number> {
        yield 8;
      };
      const error = await errorWithCode(
        inTime("it", call.dieReading(items())),
        "KNT_ERROR_WORKER_EXITED",
      );
      assert.match(
        error.message,
        /exited with code 8 \(during task "dieReading", attempt 1 of 3, the/,
      );
      assert.match(error.message, /the worker had asked for items of the argument\)$/);
    });
  });

  it("is not made again when a hard timeout ended its worker", async () => {
    const worker = { hardTimeoutMs: 1_000, onHardTimeout: "replace" } as const;
    await withPool(tasks, { ...options, worker }, async ({ call }) => {
      const gate = new Gate();
      const made = call.holdAgain(gate.memory);
      await errorWithCode(inTime("it", made), "KNT_ERROR_HARD_TIMEOUT");
      gate.open(); // Deno does not end threads
      assert.equal(await call.echo(1), 1);
      assert.equal(gate.arrived, 1);
    });
  });

  it("is made again when its process is killed", async () => {
    await withPool(tasks, { ...inProcess(runtimeName), threads: 2 }, async ({ call }) => {
      const gate = new Gate();
      const made = call.holdFirst(gate.memory);
      await until("it is begun", () => gate.arrived === 1);
      killHard(gate.note);
      assert.equal(await inTime("it", made), 2);
    });
  });
});

describe("the option retry", () => {
  const f = (n: number) => n;

  it("is kept in the definition as it was given", () => {
    const retry = { attempts: 2 };
    assert.equal(task({ f, retry }).retry, retry);
    assert.equal(task({ f }).retry, undefined);
  });

  it("says what it wants", () => {
    const cases: [unknown, RegExp][] = [
      [{}, /task retry must have a number of attempts/],
      [3, /task retry must be an object, received 3/],
      [{ attempts: 0 }, /attempts in task retry must be a whole number from 1 to 1000, received 0/],
      [{ attempts: 1.5 }, /attempts in task retry must be a whole number/],
      [{ attempts: 2, backoffMs: -1 }, /backoffMs in task retry must be a number from 0 on/],
      [{ attempts: 2, backoffMs: Infinity }, /backoffMs in task retry must be below Infinity/],
      [{ attempts: 2, times: 1 }, /task retry cannot have "times"/],
    ];
    for (const [retry, message] of cases) {
      assert.throws(() => task({ f, retry: retry as never }), message);
    }
  });
});
