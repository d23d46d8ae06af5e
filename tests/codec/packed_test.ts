import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pack, unpack } from "../../src/codec/packed.ts";

describe("a value as bytes of its own", () => {
  it("is the same again, however large it is", () => {
    for (const value of [7, "x".repeat(100_000), { list: [new Date(5), undefined] }]) {
      assert.deepEqual(unpack(pack(value)), value);
    }
  });

  it("is refused if it cannot cross", () => {
    assert.throws(() => pack(() => {}), { code: "KNT_ERROR_0" });
  });
});
