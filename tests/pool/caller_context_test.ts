// What AsyncLocalStorage of the caller says after a call, and in whatever runs because of it.

import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { describe, it } from "node:test";
import type { Options } from "../../mod.ts";
import { fail, giveUp, same } from "../fixtures/metrics_tasks.ts";
import { errorOf } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const context = new AsyncLocalStorage<string>();

const kinds: Record<string, Options> = {
  "a worker": {},
  "the main thread": { threads: 0, inliner: {} },
};

for (const [name, options] of Object.entries(kinds)) {
  describe(`the caller of a call that ${name} runs`, () => {
    it("finds its own store after it, however many others call at the same time", async () => {
      await withPool({ same, fail }, options, async ({ call }) => {
        const request = (id: string) =>
          context.run(id, async () => {
            assert.equal(await call.same(id), id);
            assert.equal(context.getStore(), id);
            await call.same(Promise.resolve(id));
            assert.equal(context.getStore(), id);
            await errorOf(call.fail());
            assert.equal(context.getStore(), id);
            await call.same(1).then(() => assert.equal(context.getStore(), id));
            await call.fail().catch(() => assert.equal(context.getStore(), id));
            await call.same(1).finally(() => assert.equal(context.getStore(), id));
          });
        await Promise.all(Array.from({ length: 50 }, (_, i) => request(`request ${i}`)));
        assert.equal(context.getStore(), undefined);
      });
    });

    it("finds it when a call is given up in the context of another", async () => {
      await withPool({ same, giveUp }, options, async ({ call }) => {
        await context.run("mine", async () => {
          const controller = new AbortController();
          const given = call.giveUp(undefined, { signal: controller.signal });
          context.run("another's", () => controller.abort(new Error("no more")));
          await errorOf(given);
          assert.equal(context.getStore(), "mine");
        });
      });
    });
  });
}
