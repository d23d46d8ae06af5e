// Processes that the system has stopped, as Ctrl+Z does: a worker, and a host.

import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import * as tasks from "../fixtures/process_tasks.ts";
import { Peer } from "../support/peer.ts";
import { childrenOf, inProcess, isAlive, isStopped, ownWorkers } from "../support/processes.ts";
import { runtimeName } from "../support/program.ts";
import { isLinux } from "../support/shared_memory.ts";
import { errorWithCode, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

/** More than fit into the ring. */
const MANY = 2_000;

async function stop(pid: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  await until("it is stopped", () => isStopped(pid));
}

const goOn = (pid: number): boolean => process.kill(pid, "SIGCONT");

for (const runtime of ownWorkers) {
  describe(`a process of ${runtime}'s that is stopped`, { skip: !isLinux }, () => {
    it("loses nothing and is not replaced, and time limits come meanwhile", async () => {
      await withPool(tasks, inProcess(runtime), async ({ call }) => {
        const { pid } = await call.whoAmI();
        for (let round = 0; round < 4; round++) {
          const calls = Array.from({ length: MANY }, (_, n) => call.addLater([n, round]));
          // Stopped before it has them, in the middle of them, or when most are through.
          if (round > 0) await new Promise((resolve) => setTimeout(resolve, 3 * round));
          await stop(pid);
          for (let n = 0; n < MANY; n++) calls.push(call.addLater([n, -round]));
          assert.equal(await inTime("the time limit", call.slow()), "timed out");
          goOn(pid);
          const sums = await inTime("all calls", Promise.all(calls));
          sums.forEach((sum, i) => assert.equal(sum, i < MANY ? i + round : i - MANY - round));
        }
        assert.equal((await call.whoAmI()).pid, pid);
      });
    });

    it("is replaced when the call that it runs reaches its hard limit", async () => {
      const options = inProcess(runtime, { hardTimeoutMs: 2_000, onHardTimeout: "replace" });
      await withPool(tasks, options, async ({ call }) => {
        const { pid } = await call.whoAmI();
        const running = errorWithCode(call.countUntilStopped(1e9), "KNT_ERROR_HARD_TIMEOUT");
        await call.echo(1); // that comes behind it
        await stop(pid);
        await running;
        await until("it is gone", () => !isAlive(pid));
        assert.notEqual((await call.whoAmI()).pid, pid);
      });
    });

    it("is ended by shutdown", async () => {
      const pool = createPool(inProcess(runtime))(tasks);
      const { pid } = await pool.call.whoAmI();
      await stop(pid);
      const unsettled = errorWithCode(pool.call.echo(1), "KNT_ERROR_CLOSED");
      await inTime("shutdown", pool.shutdown());
      await unsettled;
      await until("it is gone", () => !isAlive(pid));
    });

    it("goes down with its host", async () => {
      const host = new Peer(runtimeName, "host_of_processes.ts", [runtime, "inherit"]);
      const pids = JSON.parse(await host.line()) as number[];
      for (const pid of [...pids, host.pid]) await stop(pid);
      host.kill("SIGKILL");
      pids.forEach(goOn);
      await until("the workers are gone", () => !pids.some(isAlive));
    });
  });
}

describe("a host that is stopped", { skip: !isLinux }, () => {
  for (const kind of ["thread", "process"]) {
    it(`gets every answer when it goes on (${kind})`, async () => {
      const host = new Peer(runtimeName, "stopped_host.ts", [kind]);
      try {
        assert.equal(await host.line(), "ready");
        for (let round = 0; round < 4; round++) {
          const called = host.line();
          const answered = host.line();
          host.tell("call");
          assert.equal(await called, "called");
          const workers = childrenOf(host.pid);
          // Ctrl+Z stops all of them.
          for (const pid of round % 2 === 0 ? [] : workers) await stop(pid);
          await stop(host.pid);
          goOn(host.pid);
          workers.forEach(goOn);
          assert.equal(await answered, "all right");
        }
        await host.end();
      } finally {
        host.kill("SIGKILL");
      }
    });
  }
});
