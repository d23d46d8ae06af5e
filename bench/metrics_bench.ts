// What does it cost that calls are measured? The same pool without, with all that is measured, and with a trace;
// for calls that are fast, long, alone and together.

import { devNull } from "node:os";
import { knittingWith } from "./support/knitting.ts";
import { groupOf, together } from "./support/pools.ts";
import { question } from "./support/question.ts";
import type { Subject } from "./support/subject.ts";

const metrics = question("metrics", "What does it cost that calls are measured?");

const makers = [
  knittingWith("off", {}),
  knittingWith("metrics", { metrics: { stallMs: 1000 } }),
  knittingWith("metrics, diagnostics", { metrics: { stallMs: 1000 }, diagnostics: true }),
  knittingWith("trace", { debug: { trace: devNull } }),
];

const calls = groupOf(makers, metrics, "one worker", { threads: 1, binding: "early" });
for (const count of [1, 10, 100, 1000]) {
  calls.cell(`${count} number${count === 1 ? "" : "s"}`, together(count, "echo", 4.2));
}
calls.cell("100 strings of 1 KiB", together(100, "echo", "x".repeat(1024)));
for (
  const [what, name, argument] of [["calls of 20 us", "burn", 20], [
    "timers of 1 ms",
    "sleep",
    1,
  ]] as const
) {
  calls.cell(`10 ${what}`, (subject) => {
    const call = (subject as Subject).call(name);
    return { batch: () => Promise.all(Array.from({ length: 10 }, () => call(argument))) };
  });
}
