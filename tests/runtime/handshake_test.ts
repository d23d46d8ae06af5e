import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromPlainError, isWorkerMessage, toPlainError } from "../../src/runtime/handshake.ts";
import { ODD } from "../fixtures/odd_throws.ts";

describe("an error that is taken apart", () => {
  it("comes together again", () => {
    const cause = Object.assign(new TypeError("no distance"), { code: "E_DISTANCE" });
    const error = new RangeError("too far", { cause });
    const again = fromPlainError(toPlainError(error)) as Error & { code?: unknown };
    assert.equal(again.name, "RangeError");
    assert.equal(again.message, "too far");
    assert.equal(again.stack, error.stack);
    assert.equal("code" in again, false);
    const { name, message, code, stack } = again.cause as typeof cause;
    assert.deepEqual([name, message, code], ["TypeError", "no distance", "E_DISTANCE"]);
    assert.equal(stack, cause.stack);
    assert.equal((again.cause as Error).cause, undefined);
  });

  it("has no more causes than anybody reads, and no endless ones are believed", () => {
    let error = new Error("the first");
    for (let n = 0; n < 100; n++) error = new Error(`cause ${n}`, { cause: error });
    const plain = toPlainError(error);
    assert.ok(isWorkerMessage({ kind: "crashed", error: plain }));
    let causes = 0;
    for (let at: unknown = fromPlainError(plain).cause; at !== undefined; causes++) {
      at = (at as Error).cause;
    }
    assert.equal(causes, 8);
    const endless: Record<string, unknown> = { ...plain };
    endless["cause"] = endless;
    assert.equal(isWorkerMessage({ kind: "crashed", error: endless }), false);
  });

  for (const [odd, make] of Object.entries(ODD)) {
    it(`is told even if it is ${odd}`, () => {
      const error = toPlainError(make());
      assert.ok(isWorkerMessage({ kind: "crashed", error }));
      for (const text of [error.name, error.message, error.stack]) {
        assert.ok(text.length < 11_000, `${text.length} characters`);
      }
    });
  }
});
