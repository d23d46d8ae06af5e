// What is bound to one worker outlives it: the next one in its place takes it over.

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { whoAmI } from "../fixtures/process_tasks.ts";
import { inProcess, isStopped } from "../support/processes.ts";
import { runtimeName } from "../support/program.ts";
import { turns } from "../support/running_order.ts";
import { isLinux } from "../support/shared_memory.ts";
import { until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

describe("calls for one worker", { skip: process.platform === "win32" }, () => {
  it("that it has not begun are run by the one that replaces it, and others keep theirs", async () => {
    await withPool({ whoAmI }, { threads: 2, ...inProcess(runtimeName) }, async (pool) => {
      const keys = Array.from({ length: 12 }, (_, n) => `key ${n}`);
      const ofKeys = (): Promise<number[]> =>
        Promise.all(keys.map(async (key) => (await pool.call.whoAmI(undefined, { key })).pid));
      const ofAll = async (): Promise<number[]> => (await pool.all.whoAmI()).map(({ pid }) => pid);
      const [first, second] = await ofAll();
      const before = await ofKeys();
      assert.deepEqual(new Set(before), new Set([first, second]));
      process.kill(second!, "SIGSTOP"); // begins nothing
      if (isLinux) await until("it is stopped", () => isStopped(second!));
      const after = inTime("the calls", Promise.all([ofAll(), ofKeys()]), 20_000);
      await turns();
      process.kill(second!, "SIGKILL");
      const [[stayed, replacement], pids] = await after;
      assert.equal(stayed, first);
      assert.ok(replacement !== first && replacement !== second);
      assert.deepEqual(pids, before.map((pid) => pid === second ? replacement : first));
    });
  });
});
