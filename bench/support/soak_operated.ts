/**
 * Steps of a soak on a pool that is used in every way at once: it grows, shrinks and replaces its workers,
 * while calls have priorities, keys and signals, and streams go in and out.
 *
 * @module
 */

import { setImmediate as turn } from "node:timers/promises";
import { createPool, type Pool } from "../../mod.ts";
import type { Random } from "./random.ts";
import type { SoakCall } from "./soak_calls.ts";
import type { SoakStep } from "./soak_phase.ts";
import * as tasks from "./soak_tasks.ts";

type OperatedPool = Pool<Omit<typeof tasks, "LAST">>;
type Call = (argument: unknown, options?: object) => Promise<unknown>;

const MAX_THREADS = 2;
const KEYS = 8;
const LONGEST_STREAM = 2_000;

/** A pool whose workers come and go. */
export function openOperated(): OperatedPool {
  const { LAST: _, ...all } = tasks;
  return createPool({
    minThreads: 0,
    maxThreads: MAX_THREADS,
    idleTimeoutMs: 20,
    recycle: { maxTasks: 5_000 },
  })(all);
}

/** One step, for which one of `calls` may be used. */
export function operatedStep(
  pool: OperatedPool,
  calls: readonly SoakCall[],
  random: Random,
): SoakStep {
  if (random.oneIn(200)) return streamOut(pool, random);
  if (random.oneIn(200)) return streamIn(pool, random);
  if (random.oneIn(200)) return mapped(pool, random);
  if (random.oneIn(1_000)) return everywhere(pool);
  return optioned(pool, random.pick(calls), random);
}

/** A call with a priority, a key, a signal, or none of them. */
function optioned(pool: OperatedPool, one: SoakCall, random: Random): SoakStep {
  const controller = random.oneIn(10) ? new AbortController() : undefined;
  const options = {
    ...random.oneIn(4) && { priority: random.below(7) - 3 },
    ...random.oneIn(4) && { key: random.below(KEYS) },
    ...controller && { signal: controller.signal },
  };
  const turns = random.below(3);
  return {
    name: `${one.name} ${Object.keys(options).join(" ")}`,
    async start() {
      const answer = (pool.call[one.name as "echo"] as Call)(one.argument, options);
      if (controller !== undefined) void abortAfter(turns, controller);
      return await answer;
    },
    isRight: (answer, rejected) =>
      controller !== undefined && rejected && isAbort(answer) ||
      rejected === one.rejects && one.isRight(answer),
  };
}

async function abortAfter(turns: number, controller: AbortController): Promise<void> {
  for (let n = 0; n < turns; n++) await turn();
  controller.abort();
}

function isAbort(reason: unknown): boolean {
  return (reason as { name?: unknown } | undefined)?.name === "AbortError";
}

/** Items of a task, which are read to the end or not. */
function streamOut(pool: OperatedPool, random: Random): SoakStep {
  const length = random.below(LONGEST_STREAM);
  const wanted = random.oneIn(2) ? length : random.below(length + 1);
  return {
    name: `${wanted} of ${length} items`,
    async start() {
      let read = 0;
      for await (const item of pool.call.countTo(length)) {
        if (item !== read++) throw new Error(`item ${read - 1} is ${item}`);
        if (read === wanted) break;
      }
      return read;
    },
    isRight: (read) => read === (wanted === 0 ? length : wanted),
  };
}

/** Items for a task, which reads them to the end or not. */
function streamIn(pool: OperatedPool, random: Random): SoakStep {
  const length = random.below(LONGEST_STREAM);
  return {
    name: `${length} items for a task`,
    start: () => pool.call.countUntil(numbers(length)),
    isRight: (count) => count === Math.min(length, tasks.LAST + 1),
  };
}

async function* numbers(limit: number): AsyncGenerator<number> {
  for (let n = 0; n < limit; n++) yield n;
}

function mapped(pool: OperatedPool, random: Random): SoakStep {
  const items = Array.from({ length: random.below(200) }, () => random.below(1_000));
  const ordered = random.oneIn(2);
  return {
    name: `map of ${items.length} items`,
    async start() {
      const answers: unknown[] = [];
      for await (const answer of pool.map(items, pool.call.echoLater, { ordered })) {
        answers.push(answer);
      }
      return answers;
    },
    isRight: (answers, rejected) => !rejected && sameItems(answers as number[], items, ordered),
  };
}

function sameItems(
  answers: readonly number[],
  items: readonly number[],
  ordered: boolean,
): boolean {
  const sorted = (list: readonly number[]) => ordered ? list : list.toSorted((a, b) => a - b);
  return sorted(answers).join() === sorted(items).join();
}

function everywhere(pool: OperatedPool): SoakStep {
  return {
    name: "all workers",
    start: () => pool.all.echo("here"),
    isRight: (answers, rejected) =>
      !rejected && (answers as unknown[]).every((answer) => answer === "here"),
  };
}
