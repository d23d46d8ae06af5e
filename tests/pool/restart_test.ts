import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import {
  answerAndExit,
  callsSoFar,
  crash,
  crashLater,
  crashWithText,
  exit,
  exitLater,
  pretendError,
  shareLastWord,
} from "../fixtures/fault_tasks.ts";
import { echo, never, square } from "../fixtures/basic_tasks.ts";
import * as exits from "../fixtures/exits_on_import.ts";
import * as neverLoads from "../fixtures/never_loads.ts";
import * as recovers from "../fixtures/recovers_on_import.ts";
import * as rejects from "../fixtures/rejects_on_import.ts";
import * as spins from "../fixtures/spins_on_import.ts";
import * as throws from "../fixtures/throws_on_import.ts";
import * as waits from "../fixtures/waits_on_import.ts";
import { mortalWorker } from "../support/end_worker.ts";
import { runtimeName } from "../support/program.ts";
import { SharedState } from "../support/shared_state.ts";
import { blockUntil, errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const tasks = {
  answerAndExit,
  callsSoFar,
  crash,
  crashLater,
  crashWithText,
  echo,
  exit,
  exitLater,
  never,
  pretendError,
  shareLastWord,
  square,
};

describe("a worker that dies of an uncaught error", () => {
  it("rejects its call with the task's name and the cause, and is replaced", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const error = await errorWithCode(call.crash("kaboom"), "KNT_ERROR_WORKER_CRASHED");
      assert.match(error.message, /^Worker crashed: kaboom/);
      assert.match(error.message, /"crash"/);
      const cause = error.cause as Error;
      assert.ok(cause instanceof Error);
      assert.equal(cause.message, "kaboom");
      assert.equal(await inTime("the next call", call.square(3)), 9);
    });
  });

  it("is not one in which a task has made an event of an error", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      assert.equal(await call.pretendError("not thrown"), 0);
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(await inTime("the next call", call.pretendError("not thrown either")), 1);
    });
  });

  it("rejects every call that it holds, each with an error of its own", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const state = new SharedState();
      const held = Array.from({ length: 20 }, () => rejection(call.never(state.buffer)));
      await until("they run", () => state.started === 20);
      const last = rejection(call.crash("all of us"));
      const reasons = await inTime("every call", Promise.all([...held, last]));
      for (const [i, reason] of reasons.entries()) {
        assert.ok(reason instanceof Error);
        assert.equal((reason as Error & { code?: unknown }).code, "KNT_ERROR_WORKER_CRASHED");
        assert.match(reason.message, /all of us/);
        assert.match(reason.message, i < 20 ? /"never"/ : /"crash"/);
      }
      assert.equal(new Set(reasons).size, 21);
    });
  });

  it("says what was thrown, even if it is no error", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const error = await errorWithCode(
        call.crashWithText("mere text"),
        "KNT_ERROR_WORKER_CRASHED",
      );
      assert.match(error.message, /mere text/);
    });
  });

  it("does not take back what it has answered", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      assert.equal(await call.crashLater("afterwards"), "answered");
      // The next calls meet a worker that is alive, dying or new; in each case they settle.
      for (let i = 0; i < 20; i++) {
        try {
          assert.equal(await inTime("a call", call.square(i)), i * i);
        } catch (error) {
          assert.equal(
            (error as { code?: unknown }).code,
            "KNT_ERROR_WORKER_CRASHED",
            String(error),
          );
        }
      }
      assert.equal(await inTime("the last call", call.square(5)), 25);
    });
  });

  it("leaves the calls of other workers alone", async () => {
    await withPool(tasks, { threads: 2 }, async ({ call }) => {
      const states = [new SharedState(), new SharedState()];
      const held = rejection(call.never(states[0]!.buffer));
      await until("it runs", () => states[0]!.started === 1);
      let settled = false;
      const crashed = rejection(call.crash("one of two"));
      held.then(() => settled = true);
      await inTime("the crash", crashed);
      // Either the crash was sent to the same worker, or the other call is still on its way.
      const squares = await inTime(
        "other calls",
        Promise.all(Array.from({ length: 50 }, (_, i) => call.square(i))),
      );
      assert.deepEqual(squares, squares.map((_, i) => i * i));
      if (settled) assert.match(String(await held), /Worker crashed: one of two/);
    });
  });

  it("is replaced again and again, and a good call after that succeeds", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      for (let i = 0; i < 5; i++) {
        const error = await inTime("a crash", errorOf(call.crash(`number ${i}`)));
        assert.match(error.message, new RegExp(`number ${i}`));
      }
      assert.equal(await inTime("the good call", call.square(6)), 36);
    });
  });

  it("rejects all of many calls that each end it, and works on", async () => {
    await withPool(tasks, { threads: 2 }, async ({ call }) => {
      const crashes = Array.from({ length: 40 }, (_, i) => rejection(call.crash(`call ${i}`)));
      for (const reason of await inTime("every call", Promise.all(crashes), 25_000)) {
        assert.equal((reason as { code?: unknown }).code, "KNT_ERROR_WORKER_CRASHED");
      }
      assert.equal(await inTime("the good call", call.square(7)), 49);
    });
  });

  it("leaves the calls that no worker has yet to the next one", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      assert.equal(await call.square(2), 4);
      const crashed = rejection(call.crash("early"));
      const outcomes = await inTime(
        "every call",
        Promise.allSettled(Array.from({ length: 6000 }, (_, i) => call.square(i))),
      );
      let fulfilled = 0;
      outcomes.forEach((outcome, i) => {
        if (outcome.status === "rejected") {
          assert.equal(outcome.reason.code, "KNT_ERROR_WORKER_CRASHED");
        } else {
          assert.equal(outcome.value, i * i);
          fulfilled++;
        }
      });
      assert.ok(fulfilled >= 4000, `${fulfilled} of 6000`);
      await crashed;
    });
  });

  it("leaves no trace in the memory that its successor shares", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      for (let round = 0; round < 3; round++) {
        const shared = new SharedArrayBuffer(8);
        const values = [shared, "日".repeat(5000), new Uint8Array(100_000).fill(round), "x"];
        const results = await inTime(
          "the calls",
          Promise.all(values.map((value) => call.echo(value))),
        );
        assert.ok(results[0] instanceof SharedArrayBuffer);
        assert.ok(results[1] === values[1]);
        assert.equal((results[2] as Uint8Array)[99_999], round);
        assert.equal(results[3], "x");
        // Values that are on their way when the worker dies must not turn up in the next life.
        const lost = [call.crash("now"), ...values.map((value) => call.echo(value))];
        await inTime("the crash", Promise.allSettled(lost));
      }
    });
  });

  it("waits longer from death to death, so that a crash loop is no busy loop", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const durations: number[] = [];
      for (let i = 0; i < 5; i++) {
        const start = performance.now();
        await inTime("a crash", errorOf(call.crash(`number ${i}`)));
        durations.push(performance.now() - start);
      }
      // The next call can only be answered after 20, 40, 80 and 160 ms; a timer may be 2 ms early.
      durations.slice(1).forEach((ms, i) =>
        assert.ok(ms >= 20 * 2 ** i - 2, `${i + 1}: ${durations.join(" ")}`)
      );
    });
  });
});

