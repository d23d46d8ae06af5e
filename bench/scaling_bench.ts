// Do two workers do twice as much? Ideal is the time that two processors need for the work alone.

import { poolGroup, together } from "./support/pools.ts";
import { question } from "./support/question.ts";
import { rivals } from "./support/rivals.ts";
import type { Subject } from "./support/subject.ts";

const THREADS = 2;

const scaling = question("scaling", "Do two workers do twice as much?");
const work = poolGroup(scaling, "two workers, work", { threads: THREADS, binding: "late" }, rivals);
const calls = poolGroup(
  scaling,
  "two workers, calls",
  { threads: THREADS, binding: "early" },
  rivals,
);

/** A cell of calls that keep a processor busy for so many microseconds each. */
function makespan(name: string, costsUs: readonly number[]): void {
  work.cell(name, (subject: Subject) => {
    const burn = subject.call("burn");
    return { batch: () => Promise.all(costsUs.map(burn)) };
  }, { ideal: costsUs.reduce((sum, us) => sum + us) / THREADS, roundMs: 500 });
}

makespan("20 calls of 200 us", Array.from({ length: 20 }, () => 200));
// The long ones are the 1st and the 11th, so that the ideal can be reached without foresight.
makespan(
  "20 calls of 100 us, every tenth 3 ms",
  Array.from({ length: 20 }, (_, i) => i % 10 === 0 ? 3000 : 100),
);

for (const count of [1, 100]) calls.cell(`noop x${count}`, together(count, "noop"));
