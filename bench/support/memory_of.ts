/**
 * Says how much memory a contender takes for one more of something:
 *
 *     <runtime> bench/support/memory_of.ts <contender> <worker | used worker | call>
 *
 * @module
 */

import process from "node:process";
import { setImmediate as turn, setTimeout as silence } from "node:timers/promises";
import { collectGarbage } from "./measure.ts";
import { npmKnitting } from "./npm_knitting.ts";
import { MAKERS, warmUp } from "./pools.ts";
import type { Maker, Subject } from "./subject.ts";

/** What is to be found out. */
export type MemoryOf = "worker" | "used worker" | "call";

/** The answer, one JSON text. */
export interface MemoryAnswer {
  readonly bytes: number;
}

const WORKERS = 4;
/** So many calls for each worker that none is left out. */
const ROUNDS = 4;
const TASK_US = 20_000;
const CALLS = 20_000;
const BUSY_US = 500_000;
const MiB = 1024 * 1024;

async function memoryOfWorker(maker: Maker, carried: unknown): Promise<number> {
  const before = await settledMemory();
  const subject = maker.open({ threads: WORKERS, binding: "late" });
  const tasks = Array.from({ length: WORKERS * ROUNDS }, async () => {
    await subject.call("burn")(TASK_US);
    await subject.call("echo")(carried);
  });
  await Promise.all(tasks);
  return (await settledMemory() - before) / WORKERS;
}

/** The worker is busy with something else, so every call is on its way still. */
async function memoryOfCall(subject: Subject): Promise<number> {
  const [burn, echo] = [subject.call("burn"), subject.call("echo")];
  const busy = burn(BUSY_US);
  const before = await settledMemory();
  const calls = Array.from({ length: CALLS }, (_, number) => echo(number));
  for (let i = 0; i < 3; i++) await turn();
  const { rss } = process.memoryUsage();
  await Promise.all([busy, ...calls]);
  return (rss - before) / CALLS;
}

/** The lowest of some, when garbage is gone. */
async function settledMemory(): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 5; i++) {
    collectGarbage();
    await silence(30);
    least = Math.min(least, process.memoryUsage().rss);
  }
  return least;
}

async function main([name, what]: readonly string[]): Promise<void> {
  const maker = [...MAKERS, npmKnitting].find((maker) => maker.name === name)!;
  await maker.load?.();
  const subject = maker.open({ threads: 1, binding: "early" });
  await warmUp(subject);
  const bytes = what === "call"
    ? await memoryOfCall(subject)
    : await memoryOfWorker(maker, what === "worker" ? 1 : new Uint8Array(MiB));
  process.stdout.write(`${JSON.stringify({ bytes } satisfies MemoryAnswer)}\n`, () => {
    process.exit(0);
  });
}

if (import.meta.main) await main(process.argv.slice(2));
