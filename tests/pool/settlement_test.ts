import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Settlement } from "../../src/pool/settlement.ts";
import { errorWithCode } from "../support/waiting.ts";

describe("the settlement", () => {
  it("does not take the call that has got an entry for the one that was answered", async () => {
    let lookForReply = (): void => {};
    const settlement = new Settlement(
      {
        tasks: [{ name: "task", abortable: false }],
        rules: [{ limit: undefined, retry: undefined, imported: false }],
        abortSignalCapacity: 0,
        hardTimeoutMs: Infinity,
        onHardTimeout: "shutdown",
      },
      0,
      {
        lookForReply: () => lookForReply(),
        waitsForRoom() {},
        changed() {},
        leaveQueue() {},
        requeue() {},
        ranOut() {},
      },
    );
    const { calls } = settlement;
    const answered = calls.claim(0);
    const promise = new Promise(answered.executor);
    lookForReply = () => {
      settlement.fulfilled(answered, "the reply");
      assert.equal(calls.claim(0), answered, "entries are used again");
    };
    assert.equal(settlement.isAnswered(answered), true);
    assert.equal(await promise, "the reply");
    lookForReply = () => {};
    const next = new Promise(answered.executor);
    assert.equal(settlement.isAnswered(answered), false);
    settlement.closeAll();
    await errorWithCode(next, "KNT_ERROR_CLOSED");
  });
});
