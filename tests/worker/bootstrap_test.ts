import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import type { BootstrapOptions, Options } from "../../mod.ts";
import { square } from "../fixtures/basic_tasks.ts";
import * as tasks from "../fixtures/bootstrap_tasks.ts";
import { crash } from "../fixtures/fault_tasks.ts";
import { runtimeName } from "../support/program.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorOf, errorWithCode, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const path = "../fixtures/bootstraps.ts";
const url = new URL(path, import.meta.url).href;

const withBootstrap = (bootstrap: Partial<BootstrapOptions>, options: Options = {}): Options => ({
  ...options,
  worker: { bootstrap: { href: path, ...bootstrap } },
});

describe("worker.bootstrap", () => {
  for (const href of [path, url]) {
    it(`runs before task modules are imported: ${href === url ? "a URL" : "a path"}`, async () => {
      await withPool(tasks, withBootstrap({ href, data: 5 }), async ({ call }) => {
        assert.deepEqual(await call.tracesAtImport(), {
          data: 5,
          context: { thread: 0, totalNumberOfThread: 1, runtime: runtimeName, isFrozen: true },
          arguments: 2,
          workerData: 0,
        });
      });
    });
  }

  it("is awaited", async () => {
    await withPool(tasks, withBootstrap({ name: "slow" }), async ({ call }) => {
      assert.deepEqual(await call.tracesAtImport(), { slow: true });
    });
  });

  it("gets data as a structured clone, and shared memory as the memory itself", async () => {
    const shared = new SharedArrayBuffer(4);
    const date = new Date(5);
    const data = { map: new Map([["one", 1]]), date, shared };
    await withPool(tasks, withBootstrap({ data }), async ({ call }) => {
      assert.deepEqual(await call.describeData(), [1, 5]);
      assert.equal(new Int32Array(shared)[0], 1);
    });
  });

  it("runs once on every worker, and again on one that replaces another", async () => {
    const state = new SharedState(new SharedArrayBuffer(8 + 3 * 4));
    const marks = () => [...new Int32Array(state.buffer).slice(2)];
    const options = withBootstrap({ name: "markThread", data: state.buffer }, { threads: 3 });
    await withPool({ crash, square }, options, async ({ call }) => {
      await until("every worker has run it", () => state.started === 3);
      assert.deepEqual(marks(), [1, 1, 1]);
      const results = await Promise.all(Array.from({ length: 100 }, (_, i) => call.square(i)));
      assert.equal(results[99], 9801);
      assert.equal(state.started, 3);

      await errorWithCode(call.crash("on purpose"), "KNT_ERROR_WORKER_CRASHED");
      await until("the new worker has run it", () => state.started === 4);
      assert.deepEqual(marks().sort(), [1, 1, 2]);
      assert.equal(await inTime("a call", call.square(3)), 9);
    });
  });

  it("can remove environment variables before a task module sees them", async () => {
    const name = "KNIT_TEST_SECRET";
    try {
      process.env[name] = "secret";
      await withPool(tasks, {}, async ({ call }) => {
        assert.equal(await call.variableAtImport(), "secret");
      });
      const options = withBootstrap({ name: "removeVariable", data: name });
      await withPool(tasks, options, async ({ call }) => {
        assert.equal(await call.variableAtImport(), undefined);
      });
    } finally {
      delete process.env[name];
    }
  });

  it("cannot print, but can decide what becomes of what is printed", async () => {
    await withPool(tasks, withBootstrap({ name: "collectPrints" }), async ({ call }) => {
      assert.deepEqual((await call.tracesAtImport()).printed, ["printed at import"]);
    });
  });
});

describe("a worker.bootstrap that fails", () => {
  const failures: [what: string, Partial<BootstrapOptions>, message: string | RegExp][] = [
    ["throws", { name: "fails" }, "Worker startup failed: no licence"],
    ["rejects", { name: "rejects" }, "Worker startup failed: not even an error"],
    [
      "tries to end the worker",
      { name: "exits" },
      "Worker startup failed: KNT_ERROR_PROCESS_GUARD: process.exit is disabled in worker tasks",
    ],
    [
      "is not exported",
      { name: "missing" },
      `Worker startup failed: worker.bootstrap expected export "missing" from "${url}" to be a ` +
      "function. Available exports: addGlobal, collectPrints, default, exits, fails, markThread, " +
      "notAFunction, rejects, removeVariable, slow",
    ],
    [
      "is no function",
      { name: "notAFunction" },
      `Worker startup failed: worker.bootstrap expected export "notAFunction" from "${url}" to be ` +
      "a function. Available exports: addGlobal, collectPrints, default, exits, fails, markThread, " +
      "notAFunction, rejects, removeVariable, slow",
    ],
    ["has no module", { href: "../fixtures/no_such_bootstrap.ts" }, /no_such_bootstrap/],
    ["throws on import", { href: "../fixtures/throws_on_import.ts" }, /the database is not there/],
  ];
  for (const [what, bootstrap, message] of failures) {
    it(`because it ${what}: calls reject with why`, async () => {
      await withPool(tasks, withBootstrap(bootstrap), async ({ call }) => {
        for (let i = 0; i < 2; i++) {
          const error = await errorWithCode(
            inTime("a call", call.variableAtImport()),
            "KNT_ERROR_WORKER_STARTUP",
          );
          if (typeof message === "string") assert.equal(error.message, message);
          else assert.match(error.message, message);
        }
      });
    });
  }

  it("gives its error as the cause", async () => {
    await withPool(tasks, withBootstrap({ name: "fails" }), async ({ call }) => {
      const { cause } = await inTime("the call", errorOf(call.variableAtImport()));
      assert.ok(cause instanceof Error);
      assert.deepEqual([cause.name, cause.message], ["RangeError", "no licence"]);
      assert.match(cause.stack ?? "", /bootstraps\.ts/);
    });
  });
});
