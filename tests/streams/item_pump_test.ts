import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AnyIterator, ItemPump, iteratorOf } from "../../src/streams/item_pump.ts";

/** A pump for an iterator, and what its target hears. */
function open(iterator: AnyIterator) {
  const log: unknown[] = [];
  const pump = new ItemPump(iterator, {
    isReady: () => true,
    item: (value) => log.push(value),
    ended: (value) => log.push(["ended", value]),
    failed: (reason) => log.push(["failed", String(reason)]),
  });
  return { pump, log };
}

/** Lets everything run that is due, also what waits for a turn of the event loop. */
async function turns(): Promise<void> {
  for (let n = 0; n < 10; n++) await new Promise<void>((resolve) => setImmediate(resolve));
}

const fail = (): never => {
  throw new RangeError("broken");
};

describe("an iterator of a stranger", () => {
  it("is none of nothing, and of what has none", () => {
    for (const value of [null, undefined, 5, {}]) assert.equal(iteratorOf(value), undefined);
  });

  const failing: [what: string, next: () => unknown, said: RegExp][] = [
    ["throws", fail, /RangeError: broken/],
    ["rejects", () => Promise.reject(new RangeError("broken")), /RangeError: broken/],
    ["answers with a number", () => 5, /TypeError: Iterator result 5 is not an object/],
    ["answers with null", () => null, /TypeError: Iterator result null is not an object/],
    ["hides whether it is done", () => ({
      get done() {
        return fail();
      },
    }), /RangeError: broken/],
    ["hides its item", () => ({
      done: false,
      get value() {
        return fail();
      },
    }), /RangeError: broken/],
    [
      "gives a promise that rejects",
      () => ({ done: false, value: Promise.reject(new RangeError("broken")) }),
      /RangeError: broken/,
    ],
  ];
  for (const [what, next, said] of failing) {
    it(`fails the stream, once, if it ${what}`, async () => {
      const { pump, log } = open({ next });
      pump.resume();
      await turns();
      pump.resume();
      pump.cancel();
      assert.equal(log.length, 1);
      assert.match(String(log[0]), said);
    });
  }

  it("gives promises of items and of its end", async () => {
    const results = [{ done: false, value: Promise.resolve(1) }, {
      done: true,
      value: Promise.resolve(2),
    }];
    const { pump, log } = open({ next: () => results.shift() });
    pump.resume();
    await turns();
    assert.deepEqual(log, [1, ["ended", 2]]);
  });

  it("fails the stream if it cannot be left", async () => {
    const leaving = [fail, () => Promise.reject(new RangeError("broken"))];
    for (const leave of leaving) {
      const { pump, log } = open({ next: () => new Promise(() => {}), return: leave });
      pump.resume();
      pump.cancel();
      await turns();
      assert.deepEqual(log, [["failed", "RangeError: broken"]]);
    }
  });

  it("is not heard after it was left, whatever it still says", async () => {
    for (const done of [false, true]) {
      let answer = (_: unknown): void => {};
      const { pump, log } = open({
        next: () => ({ done, value: new Promise((resolve) => answer = resolve) }),
      });
      pump.resume();
      pump.cancel();
      answer(1);
      await turns();
      assert.deepEqual(log, [["ended", undefined]]);
    }
    const { pump, log } = open({ next: () => (pump.cancel(), fail()) });
    pump.resume();
    await turns();
    assert.deepEqual(log, [["ended", undefined]]);
  });

  it("may leave itself as it is left", () => {
    const { pump, log } = open({ next: fail, return: () => void pump.cancel() });
    pump.cancel();
    assert.deepEqual(log, [["ended", undefined]]);
  });
});
