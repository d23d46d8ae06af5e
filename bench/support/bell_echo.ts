/**
 * The other side of `wake_bench.ts`: rings back whenever it is rung. Run as a process, with the text of
 * some shared memory as its argument.
 *
 * @module
 */

import process from "node:process";
import { readCrossing } from "../../src/memory/crossing.ts";
import { bellPair } from "./bell_pair.ts";

const bells = bellPair(readCrossing(process.argv[2]!), "far");
process.on("disconnect", () => process.exit(0));
process.send!("ready");
for (let i = 1;; i++) {
  await bells.heard(i);
  bells.say(i);
}
