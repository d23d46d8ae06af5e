// Everything at once, at random: whatever is done to calls, workers and pools, every call settles
// once, with what it may settle with, and none runs twice. Many more rounds with KNITTING_LONG=1.

import fc from "fast-check";
import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import type { Options, WorkerOptions } from "../../mod.ts";
import { ChaosPool } from "../support/chaos_run.ts";
import {
  aStep,
  type Choices,
  endlessStep,
  poolOptions,
  type Step,
} from "../support/chaos_steps.ts";
import { runProgram } from "../support/program.ts";

const TIMES = process.env["KNITTING_LONG"] === "1" ? 10 : 1;
/** More than a worker takes to start on a busy machine, so that a pool can recover within it. */
const HARD_MS = 2000;

const steps = (choices: Partial<Choices> = {}, maxLength = 40): fc.Arbitrary<Step[]> =>
  fc.array(aStep({ deadly: false, endless: false, ...choices }), {
    minLength: 5,
    maxLength,
    size: "max",
  });

const rounds = (choices: Partial<Choices>, maxLength: number): fc.Arbitrary<Step[][]> =>
  fc.array(steps(choices), { minLength: maxLength / 2, maxLength, size: "max" });

/** A pool like `options` whose workers are set up in this way. */
const withWorker = (options: Options, worker: WorkerOptions): Options => ({ ...options, worker });

/** Runs the property so often. A failure is not made smaller: no two runs are the same. */
function check<T extends [unknown, ...unknown[]]>(
  numRuns: number,
  property: fc.IAsyncProperty<T>,
): Promise<void> {
  return fc.assert(property, { numRuns: numRuns * TIMES, endOnFailure: true });
}

/** Round after round on one pool, which has to be as good as new after them. */
async function survive(options: Options, rounds: readonly (readonly Step[])[]): Promise<void> {
  const pool = new ChaosPool(options);
  try {
    for (const steps of rounds) await pool.run(steps);
    await pool.checkLanes();
    await pool.checkNumbers();
  } finally {
    await pool.shutdown();
  }
}

describe("every call settles once, as it may, and the pool goes on", () => {
  it("whatever is done to calls", async () => {
    await check(4, fc.asyncProperty(poolOptions, rounds({}, 16), survive));
  });

  it("although workers die", async () => {
    await check(3, fc.asyncProperty(poolOptions, rounds({ deadly: true }, 10), survive));
  });

  it("although calls take longer than any may, and their workers are replaced", async () => {
    const hard: WorkerOptions = { hardTimeoutMs: HARD_MS, onHardTimeout: "replace" };
    await check(
      2,
      fc.asyncProperty(
        poolOptions,
        steps({ deadly: true, endless: true }),
        (options, steps) => survive(withWorker(options, hard), [[...steps, endlessStep], steps]),
      ),
    );
  });
});

describe("every call settles once, as it may, and the pool ends", () => {
  const moment = fc.integer({ min: -1, max: 60 });
  const delay = fc.constantFrom(undefined, 0, 5, 30);

  for (const resolveAfterFinishingAll of [false, true]) {
    const what = resolveAfterFinishingAll ? "when all have settled" : "at once";
    const choices = { deadly: true, endless: !resolveAfterFinishingAll };

    it(`that is shut down in the middle of it, ${what}`, async () => {
      await check(
        3,
        fc.asyncProperty(
          poolOptions,
          steps(choices, 60),
          moment,
          delay,
          async (options, steps, moment, delay) => {
            const pool = new ChaosPool(withWorker(options, { resolveAfterFinishingAll }));
            const settled = pool.run(steps);
            if (moment >= 0) await new Promise((resolve) => setTimeout(resolve, moment));
            await Promise.all([settled, pool.shutdown(delay)]);
          },
        ),
      );
    });
  }

  it("because one takes longer than any may", async () => {
    const hard: WorkerOptions = { hardTimeoutMs: 100, onHardTimeout: "shutdown" };
    await check(
      3,
      fc.asyncProperty(poolOptions, steps({ endless: true }), async (options, steps) => {
        const pool = new ChaosPool(withWorker(options, hard));
        pool.mayClose();
        await pool.run([...steps, endlessStep]);
        await pool.shutdown();
      }),
    );
  });
});

describe("a program", () => {
  it("ends by itself after all that, though it does not shut its pool down", async () => {
    await check(
      1,
      fc.asyncProperty(fc.integer(), async (seed) => {
        const end = await runProgram("chaos.ts", { args: [`${seed}`], limitMs: 30_000 });
        assert.equal(end.stdout, "all have settled\n", end.stderr);
        assert.equal(end.late, false, "it goes on");
        assert.equal(end.code, 0, end.stderr);
      }),
    );
  });
});
