// How long does it take to have a pool, and to be rid of it?

import { npmKnitting, npmKnittingWith } from "./support/npm_knitting.ts";
import { type Opener, openerGroup } from "./support/pools.ts";
import { question } from "./support/question.ts";
import { rivals } from "./support/rivals.ts";

const startup = question("startup", "How long does it take to have a pool, and to be rid of it?");
const pools = openerGroup(startup, "one worker", { threads: 1, binding: "late" }, [
  npmKnitting,
  // None of the others restricts its workers.
  npmKnittingWith("knitting (npm package), unrestricted", { permission: "unsafe" }),
  ...rivals,
]);
const options = { slow: true, roundMs: 1000, least: 10 };

pools.cell("from nothing to the first result", (open: Opener) => ({
  async sample(clock) {
    clock.start();
    const start = performance.now();
    const subject = open();
    await subject.call("noop")();
    const elapsed = (performance.now() - start) * 1000;
    clock.end();
    await subject.close();
    return elapsed;
  },
}), options);

pools.cell("teardown", (open: Opener) => ({
  async sample(clock) {
    const subject = open();
    await subject.call("noop")();
    clock.start();
    const start = performance.now();
    await subject.close();
    const elapsed = (performance.now() - start) * 1000;
    clock.end();
    return elapsed;
  },
}), options);
