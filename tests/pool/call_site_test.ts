import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  failIf,
  rejectAfterTimer,
  rejectWith,
  throwDeep,
  throwThis,
} from "../fixtures/fault_tasks.ts";
import { echo, seven } from "../fixtures/basic_tasks.ts";
import { runtimeName } from "../support/program.ts";
import { usePool, withPool } from "../support/with_pool.ts";
import { openPool } from "../fixtures/missing_tasks.ts";

const tasks = { failIf, throwThis, rejectWith, rejectAfterTimer, throwDeep, echo, seven };

/** The first line of a stack that names `file`, or -1. */
const lineOf = (stack: string, file: string): number =>
  stack.split("\n").findIndex((line) => line.includes(file));

/** The stack of the error that `run` throws. */
async function stackOf(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    assert.ok(error instanceof Error, String(error));
    return error.stack ?? "";
  }
  assert.fail("expected an error");
}

/** Frames of the worker first, this file below them. */
function assertBoth(stack: string, workerFile = "fault_tasks"): void {
  const worker = lineOf(stack, workerFile);
  const host = lineOf(stack, "call_site_test");
  assert.ok(worker >= 0, `no frame of the worker:\n${stack}`);
  assert.ok(host > worker, `the call site is not below the worker's frames:\n${stack}`);
}

describe("the stack of an error from a worker", () => {
  for (const way of ["throwThis", "rejectWith", "rejectAfterTimer"] as const) {
    it(`shows where the task failed, and below it where it was called (${way})`, async () => {
      await withPool(tasks, {}, async ({ call }) => {
        async function placeOfTheCall(): Promise<void> {
          await call[way]("TypeError");
        }
        const stack = await stackOf(placeOfTheCall);
        assertBoth(stack);
        assert.match(stack, /placeOfTheCall/);
        assert.match(stack.split("\n")[0]!, /TypeError: wrong type/);
      });
    });
  }

  it("keeps every frame of the task", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const stack = await stackOf(() => call.throwDeep(3));
      assert.ok(stack.split("\n").filter((line) => line.includes("innerFrame")).length >= 4, stack);
      assert.ok(lineOf(stack, "innerFrame") < lineOf(stack, "outerFrame"), stack);
    });
  });

  it("shows the place of the call among many that were made together", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      async function several(): Promise<void> {
        await Promise.all([call.seven(), call.rejectWith("Error"), call.seven()]);
      }
      assertBoth(await stackOf(several));
    });
  });

  it("shows the place of the call after many that went well", {
    skip: runtimeName === "bun" ? "Bun has no async stacks: only early calls are recorded" : false,
  }, async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const stacks: string[] = [];
      for (let round = 0; round < 2; round++) {
        for (let i = 0; i < 15; i++) {
          await Promise.all(Array.from({ length: 100 }, () => call.failIf(false)));
        }
        stacks.push(await stackOf(async () => await call.failIf(true)));
      }
      stacks.forEach((stack) => assertBoth(stack));
    });
  });

  it("shows the place of the call for arguments that cannot cross", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      async function placeOfTheCall(): Promise<void> {
        await call.echo(new Map());
      }
      const stack = await stackOf(placeOfTheCall);
      assert.ok(lineOf(stack, "call_site_test") >= 0, stack);
    });
  });

  it("shows the place of the call for tasks that are not exported", async () => {
    await usePool(openPool(1), async ({ call }) => {
      async function placeOfTheCall(): Promise<void> {
        await call.hiddenTask(1);
      }
      for (let i = 0; i < 2; i++) {
        const stack = await stackOf(placeOfTheCall);
        assert.ok(lineOf(stack, "call_site_test") >= 0, stack);
      }
    });
  });

  it("is a string that can be replaced, like any stack", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const error = await call.throwThis("Error").then(() => assert.fail(), (error) => error);
      assert.equal(typeof error.stack, "string");
      assert.equal(Object.keys(error).includes("stack"), false);
      error.stack = "replaced";
      assert.equal(error.stack, "replaced");
      const other = await call.throwThis("Error").then(() => assert.fail(), (error) => error);
      other.stack = "replaced before anybody has looked";
      assert.equal(other.stack, "replaced before anybody has looked");
    });
  });
});
