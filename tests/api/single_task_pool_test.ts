import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options } from "../../mod.ts";
import { echo, endlessLoop, seven, square } from "../fixtures/basic_tasks.ts";
import * as pools from "../fixtures/single_task_pools.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorOf, errorWithCode, until } from "../support/waiting.ts";
import { usePool, withPool } from "../support/with_pool.ts";

describe("createPool of a definition", () => {
  it("makes a pool whose call is the task", async () => {
    await usePool(square.createPool({ threads: 2 }), async ({ call }) => {
      assert.equal(await call(3), 9);
      assert.deepEqual(await Promise.all([1, 2, 3].map(call)), [1, 4, 9]);
      assert.equal(await call(call(Promise.resolve(2))), 16);
    });
  });

  it("needs no options, and no argument if the task takes none", async () => {
    await usePool(seven.createPool(), async ({ call }) => assert.equal(await call(), 7));
  });

  it("takes the options of createPool, and refuses others", async () => {
    const make = square.createPool as (options: unknown) => unknown;
    assert.throws(
      () => make({ thread: 2 }),
      (error) => error instanceof TypeError && /"thread"/.test(error.message),
    );
    assert.throws(() => make(null), TypeError);
    assert.throws(() => make({ threads: 0 }), RangeError);
    const options: Options = {
      source: "../fixtures/worker_source.ts",
      payload: { maxPayloadBytes: 1000 },
    };
    await usePool(echo.createPool(options), async ({ call }) => {
      assert.equal(await call("x"), "x");
      await errorWithCode(call(new Uint8Array(1001)), "KNT_ERROR_3");
    });
  });

  it("makes as many pools as wanted, each for itself", async () => {
    await usePool(square.createPool(), async (one) => {
      await usePool(square.createPool(), async (other) => {
        assert.deepEqual(await Promise.all([one.call(2), other.call(3)]), [4, 9]);
      });
      assert.equal(await one.call(4), 16);
    });
  });

  it("works at module scope, for a task and for an imported task", async () => {
    const { double, add } = pools;
    await usePool(double, async ({ call }) => {
      assert.deepEqual(await Promise.all([call(1), call(2), call(3)]), [2, 4, 6]);
    });
    await usePool(add, async ({ call }) => assert.equal(await call([1, 2]), 3));
  });

  it("works for functions with and without a name", async () => {
    await usePool(pools.negate.createPool(), async ({ call }) => assert.equal(await call(1), -1));
    await usePool(pools.named.createPool(), async ({ call }) => {
      const error = await errorOf(call());
      assert.ok(error instanceof RangeError);
    });
  });

  it("needs an exported definition, and names the task by its function", async () => {
    await usePool(pools.openHidden(), async ({ call }) => {
      const error = await errorWithCode(call(1), "KNT_ERROR_TASK");
      assert.match(error.message, /^Task "f" cannot be found/);
    });
  });

  it("refuses an imported task if there are no workers", () => {
    const { importedAlone } = pools;
    assert.throws(
      () => importedAlone.createPool({ threads: 0, inliner: {} }),
      /^Error: Imported task has no worker lane to run on: "add"/,
    );
  });

  it("is a definition in a worker, where nothing starts and calls are refused", async () => {
    const { lookAtPool } = pools;
    await withPool({ lookAtPool }, {}, async ({ call }) => {
      assert.deepEqual(await call.lookAtPool(), {
        isMain: false,
        isDefinition: true,
        call: "KNT_ERROR_NOT_MAIN",
        shutdown: "KNT_ERROR_NOT_MAIN",
      });
    });
  });
});

describe("a pool of one task", () => {
  it("rejects calls once it is shut down", async () => {
    const pool = square.createPool();
    const closed = pool.shutdown();
    await errorWithCode(pool.call(1), "KNT_ERROR_CLOSED");
    await closed;
    assert.equal(pool.shutdown(), closed);
  });

  it("waits before it shuts down if it is told to", async () => {
    const pool = square.createPool();
    await pool.call(1);
    const closed = pool.shutdown(1_000);
    assert.equal(await pool.call(5), 25);
    await closed;
    await errorWithCode(pool.call(1), "KNT_ERROR_CLOSED");
  });

  it("ends when it is disposed of, at once or awaited", async () => {
    const pool = endlessLoop.createPool();
    const state = new SharedState();
    const call = errorWithCode(pool.call(state.buffer), "KNT_ERROR_CLOSED");
    await until("the task runs", () => state.started === 1);
    pool[Symbol.dispose]();
    await call;
    await pool[Symbol.asyncDispose]();
    await errorWithCode(pool.call(state.buffer), "KNT_ERROR_CLOSED");
  });
});