describe("a worker that ends itself", () => {
  for (const code of [0, 3]) {
    it(`rejects its call, naming task and code ${code}, and is replaced`, async () => {
      await withPool(tasks, { source: mortalWorker }, async ({ call }) => {
        for (const way of ["exit", "exitLater"] as const) {
          const error = await errorWithCode(call[way](code), "KNT_ERROR_WORKER_EXITED");
          assert.match(error.message, new RegExp(`Worker exited with code ${code}\\b`));
          assert.match(error.message, new RegExp(`"${way}"`));
          assert.equal(await inTime("the next call", call.callsSoFar()), 0);
        }
      });
    });
  }

  it("does not take back what it has answered, though the host was busy meanwhile", async () => {
    for (
      const value of [1, "x".repeat(100_000), "é".repeat(5000), "日".repeat(100_000), { a: [1] }]
    ) {
      await withPool(tasks, { source: mortalWorker }, async ({ call }) => {
        const answered = new SharedState();
        await call.shareLastWord(answered.buffer);
        const result = call.answerAndExit(value);
        result.catch(() => {}); // if the test fails before it awaits it
        await undefined; // the call goes out at the end of the microtask
        await undefined;
        blockUntil("the worker has answered and is about to exit", () => answered.started === 1);
        assert.deepEqual(await inTime("the answer", result), value);
      });
    }
  });
});

