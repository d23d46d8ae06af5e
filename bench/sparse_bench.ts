// What does a call cost that comes after a silence? Only what is lost: the time from call to answer
// without the time that the task itself took, by its own clock. And what do ten calls in a row cost then?
// The same once more of pools whose code is compiled, which takes thousands of calls.

import { poolGroup } from "./support/pools.ts";
import { type Measured, question } from "./support/question.ts";
import { afterSilence, SPARSE } from "./support/silence.ts";
import type { FunctionName, Subject } from "./support/subject.ts";

const sparse = question("sparse", "What does a call cost that comes after a silence?");
const options = { threads: 1, binding: "late" } as const;
const calls = poolGroup(sparse, "one worker, one call at a time", options);
const compiled = poolGroup(sparse, "one worker that has been busy before", options);

const GAPS_MS = [1, 5, 20];
/** A request that needs several answers. */
const IN_A_ROW = 10;

const TASKS: readonly [what: string, name: FunctionName, argument: number | undefined][] = [
  ["noop", "noop", undefined],
  ["1 ms of work", "burn", 1000],
  ["10 ms timer", "sleep", 10],
];

/** Calls in a row after a silence. */
function rowAfter(gapMs: number, length: number, subject: Subject): Measured {
  const call = subject.call("noop");
  return afterSilence(gapMs, async () => {
    for (let n = 0; n < length; n++) await call(undefined);
  });
}

for (const gapMs of GAPS_MS) {
  const name = `${IN_A_ROW} noops, one after the other, after ${gapMs} ms`;
  calls.cell(name, (subject: Subject) => rowAfter(gapMs, IN_A_ROW, subject), SPARSE);
}

/** Until then engines interpret what is called now and then. */
const CALLS_BEFORE = 20_000;
const busyBefore = new WeakSet<Subject>();

async function makeBusy(subject: Subject): Promise<void> {
  if (busyBefore.has(subject)) return;
  busyBefore.add(subject);
  const call = subject.call("noop");
  for (let n = 0; n < CALLS_BEFORE; n++) await call(undefined);
}

for (const length of [1, IN_A_ROW]) {
  for (const gapMs of GAPS_MS) {
    const what = length === 1 ? "noop" : `${length} noops, one after the other,`;
    compiled.cell(`${what} after ${gapMs} ms`, async (subject: Subject) => {
      await makeBusy(subject);
      return rowAfter(gapMs, length, subject);
    }, SPARSE);
  }
}

for (const [what, name, argument] of TASKS) {
  for (const gapMs of GAPS_MS) {
    calls.cell(`${what} after ${gapMs} ms`, (subject: Subject) => {
      const call = subject.call(name);
      return afterSilence(gapMs, () => call(argument));
    }, SPARSE);
  }
}
