import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resolvePermission } from "../../src/api/resolve_permission.ts";
import { type Enforcer, findings } from "../../src/safety/enforcement.ts";
import { policyFields } from "../../src/safety/policy.ts";
import { resolvePolicy } from "../../src/safety/resolve_policy.ts";
import type { Target } from "../../src/safety/target.ts";
import { processPermissions, threadPermissions } from "../../src/safety/worker_permissions.ts";
import { fakeFiles } from "../support/fake_files.ts";

const files = fakeFiles(["/work/tasks.ts"]);
const policyOf = (permission: unknown) => resolvePolicy(resolvePermission(permission), [], files);

const target = (
  runtime: Target["runtime"],
  version?: string,
  worker: Target["worker"] = "process",
  sandboxed = false,
): Target => ({ worker, runtime, version, sandboxed });

const TARGETS = {
  deno: target("deno", "2.9.6"),
  node22: target("node", "22.18.0"),
  node24: target("node", "24.21.0"),
  node26: target("node", "26.10.0"),
  unknown: target("node"),
  bun: target("bun", "1.4.5"),
  boxed: target("bun", "1.4.5", "process", true),
  denoThread: target("deno", "2.9.6", "thread"),
  nodeThread: target("node", "22.18.0", "thread"),
  bunThread: target("bun", "1.4.5", "thread"),
};

const LETTERS: Record<string, Enforcer> = { r: "runtime", o: "os", g: "guard", n: "none" };

describe("who enforces a field", () => {
  // One letter for each of the targets above, in their order.
  const table: [field: string, permission: object, enforcers: string][] = [
    ["read", { read: ["a"], write: ["a/b"] }, "rrrrrnonrn"],
    // What can be written, which is all of the project, can be read in a sandbox.
    ["read", { read: ["a"] }, "rrrrrnnnrn"],
    ["write", { write: ["a"] }, "rrrrrnonrn"],
    ["denyRead", { denyRead: ["a"] }, "rrrrrnonrn"],
    ["denyWrite", { denyWrite: ["a"] }, "rrrrrnonrn"],
    ["net", { net: [] }, "rnnrnnonnn"],
    ["net", { net: ["a.b"] }, "rnnnnnnnnn"],
    ["denyNet", { net: true, denyNet: ["a.b"] }, "rnnnnnnnnn"],
    ["allowImport", { allowImport: ["a.b"] }, "rnnnnnonnn"],
    ["allowImport", { allowImport: ["a.b"], net: true }, "rnnnnnnnnn"],
    ["env", { env: { allow: ["A"] } }, "roooogogrg"],
    ["denyEnv", { env: { allow: true, deny: ["A"] } }, "roooogogrg"],
    ["run", { run: [] }, "rrrrrnnnrn"],
    ["run", { run: ["git"] }, "rnnnnnnnnn"],
    ["denyRun", { run: true, denyRun: ["rm"] }, "rnnnnnnnnn"],
    ["workers", { workers: false }, "nrrrrnnnrn"],
    ["workers", { workers: false, node: { allowWorker: true } }, "nnnnnnnnnn"],
    ["ffi", { ffi: false }, "rgrrgnnngn"],
    ["ffi", { ffi: ["a.so"] }, "rggggnnngn"],
    ["denyFfi", { ffi: true, denyFfi: ["a.so"] }, "rnnnnnnnnn"],
    ["node.allowFfi", { node: { allowFfi: false } }, "rrrrrrrrrr"],
    ["node.allowAddons", { node: { allowAddons: false } }, "rgrrgrrrgr"],
    ["sys", { sys: [] }, "rnnnnnnnnn"],
    ["denySys", { sys: true, denySys: ["uid"] }, "rnnnnnnnnn"],
    ["wasi", { wasi: false }, "nrrrrnnnrn"],
    ["wasi", { wasi: false, node: { allowWasi: true } }, "nnnnnnnnnn"],
  ];
  for (const [field, permission, enforcers] of table) {
    it(`${field} of ${JSON.stringify(permission)}`, () => {
      const policy = policyOf(permission);
      const found = Object.entries(TARGETS).map(([name, target]) => {
        const finding = findings(policy, target).find((one) => one.field === field);
        return [name, finding?.enforcedBy];
      });
      const expected = Object.keys(TARGETS).map((name, i) => [name, LETTERS[enforcers[i]!]]);
      assert.deepEqual(found, expected);
    });
  }

  it("is known for every field that there is", () => {
    const known = new Set(table.map(([field]) => field));
    assert.deepEqual(known, new Set(policyFields));
  });

  it("is nobody for the environment if the host's can be read", () => {
    const open = { mode: "custom", read: true, denyRead: [], env: { allow: [] } };
    for (const permission of [open, { run: ["ps"], env: { allow: [] } }]) {
      const found = findings(policyOf(permission), TARGETS.node26);
      assert.equal(found.find(({ field }) => field === "env")?.enforcedBy, "guard");
    }
  });

  it("is the system if the host's cannot be read, and a guard if /proc or all can", () => {
    const enforcerOf = (read: readonly string[]) => {
      const policy = policyOf({ mode: "custom", read, denyRead: [], env: { allow: [] } });
      return findings(policy, TARGETS.node26).find(({ field }) => field === "env")?.enforcedBy;
    };
    assert.equal(enforcerOf(["a"]), "os");
    for (const path of ["/", "/proc", "/proc/1/environ"]) assert.equal(enforcerOf([path]), "guard");
  });

  it("is not asked about what restricts nothing", () => {
    assert.deepEqual(findings(policyOf("unsafe"), TARGETS.bun), []);
    const fields = findings(policyOf({ net: true, denyNet: [] }), TARGETS.bun).map((one) =>
      one.field
    );
    assert.ok(!fields.includes("net") && !fields.includes("denyNet"));
  });
});

