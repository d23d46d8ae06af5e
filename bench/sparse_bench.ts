// What does a call cost that comes after a silence? Only what is lost: the time from call to answer
// without the time that the task itself took, by its own clock. And what do ten calls in a row cost then?

import { setTimeout as silence } from "node:timers/promises";
import { poolGroup } from "./support/pools.ts";
import { question } from "./support/question.ts";
import type { FunctionName, Subject } from "./support/subject.ts";

const sparse = question("sparse", "What does a call cost that comes after a silence?");
const calls = poolGroup(sparse, "one worker, one call at a time", {
  threads: 1,
  binding: "late",
});

/** A request that needs several answers. */
const IN_A_ROW = 10;

const TASKS: readonly [what: string, name: FunctionName, argument: number | undefined][] = [
  ["noop", "noop", undefined],
  ["1 ms of work", "burn", 1000],
  ["10 ms timer", "sleep", 10],
];

for (const gapMs of [1, 5, 20]) {
  calls.cell(`${IN_A_ROW} noops, one after the other, after ${gapMs} ms`, (subject: Subject) => {
    const call = subject.call("noop");
    return {
      async sample(clock) {
        await silence(gapMs);
        clock.start();
        const start = performance.now();
        for (let n = 0; n < IN_A_ROW; n++) await call(undefined);
        const elapsed = (performance.now() - start) * 1000;
        clock.end();
        return elapsed;
      },
    };
  }, { slow: true, roundMs: 1000, least: 30 });
}

for (const [what, name, argument] of TASKS) {
  for (const gapMs of [1, 5, 20]) {
    calls.cell(`${what} after ${gapMs} ms`, (subject: Subject) => {
      const call = subject.call(name);
      return {
        async sample(clock) {
          await silence(gapMs);
          clock.start();
          const start = performance.now();
          const own = await call(argument) as number | undefined;
          const elapsed = (performance.now() - start) * 1000;
          clock.end();
          return elapsed - (own ?? 0);
        },
      };
    }, { slow: true, roundMs: 1000, least: 30 });
  }
}
