// Several pools in one program: none of them knows of the others.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPool, Envelope, type Options } from "../../mod.ts";
import * as abortTasks from "../fixtures/abort_tasks.ts";
import { echo, never, seven, square } from "../fixtures/basic_tasks.ts";
import { crash } from "../fixtures/fault_tasks.ts";
import { inner } from "../fixtures/makes_pool.ts";
import { half } from "../fixtures/uses_pool_module.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorWithCode, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const { ignoreSignal, countAbortable } = abortTasks;
const tasks = { echo, never, seven, square, ignoreSignal, countAbortable };
type Pool = Parameters<Parameters<typeof withPool<typeof tasks>>[2]>[0];

/** Runs `body` with one pool for each of these options. */
async function withPools(
  options: readonly Options[],
  body: (pools: readonly Pool[]) => Promise<void>,
): Promise<void> {
  const pools = options.map((option) => createPool(option)(tasks));
  try {
    await inTime("the body of the test", body(pools), 60_000);
  } finally {
    await Promise.all(pools.map(({ shutdown }) => shutdown()));
  }
}

describe("pools side by side", () => {
  it("answer their own calls, twenty of them, each with its options", async () => {
    const options = Array.from({ length: 20 }, (_, n): Options => ({
      threads: n % 5 === 0 ? 0 : 1,
      ...(n % 5 < 2 && { inliner: { position: n % 2 ? "first" : "last" } }),
      abortSignalCapacity: 1 + n,
      payload: { payloadInitialBytes: 64 << n % 10 },
      host: { dispatcher: n % 2 ? "per-thread" : "serial-channel", maxBackoffMs: n % 3 ? 5 : 0 },
    }));
    await withPools(options, async (pools) => {
      const calls = pools.flatMap(({ call }, pool) =>
        Array.from({ length: 30 }, async (_, n) => {
          const value = { pool, n, text: "x".repeat(n * 20), u: undefined };
          assert.deepEqual(await call.echo(value), value);
          assert.equal(await call.square(n), n * n);
        })
      );
      await Promise.all(calls);
    });
  });

  it("have abort-aware calls of their own, up to their own limits", async () => {
    await withPools([{ abortSignalCapacity: 1 }, { abortSignalCapacity: 2 }], async (pools) => {
      const state = new SharedState();
      const [first, second] = pools.map(({ call }) => call) as [Pool["call"], Pool["call"]];
      const running = first.ignoreSignal(state.buffer);
      await errorWithCode(
        first.countAbortable(new SharedState().buffer),
        "KNT_ERROR_ABORT_CAPACITY",
      );
      const others = [second.ignoreSignal(state.buffer), second.ignoreSignal(state.buffer)];
      await until("all run", () => state.started === 3);
      running.reject();
      state.release();
      assert.equal(await running, true);
      assert.deepEqual(await Promise.all(others), [false, false]);
    });
  });

  it("go on while the workers of one of them die again and again", async () => {
    await withPools([{}, {}], async ([first, second]) => {
      const mortal = createPool({})({ crash, seven });
      for (let round = 0; round < 3; round++) {
        const death = errorWithCode(mortal.call.crash("on purpose"), "KNT_ERROR_WORKER_CRASHED");
        const values = Array.from({ length: 50 }, (_, n) => `${round}: ${n}`);
        for (const { call } of [first!, second!]) {
          assert.deepEqual(await Promise.all(values.map((value) => call.echo(value))), values);
        }
        await inTime("the death of a worker", death);
      }
      assert.equal(await inTime("a call of a worker that was replaced", mortal.call.seven()), 7);
      await mortal.shutdown();
    });
  });

  it("may be used by what another one reads: their calls do not mix", async () => {
    await withPools([{}, {}, {}], async (pools) => {
      const [first, second, third] = pools.map(({ call }) => call) as Pool["call"][];
      await Promise.all(pools.map(({ call }) => call.seven()));
      const made: Promise<unknown>[] = [];
      const innermost = { at: new Date(3), text: "three", u: undefined };
      const between = {
        u: undefined,
        text: "two",
        get last(): Date {
          made.push(third!.echo(innermost), third!.echo(new Error("three")));
          return new Date(2);
        },
      };
      const header = {
        text: "one",
        get last(): number {
          made.push(second!.echo(between));
          return 1;
        },
      };
      const outer = await first!.echo(new Envelope(header, Uint8Array.of(1, 2, 3).buffer));
      assert.ok(outer instanceof Envelope);
      assert.deepEqual(outer.header, { text: "one", last: 1 });
      assert.deepEqual([...new Uint8Array(outer.payload as ArrayBuffer)], [1, 2, 3]);
      const results = await Promise.all(made);
      assert.deepEqual(results[0], innermost);
      assert.equal((results[1] as Error).message, "three");
      assert.deepEqual(results[2], { u: undefined, text: "two", last: new Date(2) });
    });
  });

  it("may be shut down when a call of another one settles, or is read", async () => {
    await withPools([{}, {}, {}], async (pools) => {
      const [first, second, third] = pools as [Pool, Pool, Pool];
      const waiting = [second, third].map(({ call }) =>
        errorWithCode(call.never(new SharedState().buffer), "KNT_ERROR_CLOSED")
      );
      let thirdEnded: Promise<void> | undefined;
      const argument = {
        get a(): number {
          thirdEnded ??= third.shutdown();
          return 1;
        },
      };
      await first.call.square(2).then(() => second.shutdown());
      assert.deepEqual(await first.call.echo(argument), { a: 1 });
      await thirdEnded;
      await inTime("what was in flight", Promise.all(waiting));
      for (const { call } of [second, third]) await errorWithCode(call.seven(), "KNT_ERROR_CLOSED");
      assert.equal(await first.call.seven(), 7);
    });
  });

  it("may be made by a module that tasks import", async () => {
    await withPool({ half }, {}, async ({ call }) => {
      try {
        assert.equal(await call.half(3), 1.5);
        assert.equal(await inner.call.third(3), 1);
      } finally {
        await inner.shutdown();
      }
      assert.equal(await call.half(5), 2.5);
    });
  });
});
