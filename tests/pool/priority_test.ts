// `priority` of calls, on workers that are kept busy until all calls are there. What a head start is, is in
// waiting_calls_test.ts: here one level is more than a test could last.

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createPool, type Options } from "../../mod.ts";
import { square } from "../fixtures/basic_tasks.ts";
import * as orderTasks from "../fixtures/order_tasks.ts";
import { RunningOrder, turns } from "../support/running_order.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorOf, rejection, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const tasks = { ...orderTasks, square };
type Call = Parameters<Parameters<typeof withPool<typeof tasks>>[2]>[0]["call"];
const priorityAgeingMs = 3_600_000;

/** Keeps so many workers busy, lets `make` make calls, releases the workers, and awaits everything. */
async function whileBusy(
  call: Call,
  threads: number,
  make: () => readonly Promise<unknown>[] | Promise<readonly Promise<unknown>[]>,
): Promise<void> {
  const state = new SharedState();
  const long = Array.from({ length: threads }, () => call.spinHere(state.buffer));
  await until("all workers are busy", () => state.started === threads);
  let calls: readonly Promise<unknown>[];
  try {
    calls = await make();
    await turns();
  } finally {
    state.release();
  }
  await inTime("the calls", Promise.all(calls));
  await Promise.all(long);
}

describe("the priority of a call", () => {
  const pool = createPool({ priorityAgeingMs })(tasks);
  const { call } = pool;
  after(() => pool.shutdown());

  const hosts: Record<string, Options> = {
    "a doorbell for each worker": { host: { dispatcher: "per-thread" } },
    "round robin by a host that never parks": { balancer: "roundRobin", host: { maxBackoffMs: 0 } },
  };
  for (const [name, options] of Object.entries(hosts)) {
    it(`decides which begins first: ${name}`, async () => {
      await withPool(tasks, { priorityAgeingMs, ...options }, async ({ call }) => {
        const running = new RunningOrder();
        await whileBusy(
          call,
          1,
          () =>
            [0, 1, -1, 5, 0.5, 1, 0, 0].map((priority) => call.note(running.next(), { priority })),
        );
        assert.deepEqual(running.order, [3, 1, 5, 4, 0, 6, 7, 2]);
      });
    });
  }

  it("counts although others have been sent to the worker already", async () => {
    for (const before of [1, 2, 500]) {
      const running = new RunningOrder();
      // Calls so short that a worker is given many ahead.
      for (let round = 0; round < 10; round++) {
        await Promise.all(Array.from({ length: 200 }, (_, n) => call.square(n)));
      }
      await whileBusy(call, 1, async () => {
        const calls = Array.from({ length: before }, () => call.note(running.next()));
        await turns(); // they are with the worker now
        calls.push(call.note(running.next(), { priority: 1 }));
        await turns();
        calls.push(call.note(running.next(), { priority: 2 }), call.note(running.next()));
        return calls;
      });
      const plain = Array.from({ length: before }, (_, index) => index);
      assert.deepEqual(running.order, [before + 1, before, ...plain, before + 2]);
    }
  });

  it("below 0 lets calls without one come first, also if it has been sent to the worker already", async () => {
    const running = new RunningOrder();
    await whileBusy(call, 1, async () => {
      const calls = [0, 1].map(() => call.note(running.next(), { priority: -1 }));
      await turns();
      calls.push(call.note(running.next()));
      await turns();
      calls.push(call.note(running.next()));
      return calls;
    });
    assert.deepEqual(running.order, [2, 3, 0, 1]);
  });

  it("counts among those that a busy worker has been sent, with several workers", async () => {
    await withPool(tasks, { threads: 2, priorityAgeingMs }, async ({ call }) => {
      const states = [new SharedState(), new SharedState()];
      const long = states.map(({ buffer }) => call.spinHere(buffer));
      await until("both run", () => states.every(({ started }) => started === 1));
      const running = new RunningOrder();
      const calls = Array.from({ length: 20 }, () => call.note(running.next()));
      await turns();
      calls.push(call.note(running.next(), { priority: 1 }));
      await turns();
      states[0]!.release(); // one worker runs them all
      await inTime("the calls", Promise.all(calls));
      states[1]!.release();
      await Promise.all(long);
      assert.equal(running.order[0], 20);
      assert.deepEqual(running.order.slice(1), Array.from({ length: 20 }, (_, index) => index));
    });
  });

  it("counts from when the argument is there", async () => {
    const running = new RunningOrder();
    await whileBusy(call, 1, () => [
      call.note(running.next()),
      call.note(Promise.resolve(running.next()), { priority: 1 }),
      call.note(running.next(), { priority: 2 }),
    ]);
    assert.deepEqual(running.order, [2, 1, 0]);
  });

  it("interrupts nothing that has begun, and counts behind it when it only waits", async () => {
    const state = new SharedState();
    const waiting = Array.from(
      { length: 50 },
      (_, n) => call.waitHere(state.buffer, { priority: n % 3 }),
    );
    await until("all wait", () => state.started === 50);
    assert.equal(await inTime("a call", call.square(3, { priority: -1 })), 9);
    assert.equal(await inTime("a call", call.square(4)), 16);
    state.release();
    await Promise.all(waiting);
  });

  it("loses no call of many", async () => {
    await withPool(tasks, { threads: 2 }, async ({ call }) => {
      const running = new RunningOrder();
      const calls = Array.from({ length: 900 }, (_, n) => {
        const f = n % 2 === 0 ? call.note : call.noteAndWait;
        return n % 3 === 0 ? f(running.next()) : f(running.next(), { priority: n % 7 - 3 });
      });
      await inTime("the calls", Promise.all(calls), 20_000);
      assert.equal(running.ran, 900);
    });
  });

  it("lets calls leave at once that are aborted or whose pool ends", async () => {
    await withPool(tasks, { priorityAgeingMs }, async ({ call, shutdown }) => {
      const state = new SharedState();
      const long = errorOf(call.spinHere(state.buffer));
      await until("it runs", () => state.started === 1);
      const running = new RunningOrder();
      const controller = new AbortController();
      const { signal } = controller;
      const aborted = [3, 1, 2, 1].map((priority) =>
        rejection(call.note(running.next(), { priority, signal }))
      );
      const left = [2, 5, 0].map((priority) => errorOf(call.note(running.next(), { priority })));
      await turns();
      controller.abort("enough");
      assert.deepEqual(await inTime("the aborted", Promise.all(aborted)), Array(4).fill("enough"));
      const closed = shutdown();
      state.release();
      await closed;
      for (const { code } of await Promise.all([long, ...left])) {
        assert.equal(code, "KNT_ERROR_CLOSED");
      }
    });
  });

  it("counts for the main thread, too, also behind calls that it may not run", async () => {
    const inliner = { dispatchThreshold: 1 };
    await withPool(tasks, { threads: 0, inliner, priorityAgeingMs }, async ({ call }) => {
      const running = new RunningOrder();
      await Promise.all(
        [0, 1, 2, 3].map((priority) => call.note(running.next(), { priority })),
      );
      assert.deepEqual(running.order, [0, 3, 2, 1]); // the first was given to it before the others came
    });
  });

  it("is a finite number", async () => {
    const refused = async (priority: unknown, kind: ErrorConstructor, message: string) => {
      const error = await errorOf(call.square(1, { priority: priority as number }));
      assert.ok(error instanceof kind);
      assert.equal(error.message, message);
    };
    await refused(NaN, RangeError, "priority must be a finite number, received NaN");
    await refused(-Infinity, RangeError, "priority must be a finite number, received -Infinity");
    await refused("high", TypeError, 'priority must be a number, received "high"');
  });
});
