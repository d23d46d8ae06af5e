import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { limitVariables, limitWords } from "../../src/safety/process_limits.ts";

const none = { memoryMb: undefined, cpuSeconds: undefined, openFiles: undefined };

describe("limitWords", () => {
  it("are none without limits", () => {
    assert.deepEqual(limitWords(none, "node"), []);
  });

  it("set soft and hard limits alike, before the command", () => {
    assert.deepEqual(limitWords({ memoryMb: 256, cpuSeconds: 5, openFiles: 100 }, "node"), [
      "prlimit",
      "--data=268435456:268435456",
      "--cpu=5:5",
      "--nofile=100:100",
      "--",
    ]);
    assert.deepEqual(limitWords({ ...none, openFiles: 64 }, "bun"), [
      "prlimit",
      "--nofile=64:64",
      "--",
    ]);
  });

  it("count no memory that a runtime only reserves", () => {
    const limit = (runtime: "node" | "deno" | "bun") =>
      limitWords({ ...none, memoryMb: 128 }, runtime)[1];
    assert.deepEqual([limit("node"), limit("deno"), limit("bun")], [
      `--data=${128 << 20}:${128 << 20}`,
      `--data=${640 << 20}:${640 << 20}`,
      `--data=${512 << 20}:${512 << 20}`,
    ]);
  });

  it("tell Bun to reserve less, or it would have no compiler", () => {
    const limits = { ...none, memoryMb: 128 };
    assert.deepEqual(limitVariables(limits, "bun"), {
      BUN_JSC_jitMemoryReservationSize: String(128 << 20),
    });
    assert.deepEqual(limitVariables(limits, "node"), {});
    assert.deepEqual(limitVariables(none, "bun"), {});
  });
});
