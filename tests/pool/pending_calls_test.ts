import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CallHolder, type PendingCall, PendingCalls } from "../../src/pool/pending_calls.ts";

const TASKS = 3;

function end(calls: PendingCalls, entry: PendingCall): void {
  calls.settle(entry);
  calls.release(entry);
}

describe("pending calls", () => {
  it("number plain calls after those that can be aborted", () => {
    const calls = new PendingCalls(TASKS, 4);
    const plain = [calls.claim(0), calls.claim(0)];
    const abortable = [calls.claimAbortable(0)!, calls.claimAbortable(1)!];
    assert.deepEqual(plain.map(({ id }) => id), [4, 5]);
    assert.deepEqual(abortable.map(({ id }) => id), [0, 1]);
    assert.deepEqual(plain.map((entry) => calls.isAbortable(entry)), [false, false]);
    assert.deepEqual(abortable.map((entry) => calls.isAbortable(entry)), [true, true]);
  });

  it("find an entry by its number", () => {
    const calls = new PendingCalls(TASKS, 2);
    const entries = [
      calls.claim(0),
      calls.claimAbortable(0)!,
      calls.claim(1),
      calls.claimAbortable(2)!,
    ];
    for (const entry of entries) assert.equal(calls.get(entry.id), entry);
  });

  it("have room for as many calls that can be aborted as was said", () => {
    const calls = new PendingCalls(TASKS, 3);
    const entries = [0, 1, 2].map(() => calls.claimAbortable(0)!);
    assert.equal(calls.claimAbortable(0), undefined);
    assert.equal(calls.size, 3);
    assert.equal(calls.sizeOf(0), 3);
    end(calls, entries[1]!);
    assert.equal(calls.claimAbortable(0), entries[1]);
    assert.equal(calls.claimAbortable(0), undefined);
  });

  it("have room for none of them if that was said", () => {
    const calls = new PendingCalls(TASKS, 0);
    assert.equal(calls.claimAbortable(0), undefined);
    assert.equal(calls.claim(0).id, 0);
  });

  it("have room for any number of plain calls", () => {
    const calls = new PendingCalls(TASKS, 2);
    const ids = Array.from({ length: 5000 }, () => calls.claim(0).id);
    assert.equal(new Set(ids).size, 5000);
  });

  it("do not use a number again when its call has settled, only when it is released", () => {
    for (const claim of ["claim", "claimAbortable"] as const) {
      const calls = new PendingCalls(TASKS, 2);
      const first = calls[claim](0)!;
      calls.settle(first);
      const second = calls[claim](0)!;
      assert.notEqual(second.id, first.id);
      calls.release(first);
      assert.equal(calls[claim](0), first);
    }
  });

  it("count against the capacity until they are released", () => {
    const calls = new PendingCalls(TASKS, 1);
    const entry = calls.claimAbortable(0)!;
    calls.settle(entry);
    assert.equal(calls.size, 0);
    assert.equal(calls.claimAbortable(0), undefined);
    calls.release(entry);
    assert.equal(calls.claimAbortable(0), entry);
  });

  it("count what is open, in all and by task", () => {
    const calls = new PendingCalls(TASKS, 2);
    const entries = [calls.claim(0), calls.claim(2), calls.claimAbortable(2)!];
    assert.deepEqual([0, 1, 2].map((task) => calls.sizeOf(task)), [1, 0, 2]);
    assert.equal(calls.size, 3);
    calls.settle(entries[1]!);
    assert.deepEqual([0, 1, 2].map((task) => calls.sizeOf(task)), [1, 0, 1]);
    calls.release(entries[1]!);
    assert.equal(calls.size, 2);
    assert.deepEqual(entries.map(({ open }) => open), [true, false, true]);
  });

  it("give every call of an entry a turn of its own", () => {
    const calls = new PendingCalls(TASKS, 1);
    const turns = new Set<number>();
    for (let n = 0; n < 5; n++) {
      const entry = calls.claim(0);
      turns.add(entry.generation);
      end(calls, entry);
      turns.add(entry.generation);
    }
    assert.equal(turns.size, 6);
  });

  it("forget everything about a call that is released", () => {
    const calls = new PendingCalls(TASKS, 1);
    const entry = calls.claimAbortable(1)!;
    const settled: string[] = [];
    void new Promise(entry.executor);
    entry.resolve = () => settled.push("resolved");
    entry.reject = () => settled.push("rejected");
    entry.argument = {};
    entry.aborted = true;
    entry.lane = {} as CallHolder;
    entry.site = {};
    end(calls, entry);
    entry.resolve(1);
    entry.reject(2);
    assert.deepEqual(settled, []);
    assert.deepEqual(
      [entry.argument, entry.aborted, entry.lane, entry.site, entry.open],
      [undefined, false, undefined, undefined, false],
    );
  });

  it("hand out the promise that the entry settles", async () => {
    const calls = new PendingCalls(TASKS, 0);
    const entry = calls.claim(0);
    const promise = new Promise(entry.executor);
    entry.resolve("value");
    end(calls, entry);
    const next = calls.claim(0);
    assert.equal(next, entry);
    const other = new Promise(next.executor);
    next.reject("reason");
    assert.equal(await promise, "value");
    assert.equal(await other.catch((reason) => reason), "reason");
  });

  it("can be looked through, both kinds", () => {
    const calls = new PendingCalls(TASKS, 2);
    const entries = [calls.claimAbortable(0)!, calls.claimAbortable(1)!, calls.claim(0)];
    calls.settle(entries[1]!);
    assert.deepEqual(calls.filter(({ open }) => open), [entries[0], entries[2]]);
    assert.deepEqual(calls.filter(() => true), entries);
  });
});
