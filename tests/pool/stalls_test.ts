import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CallHolder, PendingCalls } from "../../src/pool/pending_calls.ts";
import { type StalledCall, Stalls } from "../../src/pool/stalls.ts";

const LONG_MS = 1e9; // it does not look by itself

/** What looks for calls that run for 10 looks, of a pool of one worker. */
function watched() {
  const calls = new PendingCalls(1, 0);
  const begun = new Set<unknown>();
  const lane = {
    isWorker: true,
    worker: 3,
    hasBegun: (entry: unknown) => begun.has(entry),
    withdraw: () => false,
    raise() {},
    credit() {},
  } as CallHolder;
  const told: StalledCall[] = [];
  const stalls = new Stalls(LONG_MS, ["slow"], calls, (call) => told.push(call));
  const send = () => {
    const entry = calls.claim(0);
    entry.lane = lane;
    return entry;
  };
  return { calls, begun, stalls, told, send };
}

describe("calls that take long", () => {
  it("are reported once, with how long they have been seen to run", () => {
    const { begun, stalls, told, send } = watched();
    begun.add(send());
    stalls.look(1000);
    stalls.look(1000 + LONG_MS - 1);
    assert.deepEqual(told, []);
    stalls.look(1000 + LONG_MS);
    stalls.look(1000 + 2 * LONG_MS);
    assert.deepEqual(told, [{ task: "slow", lane: 3, ms: LONG_MS }]);
    assert.equal(stalls.total, 1);
    assert.equal(stalls.now().length, 1);
    stalls.close();
  });

  it("are not those that wait, for however long", () => {
    const { begun, stalls, told, send } = watched();
    const entry = send();
    stalls.look(0);
    stalls.look(5 * LONG_MS);
    begun.add(entry);
    stalls.look(6 * LONG_MS);
    assert.deepEqual(told, []);
    stalls.look(7 * LONG_MS);
    assert.equal(told.length, 1);
    stalls.close();
  });

  it("are not others with the same entry", () => {
    const { calls, begun, stalls, told, send } = watched();
    const entry = send();
    begun.add(entry);
    stalls.look(0);
    calls.settle(entry);
    calls.release(entry);
    assert.equal(send(), entry);
    stalls.look(LONG_MS);
    assert.deepEqual(told, []);
    assert.deepEqual(stalls.now(), []);
    stalls.close();
  });

  it("are not stalled any more when they have ended", () => {
    const { calls, begun, stalls, send } = watched();
    const entry = send();
    begun.add(entry);
    stalls.look(0);
    stalls.look(LONG_MS);
    assert.equal(stalls.now().length, 1);
    calls.settle(entry);
    calls.release(entry);
    assert.deepEqual(stalls.now(), []);
    assert.equal(stalls.total, 1);
    stalls.close();
  });
});
