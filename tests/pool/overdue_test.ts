import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countRun, echo } from "../fixtures/basic_tasks.ts";
import { spinThenWait } from "../fixtures/timed_tasks.ts";
import { begun } from "../support/begun.ts";
import { SharedState } from "../support/shared_state.ts";
import { blockUntil, errorWithCode } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

describe("a call whose time is up while its task keeps the worker busy", () => {
  it("ends when the task returns a promise, and what is answered after it is not lost", async () => {
    await withPool({ spinThenWait, countRun, echo }, {}, async ({ call }) => {
      assert.equal(await call.echo("ready"), "ready");
      const { state: spinning, call: given } = await begun((state) =>
        call.spinThenWait(state.buffer)
      );
      const late = errorWithCode(given, "KNT_ERROR_TIMEOUT");
      // This one has not begun, and runs out of time when the other one has.
      await errorWithCode(call.spinThenWait(spinning.buffer), "KNT_ERROR_TIMEOUT");
      const counter = new SharedState();
      const others = [1, 2, 3].map(() => call.countRun(counter.buffer));
      await undefined;
      await undefined;
      // The host takes all replies in one go: that the task waits, and those after it.
      spinning.release();
      blockUntil("the others have run", () => counter.started === 3);
      assert.deepEqual(await inTime("the others", Promise.all(others)), [1, 2, 3]);
      await inTime("the late call", late);
      const texts = ["a", "b", "c", "d", "e"];
      const echoes = Promise.all(texts.map((text) => call.echo(text)));
      assert.deepEqual(await inTime("calls after it", echoes), texts);
    });
  });
});
