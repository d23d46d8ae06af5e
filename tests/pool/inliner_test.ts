// `inliner`: the main thread as one more lane.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPool, type Options } from "../../mod.ts";
import * as tasks from "../fixtures/inline_tasks.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

type Body = Parameters<typeof withPool<typeof tasks>>[2];

const { imported: _, ...ordinary } = tasks;

/** Runs `body` with a pool that has no workers. */
const inlineOnly = (
  body: (pool: Parameters<Parameters<typeof withPool<typeof ordinary>>[2]>[0]) => Promise<void>,
  inliner: Options["inliner"] & object = {},
): Promise<void> => withPool(ordinary, { threads: 0, inliner }, body);

/** Runs `body` with a pool of one worker, which is ready, and the inline lane. */
async function besideWorker(options: Options, body: Body): Promise<void> {
  await withPool(tasks, { inliner: {}, ...options }, async (pool) => {
    // The main thread does not run imported tasks.
    assert.equal(await pool.call.imported(), false);
    await body(pool);
  });
}

describe("a pool without workers", () => {
  it("runs every call on the main thread", async () => {
    await inlineOnly(async ({ call }) => {
      assert.deepEqual(await Promise.all([call.ranInline(), call.ranInline()]), [true, true]);
    }, { dispatchThreshold: 100 });
  });

  it("passes values by reference, also those that cannot cross", async () => {
    await inlineOnly(async ({ call }) => {
      const f = () => "called";
      for (const value of [{ a: 1 }, f, Symbol("local"), new Map([[1, 2]]), new WeakMap(), [f]]) {
        assert.equal(await call.keep(value), value);
        assert.equal(await call.keepLater(value), value);
      }
      assert.equal(await call.apply(f), "called");
    });
  });

  it("rejects with the very value that is thrown", async () => {
    await inlineOnly(async ({ call }) => {
      for (const reason of [new RangeError("mine"), "text", undefined, null, { a: 1 }]) {
        assert.equal(await rejection(call.throwIt(reason)), reason);
        assert.equal(await rejection(call.rejectIt(reason)), reason);
        assert.equal(await rejection(call.brokenThenable(reason)), reason);
      }
    });
  });

  it("awaits arguments that are promises, and whatever a task returns", async () => {
    await inlineOnly(async ({ call }) => {
      const value = { a: 1 };
      assert.equal(await call.keep(Promise.resolve(value)), value);
      assert.equal(await call.thenable(value), value);
      const reason = new Error("no argument");
      assert.equal(await rejection(call.keep(Promise.reject(reason))), reason);
    });
  });

  it("never runs a call before its caller has the promise", async () => {
    await inlineOnly(async ({ call }) => {
      let ran = 0;
      const promise = call.apply(() => ++ran);
      assert.equal(ran, 0);
      assert.equal(await promise, 1);
    });
  });

  it("lets timers of the program run between batches", async () => {
    for (const batchSize of [1, 5]) {
      await inlineOnly(async ({ call }) => {
        const turns: number[] = [];
        let turn = 0;
        const timer = setInterval(() => turn++, 0);
        const calls = Array.from({ length: 40 }, () =>
          call.apply(() => {
            turns.push(turn);
            for (const end = performance.now() + 2; performance.now() < end;);
          }));
        await Promise.all(calls);
        clearInterval(timer);
        assert.equal(turns.length, 40);
        assert.ok(turn >= 40 / batchSize / 4, `${turn} turns for batches of ${batchSize}`);
        for (let first = 0; first < 40; first++) {
          const together = turns.filter((other) => other === turns[first]).length;
          assert.ok(batchSize > 1 || together <= 8, `${together} calls in one turn`);
        }
      }, { batchSize });
    }
  });

  it("runs a batch in one turn", async () => {
    await inlineOnly(async ({ call }) => {
      let turn = 0;
      setImmediate(() => turn++);
      const turns = Array.from({ length: 10 }, () => call.apply(() => turn));
      assert.deepEqual(await Promise.all(turns), Array(10).fill(0));
    }, { batchSize: 10 });
  });

  it("tells abort-aware tasks, and rejects their promises", async () => {
    await inlineOnly(async ({ call }) => {
      assert.deepEqual(await call.lookAtSignal(), [true, false, true]);
      const [told, rejected, early] = [1, 2, 3].map(() => call.waitUntilAborted());
      early!.reject();
      assert.equal(await early, "told before it began");
      told!.reject();
      assert.equal(await told, "told true");
      const outcome = rejection(rejected!);
      rejected!.reject("enough");
      assert.equal(await outcome, "enough");
      assert.deepEqual(await call.lookAtSignal(), [true, false, true]);
    });
  });

  it("drops calls that have not begun", async () => {
    await inlineOnly(async ({ call }) => {
      let ran = 0;
      const controller = new AbortController();
      const run = () => ran++;
      const dropped = Array.from(
        { length: 10 },
        () => rejection(call.apply(run, { signal: controller.signal })),
      );
      controller.abort("enough");
      assert.deepEqual(await Promise.all(dropped), Array(10).fill("enough"));
      assert.equal(await call.apply(run), 0);
      assert.equal(ran, 1);
    });
  });

  it("keeps timeouts", async () => {
    await inlineOnly(async ({ call }) => {
      assert.equal(await call.tooLong({ promise: new Promise(() => {}) }), "late");
      assert.equal(await call.tooLong({ promise: Promise.resolve("soon") }), "soon");
    });
  });

  it("rejects what is pending at shutdown, and begins nothing after it", async () => {
    let ran = 0;
    const pool = createPool({ threads: 0, inliner: { batchSize: 4 } })(ordinary);
    const running = pool.call.never();
    assert.equal(await pool.call.ranInline(), true);
    const calls = Array.from({ length: 10 }, () => pool.call.apply(() => ran++));
    const reasons = [running, ...calls].map(rejection);
    await inTime("shutdown", pool.shutdown());
    for (const reason of await Promise.all(reasons)) assert.equal(String(reason), "Thread closed");
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(ran, 0);
    assert.equal((await errorOf(pool.call.ranInline())).message, "Pool is shut down");
  });
});

