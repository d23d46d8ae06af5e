/**
 * Runs pools for a long time and looks for what shows only then: wake-ups that are lost, answers that
 * are wrong once in a million, memory that is not given back. `deno task soak` starts it on every
 * runtime; it writes `SoakMessage`s:
 *
 *     <runtime> bench/soak.ts --calls <count> --sparse <count> --operated <count> --seed <number>
 *
 * @module
 */

import process from "node:process";
import { setImmediate as turn, setTimeout as silence } from "node:timers/promises";
import { parseArgs } from "node:util";
import { knitting } from "./support/knitting.ts";
import { Random } from "./support/random.ts";
import { sleeping, type SoakCall, soakCalls } from "./support/soak_calls.ts";
import type { SoakMessage } from "./support/soak_messages.ts";
import { openOperated, operatedStep } from "./support/soak_operated.ts";
import { NeverSettledError, SoakPhase, type SoakStep } from "./support/soak_phase.ts";
import type { Subject } from "./support/subject.ts";

/** No call takes longer, unless a worker has to start for it. */
const LOST_MS = 2_000;
const LOST_WITH_START_MS = 10_000;
/** Different calls to choose from. */
const VARIETY = 2_000;

/**
 * Bursts of calls, most of them small, some larger than a ring; a silence now and then, and after
 * some bursts the other pool, so that everybody parks often.
 */
async function mixed(
  phase: SoakPhase,
  pools: readonly Subject[],
  calls: readonly SoakCall[],
  random: Random,
): Promise<void> {
  let pool = pools[0]!;
  while (phase.left > 0) {
    if (random.oneIn(20)) pool = random.pick(pools);
    const count = Math.min(phase.left, burstSize(random));
    await phase.run(Array.from({ length: count }, () => stepOf(pool, random.pick(calls))));
    if (random.oneIn(100)) await silence(random.next() * 5);
    else if (random.oneIn(10)) await turn();
  }
}

/** Bursts on a pool that changes meanwhile; after some it is left alone until no worker is left. */
async function operated(
  phase: SoakPhase,
  _: readonly Subject[],
  calls: readonly SoakCall[],
  random: Random,
): Promise<void> {
  const pool = openOperated();
  while (phase.left > 0) {
    const count = Math.min(phase.left, burstSize(random));
    await phase.run(Array.from({ length: count }, () => operatedStep(pool, calls, random)));
    if (random.oneIn(200)) await silence(60);
    else if (random.oneIn(10)) await turn();
  }
  await pool.shutdown();
}

function stepOf(pool: Subject, { name, argument, rejects, isRight }: SoakCall): SoakStep {
  return {
    name,
    start: () => pool.call(name)(argument),
    isRight: (answer, rejected) => rejected === rejects && isRight(answer),
  };
}

function burstSize(random: Random): number {
  if (random.oneIn(2)) return 1;
  if (random.oneIn(500)) return 1500 + random.below(1500);
  return 1 + random.below(random.oneIn(4) ? 256 : 64);
}

/** One call at a time, seldom a few, after silences of up to 15 ms: every call has to wake somebody. */
async function sparse(
  phase: SoakPhase,
  pools: readonly Subject[],
  calls: readonly SoakCall[],
  random: Random,
): Promise<void> {
  while (phase.left > 0) {
    const count = Math.min(phase.left, random.oneIn(10) ? 1 + random.below(4) : 1);
    const burst = Array.from(
      { length: count },
      () => random.oneIn(10) ? sleeping(random.below(4)) : random.pick(calls),
    );
    await silence(random.next() * 15);
    const pool = random.pick(pools);
    await phase.run(burst.map((call) => stepOf(pool, call)));
  }
}

function say(message: SoakMessage): void {
  process.stdout.write(JSON.stringify(message) + "\n");
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      calls: { type: "string", default: "20000" },
      sparse: { type: "string", default: "100" },
      operated: { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
    },
  });
  const random = new Random(Number(values.seed));
  const calls = soakCalls(random, VARIETY);
  const pools = [1, 2].map((threads) => knitting.open({ threads, binding: "early" }));
  await Promise.all(pools.map((pool) => pool.call("noop")())); // starting takes long, and is not at issue

  for (
    const [name, total, lostMs, run] of [
      ["mixed", Number(values.calls), LOST_MS, mixed],
      ["sparse", Number(values.sparse), LOST_MS, sparse],
      ["operated", Number(values.operated), LOST_WITH_START_MS, operated],
    ] as const
  ) {
    const phase = new SoakPhase(name, total, lostMs, say);
    try {
      await run(phase, pools, calls, random);
    } finally {
      phase.end();
    }
  }
  await Promise.all(pools.map((pool) => pool.close()));
}

try {
  await main();
} catch (error) {
  // What never settled has been told.
  if (!(error instanceof NeverSettledError)) throw error;
}
process.stdout.write("", () => process.exit(0));