describe("a task module that cannot be loaded", () => {
  for (
    const [how, module, message] of [
      ["throws", throws, /the database is not there/],
      ["rejects with text", rejects, /not even an error/],
      ["ends the worker", exits, /code 9/],
    ] as const
  ) {
    for (const threads of [1, 3]) {
      it(`because it ${how}: every call rejects with the cause (${threads} thread(s))`, async () => {
        await withPool(
          { unreachable: module.unreachable, echo },
          { source: mortalWorker, threads },
          async ({ call }) => {
            const early = [call.unreachable(1), call.unreachable(2), call.echo(3)];
            for (const promise of early) {
              const error = await errorWithCode(
                inTime("an early call", promise),
                "KNT_ERROR_WORKER_STARTUP",
              );
              assert.match(error.message, /Worker startup failed/);
              assert.match(error.message, message);
            }
            let isRefused = false;
            const later = errorWithCode(call.unreachable(4), "KNT_ERROR_WORKER_STARTUP")
              .finally(() => isRefused = true);
            for (let n = 0; n < 20; n++) await undefined;
            assert.ok(isRefused, "later calls are refused at once");
            assert.match((await later).message, message);
          },
        );
      });
    }
  }

  it("keeps the error as the cause", async () => {
    await withPool({ unreachable: throws.unreachable }, {}, async ({ call }) => {
      const error = await inTime("the call", errorOf(call.unreachable(1)));
      const cause = error.cause as Error;
      assert.ok(cause instanceof Error);
      assert.deepEqual([cause.name, cause.message], ["RangeError", "the database is not there"]);
      assert.match(cause.stack ?? "", /throws_on_import/);
    });
  });

  it("can be shut down at any moment", async () => {
    for (const module of [throws, rejects, exits]) {
      for (const wait of [false, true]) {
        const pool = createPool({ source: mortalWorker, threads: 2 })({
          unreachable: module.unreachable,
        });
        const reason = rejection(pool.call.unreachable(1));
        if (wait) await inTime("the call", reason);
        await inTime("shutdown", pool.shutdown());
        await inTime("the call", reason);
      }
    }
  });

  it("because it never finishes: shutdown ends it, and settles every call", async () => {
    for (const module of [waits, spins]) {
      const pool = createPool({})({ unreachable: module.unreachable });
      const reason = rejection(pool.call.unreachable(1));
      await inTime("shutdown", pool.shutdown());
      assert.equal(String(await reason), "Thread closed");
    }
  });

  it("but later can: the calls that waited for it are run", async () => {
    const folder = mkdtempSync(join(tmpdir(), "knitting-"));
    try {
      process.env["KNIT_TEST_FILE"] = join(folder, "attempts");
      process.env["KNIT_TEST_FAILS"] = "2";
      const options = { permission: { write: [folder], read: true } } as const;
      await withPool({ attempts: recovers.attempts }, options, async ({ call }) => {
        assert.equal(await inTime("the call", call.attempts()), "xxx");
      });
    } finally {
      delete process.env["KNIT_TEST_FILE"];
      delete process.env["KNIT_TEST_FAILS"];
      rmSync(folder, { recursive: true });
    }
  });

  it(
    "never loads: every call rejects, and hears why that may be",
    { skip: runtimeName === "deno" ? "a thread of Deno waits for ever" : false },
    async () => {
      await withPool(neverLoads, {}, async ({ call }) => {
        const lost = inTime("the call", call.unreachable(1));
        const error = await errorWithCode(lost, "KNT_ERROR_WORKER_STARTUP");
        assert.match(error.message, /had nothing left to wait for: a module of a task/);
      });
    },
  );

  it("does not exist: every call rejects with its name", async () => {
    const { setModuleUrl, task } = await import("../../mod.ts");
    setModuleUrl(new URL("../fixtures/no_such_module.ts", import.meta.url).href);
    const lost = task({ f: (n: number) => n });
    setModuleUrl(undefined);
    await withPool({ lost }, {}, async ({ call }) => {
      const error = await errorWithCode(
        inTime("the call", call.lost(1)),
        "KNT_ERROR_WORKER_STARTUP",
      );
      assert.match(error.message, /no_such_module/);
    });
  });
});
