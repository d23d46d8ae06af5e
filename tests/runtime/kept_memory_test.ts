import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import process from "node:process";
import { runProgram, runtimeName } from "../support/program.ts";

const reason = runtimeName === "bun"
  ? "Bun has an allocator of its own"
  : runtimeName === "deno"
  ? "V8 frees there at times at which glibc keeps memory in many runs anyway"
  : process.platform !== "linux" || !readFileSync("/proc/self/maps", "utf8").includes("/libc.so.6")
  ? "only glibc gives memory back so soon"
  : false;

describe("memory of copies", () => {
  it("is not taken from the system for every call", { skip: reason }, async () => {
    const { code, stdout, stderr } = await runProgram("page_faults.ts");
    assert.equal(code, 0, stderr);
    // Where it is, 64 KiB there and back take 7 to 25 new pages of the 32 that they fill.
    assert.ok(Number(stdout) < 4, `${stdout.trim()} new pages a call`);
  });
});
