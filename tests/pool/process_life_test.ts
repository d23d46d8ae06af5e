import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import { runtimeNames } from "../../src/runtime/current.ts";
import * as tasks from "../fixtures/process_tasks.ts";
import { Peer } from "../support/peer.ts";
import { childrenOf, inProcess, isAlive, killHard } from "../support/processes.ts";
import { runtimeName } from "../support/program.ts";
import { isLinux } from "../support/shared_memory.ts";
import { errorWithCode, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

/** The named memory of lanes that a host has made; others may run at the same time. */
const namedBy = (pid: number) =>
  readdirSync("/dev/shm").filter((name) => name.startsWith(`kpw_${pid.toString(36)}_`));

describe("a host that is killed", { skip: !isLinux }, () => {
  for (const runtime of runtimeNames) {
    for (const memory of ["inherit", "named"]) {
      it(`leaves no ${runtime} behind, memory ${memory}`, async () => {
        const host = new Peer(runtimeName, "host_of_processes.ts", [runtime, memory]);
        const pids = JSON.parse(await host.line()) as number[];
        assert.equal(pids.filter(isAlive).length, 2);
        killHard(host.pid);
        await until("the workers are gone", () => !pids.some(isAlive));
        assert.deepEqual(namedBy(host.pid), []);
      });
    }
  }

  it("leaves nothing behind while workers start", async () => {
    for (const delayMs of [0, 20, 40, 80]) {
      const host = new Peer(runtimeName, "host_of_processes.ts", ["deno", "named"]);
      await until("the host has started them", () => childrenOf(host.pid).length === 2);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      killHard(host.pid);
      await until("its names are gone", () => namedBy(host.pid).length === 0);
    }
  });
});

describe("worker processes that die", () => {
  it("again and again lose no call that they had not begun", async () => {
    await withPool(tasks, { ...inProcess("deno"), threads: 2 }, async ({ call }) => {
      for (let round = 0; round < 5; round++) {
        const { pid } = await call.whoAmI();
        const calls = Array.from({ length: 200 }, (_, n) => call.echo(n));
        killHard(pid);
        const outcomes = await inTime("all calls", Promise.allSettled(calls));
        outcomes.forEach((outcome, n) => {
          if (outcome.status === "fulfilled") assert.equal(outcome.value, n);
          else assert.equal(outcome.reason.code, "KNT_ERROR_WORKER_EXITED");
        });
      }
    });
  });

  it("because there is no such program say so", async () => {
    const before = process.env.BUN_BINARY;
    process.env.BUN_BINARY = "/no/such/bun";
    try {
      const pool = createPool(inProcess("bun"))(tasks);
      const error = await errorWithCode(pool.call.echo(1), "KNT_ERROR_WORKER_STARTUP");
      assert.match(error.message, /there is no program "\/no\/such\/bun": install it/);
      await pool.shutdown();
    } finally {
      if (before === undefined) delete process.env.BUN_BINARY;
      else process.env.BUN_BINARY = before;
    }
  });

  it("because the program is too old say so", { skip: !isLinux }, () => {
    const before = process.env.NODE_BINARY;
    const folder = mkdtempSync(join(tmpdir(), "knitting-"));
    const old = join(folder, "node");
    writeFileSync(old, "#!/bin/sh\necho v20.19.2\n", { mode: 0o755 });
    process.env.NODE_BINARY = old;
    try {
      assert.throws(
        () => createPool({ ...inProcess("node"), permission: "unsafe" })(tasks),
        /Process workers need node 22 or later, and .* is 20\.19\.2: set NODE_BINARY/,
      );
    } finally {
      if (before === undefined) delete process.env.NODE_BINARY;
      else process.env.NODE_BINARY = before;
      rmSync(folder, { recursive: true });
    }
  });

  it(
    "because the system refuses their command leave no name behind",
    { skip: !isLinux },
    async () => {
      const options = inProcess("bun", {
        processSharedMemory: "named",
        processCommandPrefix: ["env", `LONG=${"x".repeat(200_000)}`],
      });
      try {
        const pool = createPool({ ...options, payload: { payloadMaxByteLength: 1 << 16 } })(tasks);
        await errorWithCode(pool.call.echo(1), "KNT_ERROR_WORKER_STARTUP"); // on Deno
        await pool.shutdown();
      } catch (error) {
        assert.match(String(error), /E2BIG/);
      }
      await until("its name is gone", () => namedBy(process.pid).length === 0);
    },
  );

  it(
    "because a wrapper does not wait for them are not left behind",
    { skip: !isLinux },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "knitting-"));
      const file = join(folder, "pids");
      const pool = createPool({
        ...inProcess("bun", {
          processSharedMemory: "named",
          processCommandPrefix: ["sh", "-c", `"$@" & echo $! >> ${file}`, "sh"],
        }),
        payload: { payloadMaxByteLength: 1 << 16 },
      })(tasks);
      try {
        await errorWithCode(pool.call.echo(1), "KNT_ERROR_WORKER_STARTUP");
        const pids = readFileSync(file, "utf8").trim().split("\n").map(Number);
        // One that gets ready before the end of its wrapper is seen is no failure to start.
        assert.ok(pids.length >= 3, `${pids.length} have been started`);
        await until("all are gone", () => !pids.some(isAlive));
      } finally {
        await pool.shutdown();
        rmSync(folder, { recursive: true });
      }
    },
  );

  it("because a wrapper replaces their standard input say so, and what to do", async () => {
    const processCommandPrefix = ["sh", "-c", 'exec "$@" < /dev/null', "sh"];
    const pool = createPool(inProcess("bun", { processCommandPrefix }))(tasks);
    const error = await errorWithCode(pool.call.echo(1), "KNT_ERROR_WORKER_STARTUP");
    assert.match(error.message, /exited with code 1 before it was ready.*standard error/);
    await pool.shutdown();
  });
});
