import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import process from "node:process";
import { collectorFlags, runProgram, runtimeName } from "../support/program.ts";

const reason = runtimeName === "bun"
  ? "Bun has an allocator of its own"
  : runtimeName === "deno"
  ? "V8 frees there at times at which glibc keeps memory in many runs anyway"
  : process.platform !== "linux" || !readFileSync("/proc/self/maps", "utf8").includes("/libc.so.6")
  ? "only glibc gives memory back so soon"
  : false;

describe("memory of copies", () => {
  for (const what of ["bytes", "text"]) {
    it(`of ${what} is not taken from the system for every call`, { skip: reason }, async () => {
      const { code, stdout, stderr } = await runProgram("page_faults.ts", {
        args: [what],
        flags: collectorFlags,
      });
      assert.equal(code, 0, stderr);
      // Where it is, mostly a third of it to three quarters are new.
      assert.ok(Number(stdout) < 0.15, `${stdout.trim()} of the memory is new`);
    });
  }
});
