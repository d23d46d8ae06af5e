import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { abortable } from "../fixtures/chaos_tasks.ts";
import type { Order, Shared } from "../fixtures/chaos_functions.ts";
import { Envelope, type EnvelopeHeader } from "../../mod.ts";
import { errorWithCode } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

/** An argument for {@linkcode abortable} that tells it to answer with `id` after a timer. */
function order(id: number, more: Partial<Record<"more", unknown>> = {}): Shared {
  const header: Order = { id, act: "timer", ms: 2, text: "", ...more };
  return new Envelope(header as unknown as EnvelopeHeader, new SharedArrayBuffer(40));
}

describe("reject of a call that was over at once", () => {
  it("does nothing to the call that has its number after it", async () => {
    await withPool({ abortable }, { abortSignalCapacity: 1 }, async ({ call }) => {
      assert.equal(await call.abortable(order(2)), 2); // the worker is ready: calls are sent at once
      const refused = call.abortable(order(0, { more: new Map() }));
      const next = call.abortable(order(1));
      refused.reject(new Error("of the first call"));
      await errorWithCode(refused, "KNT_ERROR_3");
      assert.equal(await next, 1);
    });
  });
});
