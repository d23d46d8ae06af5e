import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import { resolveOptions } from "../../src/api/resolve_options.ts";
import { runtime } from "../../src/runtime/current.ts";
import { square } from "../fixtures/basic_tasks.ts";
import { refuses } from "../support/refuses.ts";
import { withPool } from "../support/with_pool.ts";

describe("permission", () => {
  it("is a mode, or an object with one", () => {
    const cases: [permission: unknown, mode: string, console: boolean | undefined][] = [
      [undefined, "strict", undefined],
      ["strict", "strict", undefined],
      ["unsafe", "unsafe", undefined],
      ["off", "unsafe", undefined],
      [{}, "strict", undefined],
      [{ mode: "custom" }, "custom", undefined],
      [{ mode: "off", console: false }, "unsafe", false],
    ];
    for (const [permission, mode, console] of cases) {
      const resolved = resolveOptions({ permission }).permission;
      assert.deepEqual([resolved.mode, resolved.console], [mode, console]);
    }
  });

  it("takes paths as text and as URLs", () => {
    const url = new URL("./data", import.meta.url);
    for (const permission of [{ read: [url] }, { read: [url.href] }]) {
      assert.deepEqual(resolveOptions({ permission }).permission.read, [url.href]);
    }
    for (const files of [url, url.href, [url]]) {
      const { env } = resolveOptions({ permission: { env: { files } } }).permission;
      assert.deepEqual(env.files, [url.href]);
    }
    assert.deepEqual(resolveOptions({ permission: { ffi: false } }).permission.ffi, []);
  });

  it("refuses what it does not have, and values of a wrong type", () => {
    const cases: [permission: unknown, message: RegExp][] = [
      ["lax", /^permission must be one of "strict", "unsafe", "off", received "lax"/],
      [null, /^permission must be an object, received null/],
      [[], /^permission must be an object, received an array/],
      [{ reed: true }, /^permission cannot have "reed"; expected one of: mode, /],
      [{ mode: "lax" }, /^permission\.mode must be one of/],
      [{ console: "yes" }, /^permission\.console must be a boolean, received "yes"/],
      [{ onGap: true }, /^permission\.onGap must be "warn" or "throw", received true/],
      [{ cwd: "" }, /^permission\.cwd must be a non-empty string/],
      [{ read: "./data" }, /^permission\.read must be true or an array, received "\.\/data"/],
      [{ read: false }, /^permission\.read must be true or an array, received false/],
      [{ write: [1] }, /^permission\.write\[0\] must be a path or a file: URL, received 1/],
      [{ read: ["https://a.b/c"] }, /^permission\.read\[0\] must be a path or a file: URL/],
      [{ read: ["a\0b"] }, /^permission\.read\[0\] must not contain a NUL/],
      [{ denyRead: true }, /^permission\.denyRead must be an array, received true/],
      [{ net: [new URL("https://a.b")] }, /^permission\.net\[0\] must be a string/],
      [{ allowImport: false }, /^permission\.allowImport must be true or an array/],
      [{ env: { allow: "A" } }, /^permission\.env\.allow must be true or an array/],
      [{ env: ["A"] }, /^permission\.env must be an object/],
      [{ env: { file: "a" } }, /^permission\.env cannot have "file"/],
      [{ workers: 1 }, /^permission\.workers must be a boolean/],
      [{ ffi: "a" }, /^permission\.ffi must be true or an array/],
      [{ node: { allowNet: true } }, /^permission\.node cannot have "allowNet"/],
      [{ deno: { lock: 1 } }, /^permission\.deno\.lock must be a path/],
    ];
    for (const [permission, message] of cases) refuses({ permission }, TypeError, message);
  });

  it("throws before anything starts if a process cannot be held to what the user wrote", () => {
    const worker = { runtime: "process", processRuntime: "bun" } as const;
    assert.throws(() => createPool({ worker, permission: { read: ["./data"] } })({ square }), {
      code: "KNT_ERROR_PERMISSION",
      message:
        /^knitting: Bun process workers cannot enforce the requested permission policy\. permission\.read is unsupported: Bun has no permissions\.$/,
    });
  });

  it("throws for threads only if it is told to", async () => {
    const sys = { sys: ["hostname"] };
    assert.throws(() => createPool({ permission: { ...sys, onGap: "throw" } })({ square }), {
      code: "KNT_ERROR_PERMISSION",
      message: /threads cannot enforce the requested permission policy\. permission\.sys is/,
    });
    await withPool({ square }, { permission: sys }, async ({ call, permissions }) => {
      assert.equal(await call.square(3), 9);
      assert.deepEqual(permissions.sys, {
        policy: { allow: ["hostname"], deny: [] },
        enforcedBy: "none",
      });
    });
  });

  it("is told by the pool, for good", async () => {
    await withPool({ square }, {}, async ({ permissions }) => {
      const expected = runtime.name === "node" ? "runtime" : "none";
      assert.deepEqual([permissions.mode, permissions.read.enforcedBy], ["strict", expected]);
      assert.equal(permissions.console.enforcedBy, "guard");
      assert.ok(permissions.gaps.some(({ permission }) => permission === "sys"));
      for (
        const part of [permissions, permissions.read, permissions.read.policy, permissions.gaps]
      ) {
        assert.ok(Object.isFrozen(part));
      }
      await Promise.resolve();
    });
    const pool = createPool({ permission: "unsafe" })({ square });
    const { mode, gaps, read } = pool.permissions;
    assert.deepEqual([mode, gaps, read.policy.allow], ["unsafe", [], true]);
    await pool.shutdown();
  });
});
