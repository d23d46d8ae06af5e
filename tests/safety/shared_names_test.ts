import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { resolvePermission } from "../../src/api/resolve_permission.ts";
import { resolvePolicy } from "../../src/safety/resolve_policy.ts";
import { sharedNames } from "../../src/safety/shared_names.ts";
import { fakeFiles } from "../support/fake_files.ts";

const plain = fakeFiles(["/work/tasks.ts", "/dev/shm/there"]);

function mayName(name: string, permission: unknown, sandboxed = false, files = plain): boolean {
  const policy = resolvePolicy(resolvePermission(permission), ["/work/tasks.ts"], files);
  return sharedNames(policy, sandboxed, files)(name);
}

/** Rules without those that are there by default. */
const custom = (rules: object) => ({ mode: "custom", denyRead: [], denyWrite: [], ...rules });
const both = (...paths: string[]) => custom({ read: paths, write: paths });

describe("names of shared memory that workers may have", () => {
  it("are none by default, and all without rules", () => {
    for (const permission of [undefined, "strict", {}, { read: true, write: true }]) {
      assert.ok(!mayName("there", permission), JSON.stringify(permission));
    }
    assert.ok(mayName("there", "unsafe"));
    assert.ok(mayName("there", { mode: "unsafe" }));
  });

  it("are files that can be read and written", () => {
    assert.ok(mayName("there", both("/dev/shm/there")));
    assert.ok(mayName("not-there", both("/dev/shm")));
    assert.ok(mayName("there", custom({ read: true, write: true })));
    assert.ok(!mayName("there", both("/dev/shm/the")));
    assert.ok(!mayName("there", both("/dev/shm/there/too")));
    assert.ok(!mayName("there", custom({ read: ["/dev/shm"], write: [] })));
    assert.ok(!mayName("there", custom({ read: [], write: ["/dev/shm"] })));
  });

  it("are not those that are denied", () => {
    const all = both("/dev/shm");
    assert.ok(!mayName("there", { ...all, denyRead: ["/dev/shm/there"] }));
    assert.ok(!mayName("there", { ...all, denyWrite: ["/dev"] }));
    assert.ok(mayName("other", { ...all, denyRead: ["/dev/shm/there"] }));
    assert.ok(!mayName("there", { read: ["/dev/shm"], write: ["/dev/shm"] }), "/dev is denied");
  });

  it("may be behind a link", () => {
    const linked = fakeFiles(["/work/tasks.ts", "/dev/shm -> /run/shm", "/run/shm/there"]);
    for (const path of ["/dev/shm", "/run/shm", "/run/shm/there"]) {
      assert.ok(mayName("there", both(path), false, linked), path);
    }
    const denied = { ...both("/dev/shm"), denyRead: ["/run"] };
    assert.ok(!mayName("there", denied, false, linked));
  });

  it("are in a sandbox those that are bound into it: it has a /dev of its own", () => {
    assert.ok(mayName("there", both("/dev/shm/there"), true));
    assert.ok(mayName("there", both("/dev/shm"), true));
    const hidden = [both("/"), both("/dev"), custom({ read: true, write: true }), "unsafe"];
    for (const permission of hidden) {
      assert.ok(!mayName("there", permission, true), JSON.stringify(permission));
    }
  });
});
