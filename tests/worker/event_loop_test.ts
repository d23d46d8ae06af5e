import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as tasks from "../fixtures/event_loop_tasks.ts";
import { onceQuiet } from "../support/once_quiet.ts";
import { SharedState } from "../support/shared_state.ts";
import { until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

/** Asserts that the interval of the task module ticks while `body`, of 200 ms, makes calls. */
function assertTicks(
  ticksSoFar: () => Promise<number>,
  body: () => Promise<unknown>,
): Promise<void> {
  return onceQuiet(async () => {
    const first = await ticksSoFar();
    await body();
    const ticks = await ticksSoFar() - first;
    assert.ok(ticks >= 10, `${ticks} ticks of 1 ms in 200 ms`);
  });
}

describe("the event loop of a worker", () => {
  it("runs while the lane is idle", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const ticker = new SharedState();
      await call.shareTicks(ticker.buffer);
      const before = ticker.started;
      // No call is made while the ticks are watched.
      await until("the interval of the task module ticks", () => ticker.started > before + 30);
    });
  });

  it("runs while a task waits for a promise", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const [ticker, gate] = [new SharedState(), new SharedState()];
      await call.shareTicks(ticker.buffer);
      const waiting = call.whenReleased(gate.buffer);
      await until("the task waits", () => gate.started === 1);
      const before = ticker.started;
      await until("the interval of the task module ticks", () => ticker.started > before + 30);
      gate.release();
      assert.equal(await waiting, "released");
    });
  });

  it("runs while calls keep coming, one at a time", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      await assertTicks(call.ticksSoFar, async () => {
        const end = performance.now() + 200;
        while (performance.now() < end) await call.add(1);
      });
    });
  });

  it("runs while calls keep coming, many at a time", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      await assertTicks(call.ticksSoFar, async () => {
        const end = performance.now() + 200;
        while (performance.now() < end) {
          await Promise.all(Array.from({ length: 200 }, (_, i) => call.add(i)));
        }
      });
    });
  });

  it("runs while calls come faster than they are answered", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      await assertTicks(
        call.ticksSoFar,
        () => Promise.all(Array.from({ length: 400 }, () => call.spin(0.5))),
      );
    });
  });

  it("lets tasks settle by timers, immediates and microtasks, side by side", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const results = await inTime(
        "all calls",
        Promise.all(Array.from({ length: 400 }, (_, i) => {
          switch (i % 4) {
            case 0:
              return call.afterTimer(i % 20);
            case 1:
              return call.afterImmediate(i);
            case 2:
              return call.afterMicrotasks(i);
            default:
              return call.add(i);
          }
        })),
      );
      results.forEach((result, i) =>
        assert.equal(result, i % 4 === 0 ? i % 20 : i % 4 === 3 ? i + 1 : i)
      );
    });
  });

  it("lets a timer of a task end it while calls keep coming", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      let done = false;
      const timer = call.afterTimer(10).then(() => done = true);
      const end = performance.now() + 5000;
      let calls = 0;
      while (!done && performance.now() < end) {
        await call.add(1);
        calls++;
      }
      assert.ok(done, `still waiting after ${calls} calls`);
      await timer;
    });
  });
});
