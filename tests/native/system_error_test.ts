import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checked } from "../../src/native/system_error.ts";

describe("the result of a native function", () => {
  it("is what it returned, unless that is negative", () => {
    for (const result of [0, 1, 2 ** 31 - 1]) assert.equal(checked(result, "try"), result);
  });

  it("is an error with a name and a meaning, or with its number if nobody knows it", () => {
    const code = "KNT_ERROR_SHARED_MEMORY";
    assert.throws(() => checked(-2, "open x"), { code, message: /^Cannot open x: ENOENT, \w/ });
    assert.throws(() => checked(-9999, "open x"), { code, message: "Cannot open x: error 9999" });
  });
});
