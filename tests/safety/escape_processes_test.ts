import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertHonest, tryToEscape } from "../support/escape.ts";
import { ownWorkers } from "../support/processes.ts";

const RULES = ["read", "write", "run", "env"] as const;

describe("a process that tries everything", () => {
  for (const kind of ownWorkers) {
    it(`gets as far as the pool says with "strict" on ${kind}`, async () => {
      const escape = await tryToEscape(kind, "strict");
      assertHonest(escape);
      const { permissions, warnings } = escape;
      const enforcers = RULES.map((rule) => permissions[rule].enforcedBy);
      const expected = {
        node: ["runtime", "runtime", "runtime", "os"],
        deno: ["runtime", "runtime", "runtime", "runtime"],
        bun: ["none", "none", "none", "guard"],
      };
      assert.deepEqual(enforcers, expected[kind]);
      // What is left out is said, but for what changes nothing.
      assert.equal(warnings.length, kind === "deno" ? 0 : 1, warnings.join("\n"));
    });

    it(`can do everything with "unsafe" on ${kind}`, async () => {
      const escape = await tryToEscape(kind, "unsafe");
      assertHonest(escape);
      assert.deepEqual(escape.warnings, []);
    });
  }

  it("can do on Deno what the user says, and nothing else", async () => {
    const escape = await tryToEscape("deno", {
      read: ["./data"],
      write: ["./out"],
      net: ["api.example.com"],
      env: { allow: ["NODE_ENV"] },
      ffi: false,
      sys: ["osRelease"],
    });
    assertHonest(escape);
    for (const rule of ["read", "write", "net", "env", "run", "ffi", "sys"] as const) {
      assert.equal(escape.permissions[rule].enforcedBy, "runtime", rule);
    }
    assert.deepEqual(escape.warnings, []);
  });
});
