import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { functions, openPool as openBare } from "../fixtures/bare_functions.ts";
import { openPool, openPoolOfInline } from "../fixtures/missing_tasks.ts";
import { usePool } from "../support/with_pool.ts";
import { errorOf, errorWithCode } from "../support/waiting.ts";

const module = new URL("../fixtures/missing_tasks.ts", import.meta.url).href;

function mentions(error: Error, ...texts: string[]): void {
  for (const text of texts) assert.ok(error.message.includes(text), `${text}: ${error.message}`);
}

describe("a task that is not exported", () => {
  for (const threads of [1, 2]) {
    it(`rejects every call, naming task, module and exports (${threads} thread(s))`, async () => {
      await usePool(openPool(threads), async (pool) => {
        const { call } = pool;
        // Before the workers are ready, when one has said that it is missing, and after that.
        for (let round = 0; round < 3; round++) {
          const calls = [call.hiddenTask(1), call.hiddenTask(2), call.hiddenFunction(3)];
          for (const [i, promise] of calls.entries()) {
            const error = await errorWithCode(promise, "KNT_ERROR_TASK");
            mentions(
              error,
              i < 2 ? `"hiddenTask"` : `"hiddenFunction"`,
              module,
              "visible",
              "decoy",
            );
          }
        }
      });
    });
  }

  it("leaves the other tasks of the pool working", async () => {
    await usePool(openPool(1), async (pool) => {
      const { call } = pool;
      const early = [call.visible(1), call.visible(2)];
      await errorWithCode(call.hiddenTask(1), "KNT_ERROR_TASK");
      assert.deepEqual(await Promise.all(early), [2, 3]);
      assert.equal(await call.visible(3), 4);
    });
  });

  it("says what to do", async () => {
    await usePool(openPool(1), async (pool) => {
      assert.match((await errorOf(pool.call.hiddenTask(1))).message, /export/i);
    });
  });

  it("rejects calls with promise arguments too", async () => {
    await usePool(openPool(1), async (pool) => {
      await errorWithCode(pool.call.hiddenTask(Promise.resolve(1)), "KNT_ERROR_TASK");
    });
  });

  it("is not replaced by the export that has the name of its key", async () => {
    await usePool(openPool(1), async (pool) => {
      await errorWithCode(pool.call.decoy(1), "KNT_ERROR_TASK");
    });
  });

  it("is not replaced by the export that has its own name", async () => {
    await usePool(
      openBare({ hidden: functions.hidden, square: functions.notExportedHere }),
      async (pool) => {
        await errorWithCode(pool.call.hidden(1), "KNT_ERROR_TASK");
        await errorWithCode(pool.call.square(1), "KNT_ERROR_TASK");
      },
    );
  });

  it("may be a function written where createPool is called", async () => {
    await usePool(openPoolOfInline(), async (pool) => {
      const error = await errorWithCode(pool.call.inline(1), "KNT_ERROR_TASK");
      mentions(error, `"inline"`, module);
    });
  });

  it("makes no two calls reject with one error", async () => {
    await usePool(openPool(1), async (pool) => {
      const [a, b] = await Promise.all([
        errorOf(pool.call.hiddenTask(1)),
        errorOf(pool.call.hiddenTask(1)),
      ]);
      assert.notEqual(a, b);
    });
  });
});
