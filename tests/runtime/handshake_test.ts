import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromPlainError, isWorkerMessage, toPlainError } from "../../src/runtime/handshake.ts";
import { ODD } from "../fixtures/odd_throws.ts";

describe("an error that is taken apart", () => {
  it("comes together again", () => {
    const error = new RangeError("too far");
    const again = fromPlainError(toPlainError(error));
    assert.equal(again.name, "RangeError");
    assert.equal(again.message, "too far");
    assert.equal(again.stack, error.stack);
  });

  for (const [odd, make] of Object.entries(ODD)) {
    it(`is told even if it is ${odd}`, () => {
      const error = toPlainError(make());
      assert.ok(isWorkerMessage({ kind: "crashed", error }));
      for (const text of Object.values(error)) assert.ok(text.length < 11_000, `${text.length}`);
    });
  }
});
