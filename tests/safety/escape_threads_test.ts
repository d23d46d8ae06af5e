import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runtimeName } from "../support/program.ts";
import { assertHonest, tryToEscape } from "../support/escape.ts";

/** The documented example of an explicit policy. */
const EXPLICIT = {
  mode: "strict",
  allowImport: true,
  read: ["./data"],
  write: ["./out"],
  net: ["api.example.com"],
  env: { allow: ["NODE_ENV"] },
  console: true,
};

describe("a thread that tries everything", () => {
  for (const permission of ["strict", {}, EXPLICIT]) {
    it(`gets as far as the pool says with ${JSON.stringify(permission)}`, async () => {
      const escape = await tryToEscape("thread", permission);
      assertHonest(escape);
      const { read, write, run, workers } = escape.permissions;
      const expected = runtimeName === "node" ? "runtime" : "none";
      for (const rule of [read, write, run, workers]) assert.equal(rule.enforcedBy, expected);
    });
  }

  it("can do everything with unsafe", async () => {
    const escape = await tryToEscape("thread", "unsafe");
    assertHonest(escape);
    assert.deepEqual(escape.permissions.gaps, []);
    assert.deepEqual(escape.warnings, []);
  });

  it("is told of by one warning if the user wrote what cannot be enforced", async () => {
    assert.deepEqual((await tryToEscape("thread", "strict")).warnings, []);
    const { warnings } = await tryToEscape("thread", EXPLICIT);
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0]!,
      /threads cannot enforce the requested permission policy.*permission\.net is/,
    );
  });
});