describe("the inline lane beside workers", () => {
  it("takes calls while the worker is busy", async () => {
    const options: Options = { inliner: { position: "last" }, balancer: "firstIdle" };
    await besideWorker(options, async ({ call }) => {
      const state = new SharedState();
      const spinning = call.spin(state.buffer);
      await until("the worker is busy", () => state.started === 1);
      const calls = await Promise.all(Array.from({ length: 20 }, () => call.ranInline()));
      assert.deepEqual(calls, Array(20).fill(true));
      state.release();
      assert.equal(await spinning, false);
    });
  });

  it("never takes imported tasks", async () => {
    await besideWorker({ inliner: { position: "first" } }, async ({ call }) => {
      const calls = await Promise.all(Array.from({ length: 200 }, () => call.imported()));
      assert.deepEqual(calls, Array(200).fill(false));
    });
  });

  it("takes nothing below the threshold", async () => {
    await besideWorker({ inliner: { dispatchThreshold: 3 } }, async ({ call }) => {
      for (let i = 0; i < 10; i++) {
        assert.deepEqual(await Promise.all([call.ranInline(), call.ranInline()]), [false, false]);
      }
      const many = await Promise.all(Array.from({ length: 50 }, () => call.ranInline()));
      assert.ok(many.includes(true));
    });
  });

  for (const position of ["first", "last"] as const) {
    it(`comes ${position} if that is its position`, async () => {
      const options: Options = { inliner: { position }, balancer: "firstIdle" };
      await besideWorker(options, async ({ call }) => {
        for (let i = 0; i < 10; i++) {
          assert.equal(await call.ranInline(), position === "first");
        }
      });
    });
  }

  it("runs calls before any worker is ready", async () => {
    await withPool(tasks, { inliner: {} }, async ({ call }) => {
      assert.equal(await call.ranInline(), true);
      assert.equal(await call.imported(), false);
    });
  });

  it("refuses what cannot cross only if a worker takes it", async () => {
    const options: Options = { inliner: { position: "last" }, balancer: "firstIdle" };
    await besideWorker(options, async ({ call }) => {
      await errorWithCode(call.keep(() => {}), "KNT_ERROR_0");
    });
    await withPool(ordinary, { threads: 0, inliner: {} }, async ({ call }) => {
      const f = () => {};
      assert.equal(await call.keep(f), f);
    });
  });
});
