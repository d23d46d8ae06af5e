import assert from "node:assert/strict";
import process from "node:process";
import { explore, type Scenario } from "../transport/model.ts";
import { runtimeName } from "./program.ts";

/**
 * Why not every runtime goes through the schedules: the memory, and the threads, are a model, in which an
 * engine has no part. With KNITTING_LONG=1 all do.
 */
export const doneElsewhere: string | false = runtimeName !== "deno" &&
  process.env["KNITTING_LONG"] !== "1" &&
  "schedules of a model are the same on all runtimes; Deno goes through them";

/** Why the model is not compared with a slower one each time: it seldom changes. */
export const seldom: string | false = process.env["KNITTING_LONG"] !== "1" &&
  "the model is compared with one that merges no states with KNITTING_LONG=1";

/** Asserts that no schedule breaks a rule; says how many there are. */
export function holds(what: string, scenario: Scenario): void {
  const { failure, states, schedules, steps } = explore(scenario);
  assert.equal(failure, undefined, failure && [failure.message, ...failure.trace].join("\n"));
  const count = schedules.toExponential(1);
  console.log(`${what}: ${states} states, ${count} schedules of up to ${steps} steps`);
}

/** Asserts that some schedule breaks a rule, and this one. */
export function breaks(scenario: Scenario, message: RegExp): void {
  const { failure } = explore(scenario);
  if (failure === undefined) assert.fail("no schedule breaks this");
  assert.match(failure.message, message);
}
