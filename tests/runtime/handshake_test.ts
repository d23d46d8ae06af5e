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
