// What pools leave behind when they are closed, and elastic ones when they have shrunk: nothing. Twenty
// pools, and four times of growing and shrinking; a thousand of both with KNITTING_LONG=1.

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { collectorFlags, runProgram } from "../support/program.ts";

const isLong = process.env["KNITTING_LONG"] === "1";
const POOLS = isLong ? 1000 : 20;
const CYCLES = isLong ? 1000 : 4;
const LIMIT_MS = isLong ? 3_600_000 : 120_000;

const MiB = 1024 * 1024;
/** Heaps and the runtime's own threads come and go. */
const SWING = { rss: 32 * MiB, mappings: 64, threads: 2, files: 2 };

describe("pools that were closed", () => {
  it("are gone with all they had, however they were closed", async () => {
    const { code, stdout, stderr } = await runProgram("closed_pools.ts", {
      flags: collectorFlags,
      limitMs: LIMIT_MS,
    });
    assert.deepEqual(stdout.trim().split("\n"), [
      "with a call in flight true",
      "after an argument that was walked true",
      "after an error true",
      "by an argument, when the host was about to park true",
    ], stderr);
    assert.equal(code, 0);
  });

  it("leave no handle, thread, mapping or listener behind, and memory does not grow", async () => {
    const { code, late, stdout, stderr } = await runProgram("pool_after_pool.ts", {
      args: [`${POOLS}`, "2"],
      flags: collectorFlags,
      limitMs: LIMIT_MS,
    });
    assert.equal(late, false, `it has not ended: ${stdout}`);
    assert.equal(code, 0, stderr);
    const [half, all] = stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(all.signalListeners, 0);
    assert.equal(all.processListeners, half.processListeners);
    for (const [what, swing] of Object.entries(SWING)) {
      assert.ok(all[what] <= half[what] + swing, `${what}: ${half[what]}, then ${all[what]}`);
    }
  });
});

describe("workers of an elastic pool that have ended", () => {
  it("leave nothing behind, however often it grows; and every call settles, once", async () => {
    const { code, late, stdout, stderr } = await runProgram("elastic_cycles.ts", {
      args: [`${CYCLES}`, "2"],
      flags: collectorFlags,
      limitMs: LIMIT_MS,
    });
    assert.equal(late, false, `it has not ended: ${stdout}`);
    assert.equal(code, 0, stderr);
    const [half, all] = stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual([half.unsettled, all.unsettled], [0, 0]);
    for (const [what, swing] of Object.entries(SWING)) {
      assert.ok(all[what] <= half[what] + swing, `${what}: ${half[what]}, then ${all[what]}`);
    }
  });
});
