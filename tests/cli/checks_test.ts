// The checks of the self-test, with workers that get everything wrong.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runChecks, within } from "../../src/cli/checks.ts";
import type { TestPool } from "../../src/cli/self_test.ts";
import { errorWithCode } from "../support/waiting.ts";

/** A pool of which every call gives the same. */
function poolThat(call: (argument: unknown) => unknown): TestPool {
  return {
    call: new Proxy({}, { get: () => async (argument: unknown) => await call(argument) }),
  } as TestPool;
}

describe("a check", () => {
  it("fails if a value does not come back as it was, and the others go on", async () => {
    const results = await runChecks(poolThat(() => "wrong"), true);
    assert.deepEqual(
      new Set(results.map(({ trouble }) => trouble?.code)),
      new Set(["KNT_DOCTOR_WRONG"]),
    );
    assert.ok(results.some(({ name }) => name === "shared memory"));
    const said = Object.fromEntries(results.map(({ name, trouble }) => [name, trouble!.message]));
    assert.equal(said["numbers"], "a result: expected 0, received 'wrong'");
    assert.equal(said["errors"], "a call that had to reject did not");
  });

  it("fails for a single byte", async () => {
    const results = await runChecks(
      poolThat((value) =>
        value instanceof Uint8Array ? value.map((byte, i) => i === 3 ? byte + 1 : byte) : value
      ),
      false,
    );
    const bytes = results.find(({ name }) => name === "bytes")!;
    assert.match(bytes.trouble!.message, /^byte 3 of 47: expected \d+, received \d+$/);
    assert.ok(!results.some(({ name }) => name === "shared memory"));
  });

  it("fails for an error that is another one", async () => {
    const results = await runChecks(poolThat(() => Promise.reject("not an error")), false);
    const limits = results.find(({ name }) => name === "time limits")!;
    assert.match(limits.trouble!.message, /expected 'KNT_ERROR_TIMEOUT', received 'not an error'$/);
  });

  it("that does not end is the last one", async () => {
    await errorWithCode(within(new Promise(() => {}), 5, "it"), "KNT_DOCTOR_LATE");
    assert.equal(await within(Promise.resolve(7), 5, "it"), 7);
  });
});
