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
  // Where it is, mostly a third of it to three quarters are new; of shorter texts all of it.
  for (const [what, most] of [["bytes", 0.15], ["text", 0.15], ["shorter text", 0.5]] as const) {
    it(`of ${what} is not taken from the system for every call`, { skip: reason }, async () => {
      const { code, stdout, stderr } = await runProgram("page_faults.ts", {
        args: [what],
        flags: collectorFlags,
      });
      assert.equal(code, 0, stderr);
      assert.ok(Number(stdout) < most, `${stdout.trim()} of the memory is new`);
    });
  }
});
