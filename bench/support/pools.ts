/**
 * Groups whose contenders are pools.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import { knitting } from "./knitting.ts";
import { piscina, tinypool } from "./peers.ts";
import { postMessage } from "./post_message.ts";
import { Program } from "./program.ts";
import type { Contender, Group, Measured, Question } from "./question.ts";
import type { FunctionName, Maker, Subject, SubjectOptions } from "./subject.ts";

/** The pools that every question has. */
export const MAKERS: readonly Maker[] = [knitting, postMessage, piscina, tinypool];

/** Long enough for an engine to compile what a call runs through. */
const WARM_UP_MS = 100;

/** A group for running pools. `others` join it. */
export function poolGroup(
  question: Question,
  title: string,
  options: SubjectOptions,
  others: readonly Maker[] = [],
): Group<Subject> {
  return groupOf([...MAKERS, ...others], question, title, options);
}

/** A group for running pools of these kinds. */
export function groupOf(
  makers: readonly Maker[],
  question: Question,
  title: string,
  options: SubjectOptions,
): Group<Subject> {
  return question.group(title, contendersOf(makers, options));
}

/** A group of pools and programs, for cells of calls that are made `together`. */
export function callsGroup(
  question: Question,
  title: string,
  makers: readonly Maker[],
  programs: readonly Contender<Program>[],
): Group<Subject | Program> {
  const pools = contendersOf(makers, { threads: 1, binding: "early" });
  // Each contender closes only what it has opened.
  return question.group(title, [...pools, ...programs] as Contender<Subject | Program>[]);
}

function contendersOf(makers: readonly Maker[], options: SubjectOptions): Contender<Subject>[] {
  return makers.map((maker) => ({
    name: maker.name,
    runnerOnly: maker.runnerOnly ?? false,
    open: () => openWarm(maker, options),
    close: (subject) => subject.close(),
  }));
}

/** A pool that a cell makes and ends by itself. */
export type Opener = () => Subject;

/** A group for the making of pools. `others` join it. */
export function openerGroup(
  question: Question,
  title: string,
  options: SubjectOptions,
  others: readonly Maker[] = [],
): Group<Opener> {
  return openerGroupOf([...MAKERS, ...others], question, title, options);
}

/** A group for the making of pools of these kinds. */
export function openerGroupOf(
  makers: readonly Maker[],
  question: Question,
  title: string,
  options: SubjectOptions,
): Group<Opener> {
  const contenders = makers.map((maker): Contender<Opener> => ({
    name: maker.name,
    runnerOnly: maker.runnerOnly ?? false,
    async open() {
      await (await openWarm(maker, options)).close();
      return () => maker.open(options);
    },
  }));
  return question.group(title, contenders);
}

async function openWarm(maker: Maker, options: SubjectOptions): Promise<Subject> {
  await maker.load?.();
  const subject = maker.open(options);
  await checkAnswers(subject);
  await warmUp(subject);
  return subject;
}

/** Calls until it is hot. */
export async function warmUp(subject: Subject): Promise<void> {
  const echo = subject.call("echo");
  for (const end = performance.now() + WARM_UP_MS; performance.now() < end;) await echo(1);
}

/** Wrong answers are not worth measuring. */
async function checkAnswers(subject: Subject): Promise<void> {
  check("noop", await subject.call("noop")(), undefined);
  for (const value of [1.5, -0, "text", "teé 日本 🚀", true, null, [1, { a: "b" }]]) {
    check("echo", await subject.call("echo")(value), value);
  }
  const reason = await subject.call("fail")("why").catch((error: unknown) => error);
  check("fail", reason instanceof Error && reason.message, "why");
  check("burn", await subject.call("burn")(100) as number >= 99, true);
  check("sleep", await subject.call("sleep")(2) as number >= 1000, true);
}

function check(what: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) throw new Error(`${what} gives a wrong answer`);
}

/** A cell of `count` calls issued together and awaited together, every answer checked once. */
export function together(count: number, name: FunctionName, argument?: unknown) {
  return async (subject: Subject | Program): Promise<Measured> => {
    if (subject instanceof Program) return subject.cell(count, argument);
    const call = subject.call(name);
    const expected = name === "echo" ? argument : undefined;
    const answers = await Promise.all(Array.from({ length: count }, () => call(argument)));
    for (const answer of answers) check(name, answer, expected);
    if (count === 1) return { batch: () => call(argument) };
    return {
      batch: () => {
        const calls: Promise<unknown>[] = new Array(count);
        for (let i = 0; i < count; i++) calls[i] = call(argument);
        return Promise.all(calls);
      },
    };
  };
}
