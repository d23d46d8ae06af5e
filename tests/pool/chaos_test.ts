// Everything at once, at random: whatever happens to workers, every call settles, and with what it
// may settle with.

import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import { add, afterTimer, echo } from "../fixtures/basic_tasks.ts";
import {
  crash,
  crashLater,
  exit,
  exitLater,
  rejectAfterTimer,
  returnThis,
  throwThis,
} from "../fixtures/fault_tasks.ts";
import { mortalWorker } from "../support/end_worker.ts";
import { inTime } from "../support/with_pool.ts";

const tasks = {
  add,
  afterTimer,
  crash,
  crashLater,
  echo,
  exit,
  exitLater,
  rejectAfterTimer,
  returnThis,
  throwThis,
};

type Call = ReturnType<typeof openPool>["call"];

const openPool = (threads: number) => createPool({ source: mortalWorker, threads })(tasks);

/** A call, and what it fulfils with, or the name or code of what it rejects with. */
interface Step {
  name: string;
  make: (call: Call) => Promise<unknown>;
  expected: unknown;
}

const deaths = new Set(["KNT_ERROR_WORKER_CRASHED", "KNT_ERROR_WORKER_EXITED"]);

const harmless: fc.Arbitrary<Step> = fc.oneof(
  fc.integer().map((n) => ({
    name: `add ${n}`,
    make: (call: Call) => call.add([n, 1]),
    expected: n + 1,
  })),
  fc.string({ maxLength: 5 }).map((text) => text.repeat(20_000)).map((text) => ({
    name: `echo of ${text.length} characters`,
    make: (call: Call) => call.echo(text),
    expected: text,
  })),
  fc.nat(10).map((ms) => ({
    name: `timer of ${ms} ms`,
    make: (call: Call) => call.afterTimer({ value: ms, ms }),
    expected: ms,
  })),
  fc.nat(5).map((ms) => ({
    name: `promise of ${ms} ms`,
    make: (call: Call) =>
      call.echo(new Promise((resolve) => setTimeout(() => resolve(`input ${ms}`), ms))),
    expected: `input ${ms}`,
  })),
  fc.constantFrom<Step>(
    { name: "throw", make: (call) => call.throwThis("RangeError"), expected: "RangeError" },
    { name: "reject", make: (call) => call.rejectAfterTimer("code"), expected: "ENOENT" },
    { name: "bad result", make: (call) => call.returnThis("nestedClass"), expected: "KNT_ERROR_3" },
    { name: "bad argument", make: (call) => call.echo(new Map()), expected: "KNT_ERROR_3" },
    { name: "no input", make: (call) => call.echo(Promise.reject("none")), expected: "none" },
  ),
);

const deadly: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  { name: "crash", make: (call) => call.crash("chaos"), expected: undefined },
  { name: "crash later", make: (call) => call.crashLater("chaos"), expected: "answered" },
  { name: "exit", make: (call) => call.exit(1), expected: undefined },
  { name: "exit later", make: (call) => call.exitLater(0), expected: undefined },
);

const steps = fc.array(
  fc.oneof({ weight: 60, arbitrary: harmless }, { weight: 1, arbitrary: deadly }),
  { minLength: 100, maxLength: 300 },
);

function outcomeOf(outcome: PromiseSettledResult<unknown>): unknown {
  if (outcome.status === "fulfilled") return outcome.value;
  const { reason } = outcome;
  return reason instanceof Error ? (reason as { code?: unknown }).code ?? reason.name : reason;
}

describe("whatever happens to workers", () => {
  for (const threads of [1, 2]) {
    it(`every call settles, and the pool goes on (${threads} thread(s))`, async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (steps) => {
          const pool = openPool(threads);
          try {
            const made = steps.map(({ make }) => make(pool.call));
            const outcomes = await inTime("every call", Promise.allSettled(made), 20_000);
            outcomes.forEach((outcome, i) => {
              const { name, expected } = steps[i]!;
              const actual = outcomeOf(outcome);
              if (!deaths.has(actual as string)) assert.equal(actual, expected, name);
            });
            // The worker that gets the next call may still be about to die.
            let sum: unknown;
            for (let i = 0; i < 10 && sum !== 3; i++) {
              sum = await inTime("the last call", pool.call.add([1, 2])).catch((error) =>
                error.code
              );
            }
            assert.equal(sum, 3);
          } finally {
            await inTime("shutdown", pool.shutdown());
          }
        }),
        { numRuns: 5, endOnFailure: true },
      );
    });
  }

  it("calls settle when the pool closes in the middle of it", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(15), async (steps, ms) => {
        const pool = openPool(2);
        const settled = Promise.allSettled(steps.map(({ make }) => make(pool.call)));
        await new Promise((resolve) => setTimeout(resolve, ms * 10));
        const closed = pool.shutdown();
        const outcomes = await inTime("every call", settled);
        outcomes.forEach((outcome, i) => {
          const actual = outcomeOf(outcome);
          const { name, expected } = steps[i]!;
          if (actual !== "KNT_ERROR_CLOSED" && !deaths.has(actual as string)) {
            assert.equal(actual, expected, name);
          }
        });
        await inTime("shutdown", closed);
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });
});
