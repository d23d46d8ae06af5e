import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CallQueue } from "../../src/pool/call_queue.ts";
import { PendingCall } from "../../src/pool/pending_calls.ts";

/** A queue of numbers. */
function openQueue() {
  const queue = new CallQueue();
  const entries: PendingCall[] = [];
  const entry = (id: number): PendingCall => entries[id] ??= new PendingCall(id);
  return {
    queue,
    entry,
    push: (id: number) => queue.push(entry(id)),
    putBack: (id: number) => queue.putBack(entry(id)),
    take(): number {
      const { first } = queue;
      queue.remove(first!);
      return first!.id;
    },
    drain: () => queue.clear().map(({ id }) => id),
  };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe("the queue of calls", () => {
  it("gives out the oldest first", () => {
    const { queue, push, take } = openQueue();
    for (const id of upTo(5)) push(id);
    assert.equal(queue.length, 5);
    assert.deepEqual(upTo(5).map(take), upTo(5));
    assert.equal(queue.length, 0);
  });

  it("puts what is put back in front of all others", () => {
    const { push, putBack, drain } = openQueue();
    push(1);
    push(2);
    putBack(3);
    putBack(4);
    assert.deepEqual(drain(), [4, 3, 1, 2]);
  });

  it("takes one back into an empty queue", () => {
    const { queue, putBack, push, drain } = openQueue();
    putBack(1);
    push(2);
    assert.equal(queue.length, 2);
    assert.deepEqual(drain(), [1, 2]);
  });

  for (const [which, place] of [["oldest", 0], ["middle", 2], ["newest", 4]] as const) {
    it(`lets the ${which} go`, () => {
      const { queue, entry, push, drain } = openQueue();
      for (const id of upTo(5)) push(id);
      queue.remove(entry(place));
      assert.equal(queue.length, 4);
      push(5);
      assert.deepEqual(drain(), upTo(6).filter((id) => id !== place));
    });
  }

  it("is empty when its only one has gone, and can be used again", () => {
    const { queue, entry, push, drain } = openQueue();
    push(1);
    queue.remove(entry(1));
    assert.deepEqual([queue.length, queue.first, drain()], [0, undefined, []]);
    push(2);
    assert.deepEqual(drain(), [2]);
  });

  it("keeps its order over many times its size, in and out", () => {
    const { push, take } = openQueue();
    let next = 0;
    let expected = 0;
    for (let round = 0; round < 200; round++) {
      for (let n = 0; n < 50; n++) push(next++);
      for (let n = 0; n < 49; n++) assert.equal(take(), expected++);
    }
  });

  it("knows which calls are in it", () => {
    const { entry, push, putBack, take, drain } = openQueue();
    push(1);
    putBack(2);
    assert.deepEqual([entry(1).queued, entry(2).queued], [true, true]);
    take();
    assert.deepEqual([entry(1).queued, entry(2).queued], [true, false]);
    drain();
    assert.equal(entry(1).queued, false);
  });

  it("is empty when it was cleared, and can be used again", () => {
    const { queue, push, drain } = openQueue();
    for (const id of upTo(100)) push(id);
    assert.deepEqual(drain(), upTo(100));
    assert.equal(queue.length, 0);
    assert.deepEqual(drain(), []);
    push(7);
    assert.deepEqual(drain(), [7]);
  });

  it("does what an array would, whatever is done to it", () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant("push" as const) },
      { weight: 3, arbitrary: fc.constant("putBack" as const) },
      { weight: 3, arbitrary: fc.constant("take" as const) },
      { weight: 2, arbitrary: fc.nat().map((place) => ({ leaves: place })) },
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 600, size: "max" }), (steps) => {
      const queue = openQueue();
      const model: number[] = [];
      steps.forEach((step, id) => {
        if (typeof step === "object") {
          if (model.length === 0) return;
          const [leaves] = model.splice(step.leaves % model.length, 1);
          queue.queue.remove(queue.entry(leaves!));
        } else if (step === "take") {
          if (model.length > 0) assert.equal(queue.take(), model.shift());
        } else {
          queue[step](id);
          if (step === "push") model.push(id);
          else model.unshift(id);
        }
        assert.equal(queue.queue.length, model.length);
      });
      assert.deepEqual(queue.drain(), model);
    }));
  });
});
