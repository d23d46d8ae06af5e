import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { failureOf, outputOf } from "../../src/runtime/processes.ts";

const sh = (script: string): string[] => ["sh", "-c", script];

describe("a short program", { skip: process.platform === "win32" }, () => {
  it("says something, or fails", () => {
    assert.equal(outputOf(sh("echo yes"), 10_000), "yes\n");
    assert.equal(outputOf(sh("echo no; exit 1"), 10_000), undefined);
    assert.equal(outputOf(["/no/such/program"], 10_000), undefined);
    assert.equal(outputOf(sh("exec sleep 20"), 10), undefined, "it takes too long");
  });

  it("fails for a reason", () => {
    assert.equal(failureOf(sh("exit 0"), 10_000), undefined);
    assert.equal(failureOf(sh("echo why >&2; exit 3"), 10_000), "why\n");
    assert.equal(failureOf(sh("exit 3"), 10_000), "sh ended with exit code 3");
    assert.equal(failureOf(sh("kill -9 $$"), 10_000), "sh ended with SIGKILL");
  });
});
