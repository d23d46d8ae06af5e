import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resolvePermission } from "../../src/api/resolve_permission.ts";
import { denoFlags } from "../../src/safety/deno_flags.ts";
import { childEnvironment } from "../../src/safety/environment.ts";
import { narrowed } from "../../src/safety/narrow.ts";
import { nodeFlags } from "../../src/safety/node_flags.ts";
import type { Policy } from "../../src/safety/policy.ts";
import { resolvePolicy } from "../../src/safety/resolve_policy.ts";
import type { Needs, Target } from "../../src/safety/target.ts";
import { fakeFiles } from "../support/fake_files.ts";

const files = fakeFiles(["/work/tasks.ts", "/work/deno.lock"]);
const nothing: Needs = { read: [], ffi: [], env: [] };
const needs = { read: ["/lib/src"], ffi: ["/lib/x.node"], env: ["KNITTING_DEBUG"] };

const policyOf = (permission: unknown): Policy =>
  resolvePolicy(resolvePermission(permission), ["/work/tasks.ts"], files);

const target = (version: string | undefined, worker: "thread" | "process" = "process"): Target => ({
  worker,
  runtime: "node",
  version,
  sandboxed: false,
});

const onNode = (permission: unknown, version = "22.18.0", own = nothing): readonly string[] =>
  nodeFlags(policyOf(permission), target(version), own, files);

const onDeno = (permission: unknown, own = nothing): readonly string[] =>
  denoFlags(policyOf(permission), own);

const custom = { mode: "custom", denyRead: [], denyWrite: [] };

describe("flags for Node", () => {
  it("are none in mode unsafe", () => assert.deepEqual(onNode("unsafe"), []));

  it("name each path once, and the code of the worker", () => {
    assert.deepEqual(onNode({ ...custom, read: ["a", "b", "a"], write: ["c"] }, "22.18.0", needs), [
      "--permission",
      "--allow-fs-read=/work/a",
      "--allow-fs-read=/work/b",
      "--allow-fs-read=/work/tasks.ts",
      "--allow-fs-read=/work/deno.lock",
      "--allow-fs-read=/lib/src",
      "--allow-fs-write=/work/c",
      "--allow-addons",
      "--disable-warning=SecurityWarning",
      "--no-experimental-sqlite",
    ]);
  });

  it("are stars for everything", () => {
    const flags = onNode({ ...custom, read: true, write: true });
    assert.deepEqual(flags, ["--permission", "--allow-fs-read=*", "--allow-fs-write=*"]);
  });

  it("are there for what is allowed, if Node has them", () => {
    const cases: [permission: object, version: string | undefined, flag: string, there: boolean][] =
      [
        [{ workers: true }, "22.18.0", "--allow-worker", true],
        [{ node: { allowWorker: true } }, "22.18.0", "--allow-worker", true],
        [{ run: ["git"] }, "22.18.0", "--allow-child-process", true],
        [{ run: [] }, "22.18.0", "--allow-child-process", false],
        [{ node: { allowChildProcess: true } }, "22.18.0", "--allow-child-process", true],
        [{ wasi: true }, "22.18.0", "--allow-wasi", true],
        [{ ffi: true }, "22.18.0", "--allow-addons", true],
        [{ ffi: true }, "24.0.0", "--allow-ffi", false],
        [{ ffi: true }, "26.0.0", "--allow-ffi", true],
        [{ node: { allowAddons: true } }, "26.0.0", "--allow-ffi", false],
        [{ node: { allowFfi: true } }, "26.0.0", "--allow-ffi", true],
        [{ node: { allowFfi: true } }, "26.0.0", "--allow-addons", false],
        [{ net: true }, "24.9.0", "--allow-net", false],
        [{ net: true }, "25.0.0", "--allow-net", true],
        [{ net: ["a.b"] }, "26.0.0", "--allow-net", true],
        [{}, "22.4.0", "--no-experimental-sqlite", false],
        [{}, "22.5.0", "--no-experimental-sqlite", true],
        [{}, "26.0.0", "--no-experimental-sqlite", true],
        [{}, undefined, "--no-experimental-sqlite", false],
        [{ ffi: true }, "26.0.0", "--no-experimental-sqlite", false],
        [{ node: { allowAddons: true } }, "26.0.0", "--no-experimental-sqlite", false],
        [{ net: true }, undefined, "--allow-net", false],
        [{}, "26.0.0", "--allow-net", false],
      ];
    for (const [permission, version, flag, there] of cases) {
      const flags = nodeFlags(policyOf(permission), target(version), nothing, files);
      assert.equal(flags.includes(flag), there, `${JSON.stringify(permission)} ${version} ${flag}`);
    }
  });

  it("tell a thread that there is no main module", () => {
    const flags = nodeFlags(policyOf(custom), target("22.18.0", "thread"), nothing, files);
    assert.equal(flags.at(-1), "--interactive");
  });
});