const needs = { read: [], ffi: ["/lib/x.node"], env: [] };
const surroundings = { files, environment: () => ({}), fromFiles: {} };

describe("what cannot be enforced", () => {
  const inProcess = (permission: unknown, target: Target) =>
    processPermissions(policyOf(permission), target, needs, surroundings);
  const inThread = (permission: unknown, target: Target) =>
    threadPermissions(policyOf(permission), target, needs, surroundings);

  it("throws for a process if the user wrote it, and names it", () => {
    assert.throws(() => inProcess({ net: ["a.b"] }, TARGETS.node26), {
      code: "KNT_ERROR_PERMISSION",
      message:
        "knitting: Node 26 process workers cannot enforce the requested permission policy. " +
        "permission.net is coarse: the network can only be allowed or refused as a whole.",
    });
    assert.throws(
      () => inProcess({ workers: false }, TARGETS.deno),
      /permission\.workers is unsupported/,
    );
    assert.throws(
      () => inProcess({ env: { allow: ["A"] } }, TARGETS.bun),
      /permission\.env\.allow is/,
    );
    assert.throws(
      () => inProcess({ env: { allow: true, deny: ["A"] } }, TARGETS.bun),
      /permission\.env\.deny is/,
    );
    assert.throws(
      () => inProcess({ sys: [] }, TARGETS.unknown),
      /knitting: Node process workers/,
    );
  });

  it("is one warning for each runtime if it is a default", () => {
    const { warning } = inProcess("strict", TARGETS.node22);
    assert.equal(warning?.about, "Node 22");
    assert.match(
      warning.message,
      /^knitting: Node 22 process workers cannot enforce every implicit strict permission default \(net, allowImport, ffi, sys\)\. /,
    );
    assert.equal(inProcess("strict", TARGETS.deno).warning, undefined);
    assert.equal(inProcess("unsafe", TARGETS.bun).warning, undefined);
  });

  it("is told of threads if the user wrote it, and throws if it says so", () => {
    for (const target of [TARGETS.denoThread, TARGETS.nodeThread, TARGETS.bunThread]) {
      assert.equal(inThread("strict", target).warning, undefined);
      assert.match(
        inThread({ net: [] }, target).warning!.message,
        /permission\.net is unsupported/,
      );
      assert.throws(() => inThread({ net: [], onGap: "throw" }, target), /threads cannot enforce/);
      assert.equal(inThread({ onGap: "throw" }, target).warning, undefined);
    }
  });

  it("is in the report", () => {
    const { report } = inThread({ net: ["a.b"] }, TARGETS.nodeThread);
    assert.deepEqual(report.net, { policy: { allow: ["a.b"], deny: [] }, enforcedBy: "none" });
    assert.ok(report.gaps.some(({ permission }) => permission === "net"));
    assert.ok(!report.gaps.some(({ permission }) => permission === "read"));
  });
});

describe("what a worker keeps", () => {
  it("of its environment is all by default for a thread, and little for a process", () => {
    const full = { ...surroundings, environment: () => ({ A: "a", PATH: "p" }) };
    const environmentOf = (permission: unknown, target: Target) =>
      (target.worker === "thread" ? threadPermissions : processPermissions)(
        policyOf(permission),
        target,
        needs,
        full,
      ).environment;
    assert.equal(environmentOf("strict", TARGETS.nodeThread), undefined);
    assert.deepEqual(environmentOf({ env: { allow: [] } }, TARGETS.nodeThread), { PATH: "p" });
    assert.deepEqual(environmentOf("strict", TARGETS.bun), { PATH: "p" });
    assert.deepEqual(environmentOf("unsafe", TARGETS.bun), { A: "a", PATH: "p" });
  });

  it("of its environment is in a thread, too, what a file says", () => {
    const { environment } = threadPermissions(
      policyOf({ env: { files: "a" } }),
      TARGETS.nodeThread,
      needs,
      { ...surroundings, environment: () => ({ A: "a", PATH: "p" }), fromFiles: { B: "b" } },
    );
    assert.deepEqual(environment, { B: "b", PATH: "p" });
  });

  it("of native code is nothing if neither the library nor the user has any", () => {
    const bare = { ...needs, ffi: [] };
    const { restrictions } = threadPermissions(
      policyOf("strict"),
      TARGETS.nodeThread,
      bare,
      surroundings,
    );
    assert.equal(restrictions.nodeAddons, undefined);
  });

  it("of native code is the library, and what the user allows", () => {
    const addonsOf = (permission: unknown, target: Target) =>
      threadPermissions(policyOf(permission), target, needs, surroundings).restrictions.nodeAddons;
    assert.deepEqual(addonsOf("strict", TARGETS.nodeThread), ["/lib/x.node"]);
    assert.deepEqual(
      addonsOf({ ffi: ["a", "b"], denyFfi: ["b"] }, TARGETS.nodeThread),
      ["/lib/x.node", "/work/a"],
    );
    for (const permission of ["unsafe", { ffi: true }, { node: { allowAddons: true } }]) {
      assert.equal(addonsOf(permission, TARGETS.nodeThread), undefined);
    }
    assert.equal(addonsOf("strict", TARGETS.denoThread), undefined);
  });
});
