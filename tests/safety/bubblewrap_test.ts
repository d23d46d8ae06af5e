import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resolvePermission } from "../../src/api/resolve_permission.ts";
import { sandboxVariables, sandboxWords } from "../../src/safety/bubblewrap.ts";
import { resolvePolicy } from "../../src/safety/resolve_policy.ts";
import { fakeFiles } from "../support/fake_files.ts";

const files = fakeFiles([
  "/bin -> /usr/bin",
  "/bin/true -> /usr/bin/true",
  "/lib -> /usr/lib",
  "/usr/bin/true",
  "/usr/lib/libc.so",
  "/etc/passwd",
  "/etc/ld.so.cache",
  "/etc/resolv.conf",
  "/opt/runtime",
  "/knitting/src/mod.ts",
  "/home/me/.ssh/id",
  "/home/me/notes",
  "/work/tasks.ts",
  "/work/data/open",
  "/work/out/old",
  "/work/.env",
  "/work/link -> /work/.env",
  "/work/node_modules/a/index.js",
  "/dev/null",
  "/proc/1/environ",
]);

const needs = {
  program: "/opt/runtime",
  read: ["/knitting/src"],
  workingDirectory: "/work",
  filesMb: undefined,
};

function words(permission: unknown): readonly string[] {
  const policy = resolvePolicy(resolvePermission(permission), ["/work/tasks.ts"], files);
  return sandboxWords(policy, needs, files);
}

/** What the sandbox has, by path; without what every sandbox has. */
function mounts(permission: unknown): Record<string, string> {
  const all = words(permission);
  const found: Record<string, string> = {};
  all.forEach((word, index) => {
    const [from, path] = [all[index + 1]!, all[index + 2]!];
    if (word === "--tmpfs" && from !== "/tmp") found[from] = "folder";
    if (word === "--ro-bind" || word === "--bind") {
      assert.equal(from, path);
      found[path] = word === "--bind" ? "write" : "read";
    }
    if (word === "--symlink") found[path] = `link to ${from}`;
  });
  return found;
}

const ALWAYS = {
  "/etc/ld.so.cache": "read",
  "/knitting/src": "read",
  "/lib": "link to /usr/lib",
  "/opt/runtime": "read",
  "/usr/lib": "read",
};

describe("a sandbox", () => {
  it("has namespaces and folders of its own, and leaves standard input alone", () => {
    const [program, ...rest] = words({ read: ["data"], write: [] });
    assert.equal(program, "bwrap");
    assert.deepEqual(rest.slice(0, 11), [
      "--unshare-all",
      "--die-with-parent",
      "--new-session",
      "--cap-drop",
      "ALL",
      "--proc",
      "/proc",
      "--dev",
      "/dev",
      "--tmpfs",
      "/tmp",
    ]);
    const readOnly = ["--remount-ro", "/dev", "--remount-ro", "/"];
    const end = ["--dir", "/work", ...readOnly, "--chdir", "/work", "--"];
    assert.deepEqual(rest.slice(-end.length), end);
  });

  it("shows what may be read, the code, and what programs are linked with", () => {
    assert.deepEqual(mounts({ read: ["data"], write: [] }), {
      ...ALWAYS,
      "/work/data": "read",
      "/work/node_modules": "read",
      "/work/tasks.ts": "read",
    });
  });

  it("lets write what may be written", () => {
    assert.deepEqual(mounts({ mode: "custom", read: ["/work"], denyRead: [], write: ["out"] }), {
      ...ALWAYS,
      "/work": "read",
      "/work/out": "write",
    });
  });

  it("puts folders together without what is denied in them, whether it is there or not", () => {
    // .git does not exist, and must not come into being either.
    assert.deepEqual(mounts({}), {
      ...ALWAYS,
      "/work": "folder",
      "/work/data": "write",
      "/work/node_modules": "read",
      "/work/out": "write",
      "/work/tasks.ts": "write",
    });
    assert.ok(words({}).join(" ").includes("--remount-ro /work --remount-ro /"));
  });

  it("makes links anew, so that they lead nowhere if what they lead to is not there", () => {
    const permission = { mode: "custom", read: true, denyRead: ["/etc/passwd", ".env"], write: [] };
    const found = mounts(permission);
    assert.equal(found["/bin"], "link to /usr/bin");
    assert.equal(found["/usr"], "read");
    assert.equal(found["/etc"], "folder");
    assert.equal(found["/etc/passwd"], undefined);
    assert.equal(found["/work/.env"], undefined);
    assert.equal(found["/home"], "read");
    for (const path of ["/", "/dev", "/proc", "/proc/1"]) assert.equal(found[path], undefined);
  });

  it("has the way to what lies below a link", () => {
    const found = mounts({ mode: "custom", read: ["/bin/true"], denyRead: [], write: [] });
    assert.equal(found["/bin"], "link to /usr/bin");
    assert.equal(found["/usr/bin/true"], "read");
  });

  it("keeps no more files in memory than it may", () => {
    const policy = resolvePolicy(resolvePermission({}), [], files);
    const all = sandboxWords(policy, { ...needs, filesMb: 128 }, files).join(" ");
    assert.match(all, / --size 134217728 --tmpfs \/tmp /);
    assert.doesNotMatch(words({}).join(" "), /--size/);
  });

  it("shows nothing of a folder that is denied in part and cannot be listed", () => {
    const blind = { ...files, list: () => undefined };
    const permission = resolvePermission({
      mode: "custom",
      read: ["data"],
      denyRead: ["data/x"],
      write: [],
    });
    const all = sandboxWords(resolvePolicy(permission, [], blind), needs, blind).join(" ");
    assert.match(all, /--tmpfs \/work\/data /);
    assert.doesNotMatch(all, /\/work\/data\/open/);
  });

  it("has the network, and what it takes to use it, if any host is allowed", () => {
    assert.ok(!words({}).includes("--share-net"));
    for (const net of [true, ["example.com"]]) {
      assert.ok(words({ net }).includes("--share-net"));
      assert.equal(mounts({ net })["/etc/resolv.conf"], "read");
    }
  });

  it("has programs if any may be run", () => {
    assert.equal(mounts({})["/usr"], undefined);
    assert.equal(mounts({ run: ["true"] })["/usr"], "read");
  });

  it("gives Deno a place for what it compiles, unless it has one", () => {
    assert.deepEqual(sandboxVariables({ A: "1" }), { A: "1", DENO_DIR: "/tmp/deno" });
    assert.deepEqual(sandboxVariables({ DENO_DIR: "/x" }), { DENO_DIR: "/x" });
  });
});
