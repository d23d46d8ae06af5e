// What does a call cost, alone and together with others?

import { poolGroup, together } from "./support/pools.ts";
import { question } from "./support/question.ts";
import { rivals } from "./support/rivals.ts";

const latency = question("latency", "What does a call cost, alone and together with others?");
const calls = poolGroup(latency, "one worker", { threads: 1, binding: "early" }, rivals);

for (const count of [1, 10, 100, 1000]) calls.cell(`noop x${count}`, together(count, "noop"));
for (const count of [1, 10, 100, 1000]) {
  calls.cell(`number x${count}`, together(count, "echo", 1.5));
}
