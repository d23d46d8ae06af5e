import assert from "node:assert/strict";
import { explore, type Scenario } from "../transport/model.ts";

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