describe("flags for Deno", () => {
  it("allow all in mode unsafe", () => assert.deepEqual(onDeno("unsafe"), ["--allow-all"]));

  it("say what is allowed and what is denied", () => {
    const flags = onDeno({
      mode: "custom",
      read: ["a", "b,c"],
      denyRead: ["a/x"],
      write: [],
      denyWrite: [],
      net: ["a.b:80"],
      denyNet: ["c.d"],
      allowImport: ["esm.sh"],
      env: { allow: ["A"], deny: ["B"] },
      run: ["git"],
      denyRun: ["rm"],
      ffi: ["y.so"],
      denyFfi: ["z.so"],
      sys: ["hostname"],
      denySys: ["uid"],
    }, needs);
    assert.deepEqual(flags, [
      "--no-prompt",
      "--allow-read=/work/a,/work/b,,c,/work/tasks.ts,/work/deno.lock,/lib/src",
      "--deny-read=/work/a/x",
      "--allow-net=a.b:80",
      "--deny-net=c.d",
      "--allow-import=esm.sh",
      "--allow-env=A,KNITTING_DEBUG",
      "--deny-env=B",
      "--allow-run=git",
      "--deny-run=rm",
      "--allow-ffi=/work/y.so,/lib/x.node",
      "--deny-ffi=/work/z.so",
      "--allow-sys=hostname",
      "--deny-sys=uid",
      "--lock=/work/deno.lock",
      "--frozen=true",
    ]);
  });

  it("have no list for everything", () => {
    const all = { read: true, write: true, net: true, run: true, ffi: true, sys: true };
    const flags = onDeno({ ...custom, ...all, env: { allow: true }, deno: { lock: false } });
    assert.deepEqual(flags.filter((flag) => !flag.includes("=")), [
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      "--allow-net",
      "--allow-env",
      "--allow-run",
      "--allow-ffi",
      "--allow-sys",
      "--no-lock",
    ]);
  });

  it("deny imports by name, because Deno allows some by itself", () => {
    assert.ok(onDeno({ allowImport: [] }).includes("--deny-import"));
    assert.ok(onDeno({ allowImport: true }).includes("--allow-import"));
  });
});

describe("the environment of a worker", () => {
  const host = { PATH: "/bin", LC_ALL: "C", SECRET: "s", A: "a", B: "b" };
  const environmentOf = (env: object, fromFiles = {}, extra = {}) =>
    childEnvironment(policyOf({ env }), host, fromFiles, extra);

  it("has what runtimes need, and what is allowed", () => {
    assert.deepEqual(environmentOf({}), { PATH: "/bin", LC_ALL: "C" });
    assert.deepEqual(environmentOf({ allow: ["A", "C"] }), { PATH: "/bin", LC_ALL: "C", A: "a" });
    assert.deepEqual(environmentOf({ allow: true, deny: ["SECRET", "PATH"] }), {
      LC_ALL: "C",
      A: "a",
      B: "b",
    });
  });

  it("has what files say, unless it is there or denied, and what the library needs", () => {
    const fromFiles = { A: "file", C: "c", D: "d" };
    assert.deepEqual(environmentOf({ allow: ["A"], deny: ["D", "X"] }, fromFiles, { X: "x" }), {
      PATH: "/bin",
      LC_ALL: "C",
      A: "a",
      C: "c",
      X: "x",
    });
  });
});

describe("a host that is restricted itself", () => {
  const host = (scopes: readonly string[], read: readonly string[]) => ({
    has: (scope: string, path?: string) =>
      scopes.includes(scope) ||
      path !== undefined && scope === "fs.read" &&
        read.some((one) => path === one || path.startsWith(`${one}/`)),
    granted: (scope: string) => scope === "fs.read" ? read : [],
  });

  it("gives threads no more than it has", () => {
    const policy = policyOf({
      read: ["a", "b"],
      write: ["a"],
      run: true,
      workers: true,
      ffi: true,
    });
    const { read, write, run, workers, ffi, node } = narrowed(
      policy,
      host(["worker"], ["/work/a", "/work/b/c", "/d"]),
      files,
    );
    assert.deepEqual([read, write, run], [["/work/a", "/work/b/c"], [], []]);
    assert.deepEqual([workers, ffi], [true, []]);
    assert.deepEqual(node, { workers: true, addons: false, ffi: false, wasi: false });
    assert.deepEqual(narrowed(policyOf({ read: true }), host([], ["/d"]), files).read, ["/d"]);
    assert.equal(narrowed(policyOf({ read: true }), host(["fs.read"], []), files).read, true);
  });

  it("takes nothing from them that it has itself", () => {
    const policy = policyOf({ run: ["git"], workers: true, wasi: true, ffi: ["a.so"] });
    const all = host(["fs.read", "fs.write", "child", "worker", "addon", "ffi", "wasi"], []);
    const narrow = narrowed(policy, all, files);
    assert.deepEqual({ ...narrow, code: narrow.code() }, { ...policy, code: policy.code() });
  });

  it("stays out of mode unsafe", () => {
    const policy = policyOf("unsafe");
    assert.equal(narrowed(policy, host([], []), files), policy);
  });
});
