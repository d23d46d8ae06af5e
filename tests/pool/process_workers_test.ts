import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { createPool, Envelope, isMain, type Options } from "../../mod.ts";
import { ProcessSharedBuffer } from "../../shared_memory.ts";
import { BufferReference } from "../../unsafe.ts";
import { runtime as hostRuntime, runtimeNames } from "../../src/runtime/current.ts";
import { double, triple } from "../fixtures/compiled/mapped_tasks.js";
import { hold } from "../fixtures/elastic_tasks.ts";
import * as tasks from "../fixtures/process_tasks.ts";
import * as sharing from "../fixtures/process_shared_tasks.ts";
import { Gate } from "../support/gate.ts";
import { fillPattern, findMistake } from "../support/pattern.ts";
import { inProcess, isAlive, killHard, ownWorkers } from "../support/processes.ts";
import { freshName, isLinux } from "../support/shared_memory.ts";
import { errorOf, errorWithCode, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

for (const runtime of runtimeNames) {
  /** What takes long and does not depend on the host is tried where the worker is at home. */
  const skip = !ownWorkers.includes(runtime);
  describe(`a worker that is a process of ${runtime}'s`, () => {
    it("runs tasks elsewhere, and knows that it is a worker", async () => {
      assert.ok(isMain);
      await withPool(tasks, inProcess(runtime), async ({ call }) => {
        const { pid, ...rest } = await call.whoAmI();
        assert.deepEqual(rest, { runtime, isMain: false, marks: [undefined, undefined] });
        assert.notEqual(pid, process.pid);
        assert.equal(await call.addLater([1, 2]), 3);
        assert.equal(await call.slow(), "timed out");
      });
    });

    // Bun has its own idea of the source of a function, and Deno tells no place in what a compiler has made.
    const differ = [runtime, hostRuntime.name].sort().join() === "bun,deno";
    it("finds tasks in a file with a source map", { skip: differ }, async () => {
      await withPool({ double, triple }, inProcess(runtime), async ({ call }) => {
        assert.deepEqual(await Promise.all([call.double(2), call.triple(2)]), [4, 6]);
      });
    });

    it("carries values of all kinds and sizes, and errors with causes", async () => {
      await withPool(tasks, inProcess(runtime), async ({ call }) => {
        const values = [
          undefined,
          null,
          -0,
          NaN,
          12n ** 40n,
          "é".repeat(70_000),
          "漢字".repeat(30_000),
          "a".repeat(1 << 20),
          Symbol.for("x"),
          { a: [1, { b: new Date(5) }], c: 1n },
          new Uint8Array(3 << 20).map((_, i) => i * 7),
          new Float64Array([1.5, NaN]),
          new ArrayBuffer(0),
        ];
        for (const value of values) assert.deepEqual(await call.echo(value), value);
        const back = await call.echo(new Envelope({ n: 1 }, new Uint8Array([1, 2]).buffer));
        assert.ok(back instanceof Envelope);
        assert.deepEqual(new Uint8Array(back.payload as ArrayBuffer), new Uint8Array([1, 2]));

        const error = await errorOf(call.fail("too much"));
        assert.deepEqual([error.name, error.message], ["CustomError", "too much"]);
        assert.ok(error.cause instanceof RangeError);
      });
    });

    it("answers many calls at once, each with its own answer", async () => {
      await withPool(tasks, { ...inProcess(runtime), threads: 2 }, async ({ call }) => {
        const numbers = Array.from({ length: 5_000 }, (_, n) => n);
        const answers = await inTime("all calls", Promise.all(numbers.map((n) => call.echo(n))));
        assert.deepEqual(answers, numbers);
      });
    });

    it("refuses what cannot leave a process, and works on", async () => {
      await withPool(tasks, inProcess(runtime), async ({ call }) => {
        const reference = new BufferReference(new ArrayBuffer(64));
        const refused = [
          new SharedArrayBuffer(8),
          reference,
          new Envelope(1, new SharedArrayBuffer(8)),
          new Envelope(1, reference),
        ];
        for (const value of refused) {
          const { message } = await errorWithCode(call.echo(value), "KNT_ERROR_3");
          assert.match(
            message,
            /cannot cross a process-worker boundary, where a ProcessSharedBuffer can/,
          );
        }
        assert.equal(reference.toUint8Array().length, 64, "the refused reference is as it was");
        reference.release();
        assert.equal(await call.echo(1), 1);
      });
    });

    it("hears of aborts", async () => {
      await withPool(tasks, inProcess(runtime), async ({ call }) => {
        await call.echo(0);
        const counting = call.countUntilStopped(1e9);
        setTimeout(() => counting.reject(), 50);
        assert.ok(await inTime("the abort", counting) < 1e9);
      });
    });

    it("shares memory both ways, with a name and without", async () => {
      await withPool(sharing, inProcess(runtime), async ({ call }) => {
        const name = freshName();
        for (
          const shared of [
            ProcessSharedBuffer.create(64),
            ProcessSharedBuffer.create({ mode: "create", name, size: 64 }),
          ]
        ) {
          Atomics.store(shared.view(Int32Array), 0, 42);
          assert.equal(await call.readFirst(shared), 42);
          const { payload } = await call.addMany(new Envelope(1000, shared));
          assert.equal(Atomics.load(payload.view(Int32Array), 0), 1042);
          assert.equal(Atomics.load(shared.view(Int32Array), 0), 1042);
          shared.close();
        }
        for (let seed = 0; seed < 20; seed++) {
          const made = await call.make({ length: 100_000, seed });
          assert.equal(findMistake(made.bytes(), seed), -1);
          fillPattern(made.bytes(), seed + 1);
          made.close();
        }
      });
    });

    it("cannot be ended by its tasks", async () => {
      await withPool(tasks, inProcess(runtime), async ({ call }) => {
        const { pid } = await call.whoAmI();
        const { message } = await errorOf(call.tryExit());
        assert.match(message, /^KNT_ERROR_PROCESS_GUARD: process\.exit/);
        assert.equal((await call.whoAmI()).pid, pid);
      });
    });

    it("leaves Ctrl+C to its host", { skip: process.platform === "win32" }, async () => {
      await withPool(tasks, inProcess(runtime), async ({ call }) => {
        const { pid } = await call.whoAmI();
        const running = call.addLater([1, 2]);
        process.kill(pid, "SIGINT"); // a terminal sends it to all processes of a group
        assert.equal(await running, 3);
        assert.equal((await call.whoAmI()).pid, pid);
      });
    });

    it("that is killed rejects what it had begun, and is replaced", { skip }, async () => {
      await withPool({ ...tasks, hold }, inProcess(runtime), async ({ call }) => {
        const { pid } = await call.whoAmI();
        const gate = new Gate();
        const running = call.hold(gate.memory);
        const waiting = call.echo("for another");
        await until("it runs", () => gate.arrived === 1);
        killHard(pid);
        const error = await errorWithCode(running, "KNT_ERROR_WORKER_EXITED");
        assert.match(
          error.message,
          /^Worker exited with code 137 \(SIGKILL\) \(during task "hold"\)/,
        );
        assert.equal(await inTime("the other call", waiting), "for another");
        assert.notEqual((await call.whoAmI()).pid, pid);
      });
    });

    it("that crashes says what of", { skip }, async () => {
      await withPool(tasks, inProcess(runtime), async ({ call }) => {
        const error = await errorWithCode(call.throwUncaught(), "KNT_ERROR_WORKER_CRASHED");
        assert.match(error.message, /^Worker crashed: nobody catches this/);
        assert.equal(await call.echo(1), 1);
      });
    });

    it("is gone when shutdown resolves, also in the middle of a task", { skip }, async () => {
      const pool = createPool({ ...inProcess(runtime), threads: 2 })(tasks);
      const pids = (await Promise.all([1, 2, 3, 4].map(() => pool.call.whoAmI()))).map(({ pid }) =>
        pid
      );
      const running = errorWithCode(pool.call.spin(), "KNT_ERROR_CLOSED");
      await inTime("shutdown", pool.shutdown());
      await running;
      assert.ok(!pids.some(isAlive), "a worker is still there");
    });

    it("is ended by the hard limit, and replaced", { skip }, async () => {
      const options = inProcess(runtime, { hardTimeoutMs: 1_000, onHardTimeout: "replace" });
      await withPool(tasks, options, async ({ call }) => {
        const { pid } = await call.whoAmI();
        await errorWithCode(call.spin(), "KNT_ERROR_HARD_TIMEOUT");
        await until("the worker is gone", () => !isAlive(pid));
        assert.equal(await call.echo(1), 1);
      });
    });

    it("finds its memory by name, which is removed at once", { skip: !isLinux }, async () => {
      const options = inProcess(runtime, {
        processSharedMemory: { mode: "named", namePrefix: "knit_worker" },
      });
      const names = () => readdirSync("/dev/shm").filter((name) => name.startsWith("knit_wor"));
      const pool = createPool({ ...options, payload: { payloadMaxByteLength: 1 << 20 } })(tasks);
      try {
        assert.equal(names().length, 1);
        assert.equal(await pool.call.echo("a".repeat(100_000)), "a".repeat(100_000));
        assert.deepEqual(names(), []);
      } finally {
        await pool.shutdown();
      }
    });

    it("may be wrapped", { skip: process.platform === "win32" }, async () => {
      const processCommandPrefix = ["env", "KNITTING_TEST_VALUE=wrapped"];
      const options: Options = {
        ...inProcess(runtime, { processCommandPrefix }),
        permission: "unsafe",
      };
      await withPool(tasks, options, async ({ call }) => {
        assert.equal(await call.environment("KNITTING_TEST_VALUE"), "wrapped");
      });
    });

    it("starts no program that makes a pool by accident", { skip }, async () => {
      const path = fileURLToPath(
        new URL("../fixtures/programs/hello_shutdown.ts", import.meta.url),
      );
      await withPool(tasks, { ...inProcess(runtime), permission: "unsafe" }, async ({ call }) => {
        const refused = await call.startProgram([path, {}]);
        assert.notEqual(refused.status, 0);
        assert.match(refused.stderr, /tried to spawn workers from inside a worker process/);
        const meant = await call.startProgram([path, { KNITTING_POOL_DEPTH: "" }]);
        assert.equal(meant.status, 0, meant.stderr);
        assert.match(meant.stdout, /shut down/);
      });
    });

    // Deno 2.9 loses one in some thousands of the calls by which it is woken (ffi/node_addon.c).
    it("wakes up for each of many large calls", { skip }, async () => {
      const calls = process.env["KNITTING_LONG"] === "1" ? 8_000 : 500;
      const bytes = new Uint8Array(1 << 20);
      await withPool(tasks, inProcess(runtime), async ({ call }) => {
        for (let i = 0; i < calls; i++) {
          bytes[i] = i;
          const back = await inTime("an answer", call.echo(bytes)) as Uint8Array;
          assert.equal(back[i], bytes[i]);
        }
      });
    });

    it("waits asleep for a long time, and answers at once", { skip }, async () => {
      const timers = { spinMicroseconds: 0, parkMs: 20_000 };
      await withPool(tasks, inProcess(runtime, { timers }), async ({ call }) => {
        await call.echo(0);
        await new Promise((resolve) => setTimeout(resolve, 100));
        const start = performance.now();
        assert.equal(await call.echo(1), 1);
        const tookMs = performance.now() - start;
        assert.ok(tookMs < 5_000, `${tookMs} ms: nobody has woken it`);
      });
    });
  });
}

describe("workerExecArgv for processes", () => {
  it("goes to Node", async () => {
    const options = { ...inProcess("node"), workerExecArgv: ["--conditions=knitting"] };
    await withPool(tasks, options, async ({ call }) => {
      assert.ok((await call.flags()).includes("--conditions=knitting"));
    });
  });

  it("has no effect elsewhere, which a warning tells", async () => {
    const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
    const options: Options = {
      ...inProcess("bun"),
      permission: "unsafe",
      workerExecArgv: ["--conditions=knitting"],
    };
    await withPool(tasks, options, async ({ call }) => {
      assert.ok(!(await call.flags()).includes("--conditions=knitting"));
    });
    const { message } = await warned;
    assert.equal(
      message,
      "workerExecArgv has no effect on processes of bun: these are flags of Node",
    );
  });
});
