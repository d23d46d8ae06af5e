// Values that throw where the library reads them, or only look like what they are not. What becomes of
// each is for tests of the codec; here they must not take anything else with them.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as tasks from "../fixtures/poisoned_tasks.ts";
import { poisoned } from "../support/poisoned.ts";
import { inTime, withPool } from "../support/with_pool.ts";

describe("a payload that is poisoned settles its call, and its worker goes on", () => {
  for (const [name, make] of Object.entries(poisoned)) {
    it(name, async () => {
      await withPool(tasks, {}, async ({ call }) => {
        const ways: [string, () => Promise<unknown>][] = [
          ["as a result", () => call.give(name)],
          ["inside a result", () => call.giveInside(name)],
          ["as a reason", () => call.throwIt(name)],
          ["as an argument", () => call.echo(make())],
          ["inside an argument", () => call.echo([{ inside: make() }])],
        ];
        for (const [i, [way, send]] of ways.entries()) {
          let promise: Promise<unknown> | undefined;
          assert.doesNotThrow(() => promise = send(), way);
          const [outcome] = await inTime(way, Promise.allSettled([promise!]));
          if (way === "as a reason") assert.equal(outcome.status, "rejected");
          else if (outcome.status === "rejected") assert.ok(outcome.reason instanceof Error, way);
          assert.equal(await inTime(`the call after one ${way}`, call.callsSoFar()), i, way);
        }
      });
    });
  }
});
