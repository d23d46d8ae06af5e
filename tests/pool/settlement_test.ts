import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Flag } from "../../src/codec/tags.ts";
import type { Lane } from "../../src/pool/lane.ts";
import { Settlement, type SettlementSettings } from "../../src/pool/settlement.ts";
import { errorWithCode } from "../support/waiting.ts";

const settings: SettlementSettings = {
  tasks: [{ name: "task", abortable: false }],
  rules: [{ limit: undefined, retry: undefined, imported: false }],
  abortSignalCapacity: 2,
  hardTimeoutMs: Infinity,
  onHardTimeout: "shutdown",
};

/** A settlement without lanes, and what it tells its pool. */
function open() {
  const log: string[] = [];
  const look = { forReply: (): unknown => undefined };
  const settlement = new Settlement(settings, 2, {
    lookForReply: () => look.forReply(),
    waitsForRoom() {},
    changed() {},
    leaveQueue: ({ id }) => log.push(`${id} leaves the queue`),
    requeue() {},
    ranOut() {},
  });
  return { settlement, log, calls: settlement.calls, look };
}

describe("the settlement", () => {
  it("takes nothing of a call that is no part of it", async () => {
    const { settlement, calls } = open();
    const entry = calls.claim(0);
    const promise = new Promise(entry.executor);
    const lane = undefined as unknown as Lane; // it is not asked
    assert.equal(settlement.item(entry, Flag.Item, 1, false, lane), false);
    entry.argument = 5;
    for (const count of [0, 0.5, "0"]) {
      assert.equal(settlement.item(entry, Flag.Pulls, count, false, lane), false);
    }
    settlement.fulfilled(entry, "the reply");
    settlement.timedOut(entry, { kind: "error" }); // too late
    assert.equal(await promise, "the reply");
  });

  it("ends a stream of which an item cannot be read, and leaves the queue with one that is left", async () => {
    const { settlement, calls, log } = open();
    const lane = { withdraw: () => false, raise() {}, credit() {} } as unknown as Lane;
    const entry = calls.claimAbortable(0)!;
    const stream = settlement.stream(entry, undefined);
    entry.lane = lane;
    assert.equal(settlement.item(entry, Flag.Item, 1, false, lane), true);
    assert.equal(settlement.item(entry, Flag.Item, new RangeError("malformed"), true, lane), true);
    assert.equal(settlement.item(entry, Flag.Item, 2, false, lane), true, "nobody wants it");
    assert.deepEqual(await stream.next(), { value: 1, done: false });
    await assert.rejects(stream.next(), /RangeError: malformed/);

    const waiting = calls.claimAbortable(0)!;
    const left = settlement.stream(waiting, undefined);
    waiting.queued = true;
    assert.deepEqual(await left.return(), { value: undefined, done: true });
    assert.deepEqual(log, [`${waiting.id} leaves the queue`]);
  });

  it("finds that the item is there which the reader of a stream waits for", async () => {
    const { settlement, calls, look } = open();
    const lane = { credit() {} } as unknown as Lane;
    const entry = calls.claimAbortable(0)!;
    const stream = settlement.stream(entry, undefined);
    entry.lane = lane;
    const first = stream.next();
    assert.equal(settlement.isAnswered(entry), false);
    look.forReply = () => settlement.item(entry, Flag.Item, "an item", false, lane);
    assert.equal(settlement.isAnswered(entry), true);
    assert.deepEqual(await first, { value: "an item", done: false });
    look.forReply = () => {};
    const second = stream.next();
    assert.equal(settlement.isAnswered(entry), false);
    settlement.closeAll();
    await errorWithCode(second, "KNT_ERROR_CLOSED");
  });

  it("does not take the call that has got an entry for the one that was answered", async () => {
    const { settlement, calls, look } = open();
    const answered = calls.claim(0);
    const promise = new Promise(answered.executor);
    look.forReply = () => {
      settlement.fulfilled(answered, "the reply");
      assert.equal(calls.claim(0), answered, "entries are used again");
    };
    assert.equal(settlement.isAnswered(answered), true);
    assert.equal(await promise, "the reply");
    look.forReply = () => {};
    const next = new Promise(answered.executor);
    assert.equal(settlement.isAnswered(answered), false);
    settlement.closeAll();
    await errorWithCode(next, "KNT_ERROR_CLOSED");
  });
});
