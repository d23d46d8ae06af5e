import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { assertHonest, tryToEscape } from "../support/escape.ts";
import { isLinux } from "../support/shared_memory.ts";
import { ownWorkers } from "../support/processes.ts";

const { status } = spawnSync("bwrap", ["--unshare-all", "--ro-bind", "/", "/", "true"]);
const skip = (!isLinux || status !== 0) && "bwrap does not work here";

/** Without programs to run, and with no libraries in sight, these fail, whoever does not forbid them. */
const BY_CHANCE = ["run", "ffi"];

describe("a process in a sandbox that tries everything", { skip }, () => {
  for (const kind of ownWorkers) {
    it(`gets as far as the pool says with "strict" on ${kind}`, async () => {
      const escape = await tryToEscape(kind, "strict", "bwrap");
      assertHonest(escape, BY_CHANCE);
      for (const rule of ["read", "write", "net", "env", "allowImport"] as const) {
        assert.equal(escape.permissions[rule].enforcedBy, "os", rule);
      }
    });

    it(`gets as far as the user says on ${kind}`, async () => {
      const permission = {
        read: ["./data", "./out"],
        write: ["./out"],
        env: { allow: ["NODE_ENV"] },
      };
      const escape = await tryToEscape(kind, permission, "bwrap");
      assertHonest(escape, BY_CHANCE);
      for (const rule of ["read", "write", "net", "env"] as const) {
        assert.equal(escape.permissions[rule].enforcedBy, "os", rule);
      }
    });

    it(`reaches the network if it may on ${kind}`, async () => {
      const escape = await tryToEscape(kind, { net: true }, "bwrap");
      assertHonest(escape, BY_CHANCE);
    });

    it(`can do nearly everything with "unsafe" on ${kind}`, async () => {
      const { denied } = await tryToEscape(kind, "unsafe", "bwrap");
      for (const name of ["read .env", "read /etc", "write home", "connect", "run"]) {
        assert.equal(denied[name], null, name);
      }
      assert.notEqual(denied["host's /proc"], null, "the host is not seen");
    });
  }
});
