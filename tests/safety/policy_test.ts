import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resolvePermission } from "../../src/api/resolve_permission.ts";
import type { Policy } from "../../src/safety/policy.ts";
import { resolvePolicy } from "../../src/safety/resolve_policy.ts";
import { fakeFiles } from "../support/fake_files.ts";

const files = fakeFiles([
  "/work/tasks.ts",
  "/work/deno.json",
  "/work/deno.lock",
  "/work/node_modules/a/index.js",
  "/work/node_modules/linked -> /packages/linked",
  "/work/secret -> /work/.env",
  "/packages/linked/package.json",
  "/lib/package.json",
  "/lib/src/other.ts",
]);

function policyOf(permission: unknown, modules: readonly string[] = ["/work/tasks.ts"]): Policy {
  return resolvePolicy(resolvePermission(permission), modules, files);
}

const PROJECT = [".env", ".git", ".npmrc", ".docker", ".secrets"].map((name) => `/work/${name}`);
const HOME = [".ssh", ".gnupg", ".aws", ".azure", ".config/gcloud", ".kube"]
  .map((name) => `/home/me/${name}`);
const SYSTEM = [
  "/proc",
  "/proc/self",
  "/proc/self/environ",
  "/proc/self/mem",
  "/sys",
  "/dev",
  "/etc",
];

describe("a policy", () => {
  it("is strict by default: the project, and nothing else", () => {
    const policy = policyOf({});
    assert.deepEqual(policy.read, ["/work"]);
    assert.deepEqual(policy.write, ["/work"]);
    assert.deepEqual(policy.denyRead, [...PROJECT, ...HOME, ...SYSTEM, "/work/secret"]);
    assert.deepEqual(policy.denyWrite, [
      ...PROJECT,
      ...HOME,
      "/work/node_modules",
      "/work/secret",
    ]);
    const { net, run, ffi, sys, denyNet, denyRun, denyFfi, denySys, env } = policy;
    assert.deepEqual([net, run, ffi, sys, denyNet, denyRun, denyFfi, denySys], Array(8).fill([]));
    assert.deepEqual(env, { allow: [], deny: [], files: [] });
    assert.deepEqual([policy.workers, policy.wasi, policy.console], [false, false, false]);
    assert.deepEqual(policy.node, { workers: false, addons: false, ffi: false, wasi: false });
    assert.deepEqual(policy.deno, { lock: "/work/deno.lock", frozen: true });
    assert.deepEqual([...policy.explicit], []);
  });

  it("has modules from anywhere if nothing is said, and else from three hosts", () => {
    assert.equal(policyOf(undefined).allowImport, true);
    for (const permission of ["strict", {}]) {
      assert.deepEqual(policyOf(permission).allowImport, ["deno.land", "esm.sh", "jsr.io"]);
    }
  });

  it("allows everything in mode unsafe, whatever else it says", () => {
    for (
      const permission of ["unsafe", "off", { mode: "unsafe" }, { mode: "off", denyRead: ["a"] }]
    ) {
      const policy = policyOf(permission);
      const { read, write, net, run, ffi, sys, allowImport, env, workers, wasi } = policy;
      const all = [read, write, net, run, ffi, sys, allowImport, env.allow, workers, wasi];
      assert.deepEqual(all, Array(10).fill(true));
      assert.deepEqual([policy.denyRead, policy.denyWrite, env.deny], [[], [], []]);
      assert.deepEqual([policy.mode, policy.console], ["unsafe", true]);
    }
  });

  it("takes paths in every form, once", () => {
    const read = ["./a", " /work/a ", new URL("file:///work/a"), "~/b", "~", "", "../c", "~x"];
    assert.deepEqual(policyOf({ read }).read, [
      "/work/a",
      "/home/me/b",
      "/home/me",
      "/c",
      "/work/~x",
    ]);
    assert.deepEqual(policyOf({ cwd: "/base", read: ["a"] }).read, ["/base/a"]);
  });

  it("has links as what they lead to, too", () => {
    const { denyRead } = policyOf({ denyRead: ["secret"], mode: "custom" });
    assert.deepEqual(denyRead, ["/work/secret", "/work/.env"]);
  });

  it("adds denials to those of strict, and replaces them in custom", () => {
    const { denyRead, denyWrite } = policyOf({ denyRead: ["x"], denyWrite: ["y"] });
    assert.ok(denyRead.includes("/work/x") && denyRead.includes("/etc"));
    assert.ok(denyWrite.includes("/work/y") && denyWrite.includes("/work/node_modules"));
    const custom = policyOf({ mode: "custom", denyRead: ["x"], denyWrite: [] });
    assert.deepEqual([custom.denyRead, custom.denyWrite], [["/work/x"], []]);
    assert.ok(policyOf({ mode: "custom" }).denyRead.includes("/etc"));
  });

  it("does not deny the folder that it is about", () => {
    const around = fakeFiles(["/dev/shm/app/tasks.ts"]);
    const { denyRead } = resolvePolicy(resolvePermission({ cwd: "/dev/shm/app" }), [], around);
    assert.ok(!denyRead.includes("/dev"));
    assert.ok(denyRead.includes("/etc") && denyRead.includes("/dev/shm/app/.env"));
  });

  it("keeps what workers need to load their code", () => {
    const { read, ...policy } = policyOf({ read: ["data"] });
    const code = policy.code();
    assert.deepEqual(read, ["/work/data"]);
    for (const path of ["tasks.ts", "node_modules", "deno.json", "deno.lock"]) {
      assert.ok(code.includes(`/work/${path}`), path);
    }
    assert.ok(code.includes("/packages/linked"), "a package of the workspace");
  });

  it("has by default the projects of modules that are elsewhere, but for their secrets", () => {
    const { read, denyRead } = policyOf({}, ["/work/tasks.ts", "/lib/src/other.ts"]);
    assert.deepEqual(read, ["/work", "/lib"]);
    assert.ok(denyRead.includes("/lib/.env"));
    assert.deepEqual(policyOf({}, ["/alone/x.ts"]).read, ["/work", "/alone"]);
  });

  it("knows no home directory where there is none", () => {
    const homeless = { ...files, home: () => undefined };
    const homelessPolicyOf = (permission: unknown) =>
      resolvePolicy(resolvePermission(permission), ["/work/tasks.ts"], homeless);
    assert.deepEqual(homelessPolicyOf({ read: ["~/b"] }).read, ["/work/~/b"]);
    assert.deepEqual(homelessPolicyOf({}).denyRead, [...PROJECT, ...SYSTEM, "/work/secret"]);
  });

  it("has no folders of Linux on Windows", () => {
    const windows = { ...files, isWindows: true };
    const { denyRead } = resolvePolicy(resolvePermission({}), ["/work/tasks.ts"], windows);
    assert.deepEqual(denyRead, [...PROJECT, ...HOME, "/work/secret"]);
  });

  it("never loads an environment file that is not named", () => {
    assert.deepEqual(policyOf({ env: { allow: true } }).env.files, []);
    assert.deepEqual(policyOf({ env: { files: ".env" } }).env.files, ["/work/.env"]);
    assert.deepEqual(policyOf({ env: { files: ["a", "b"] } }).env.files, ["/work/a", "/work/b"]);
  });

  it("names no lock file that does not exist", () => {
    const lockOf = (deno: object) => policyOf({ deno }).deno.lock;
    assert.equal(lockOf({ lock: "other.lock" }), undefined);
    assert.equal(lockOf({ lock: true }), "/work/deno.lock");
    assert.equal(lockOf({ lock: false }), false);
  });

  it("takes the old names of one runtime", () => {
    assert.equal(policyOf({ node: { allowChildProcess: true } }).run, true);
    assert.equal(policyOf({ deno: { allowRun: true } }).run, true);
    assert.deepEqual(policyOf({ deno: { allowRun: true }, run: ["git"] }).run, ["git"]);
    const { node, workers, ffi } = policyOf({ node: { allowAddons: true, allowWorker: true } });
    assert.deepEqual(node, { workers: true, addons: true, ffi: false, wasi: false });
    assert.deepEqual([workers, ffi], [false, []]);
    assert.deepEqual(policyOf({ ffi: true }).node, {
      workers: false,
      addons: true,
      ffi: true,
      wasi: false,
    });
  });

  it("knows what the user wrote, and that an empty list of denials says nothing", () => {
    const { explicit } = policyOf({
      read: ["a"],
      net: [],
      denyNet: [],
      denyRun: ["rm"],
      env: { deny: ["A"] },
      node: { allowFfi: false },
    });
    assert.deepEqual(
      [...explicit].sort(),
      ["denyEnv", "denyRun", "net", "node.allowFfi", "read"],
    );
  });
});
