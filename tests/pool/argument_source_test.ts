import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Flag, headFlags } from "../../src/codec/tags.ts";
import { ArgumentSource } from "../../src/pool/argument_source.ts";

/** A source for what a caller has given, and what goes to the worker, of which `bytes` says how large it is. */
function open(given: unknown, bytes: (value: unknown) => number = () => 0) {
  const sent: [flags: number, value: unknown][] = [];
  const source = new ArgumentSource(given, {
    send: (head, value) => {
      const size = bytes(value);
      if (size >= 0) sent.push([headFlags(head), value]);
      return size;
    },
  });
  return { source, sent };
}

/** Lets everything run that is due, also what waits for a turn of the event loop. */
async function turns(): Promise<void> {
  for (let n = 0; n < 10; n++) await new Promise<void>((resolve) => setImmediate(resolve));
}

describe("the source of an argument's items", () => {
  it("does not begin if its call has settled meanwhile", async () => {
    const { source, sent } = open((function* () {
      yield assert.fail("it has begun");
    })());
    source.pull(0);
    source.end();
    source.pull(1);
    await turns();
    assert.deepEqual(sent, []);
    assert.equal(source.retry(), true, "nothing waits");
  });

  it("fails if it cannot be iterated after all", async () => {
    const { source, sent } = open({
      [Symbol.iterator]() {
        throw new RangeError("not today");
      },
    });
    source.pull(0);
    await turns();
    assert.deepEqual(sent.map(([, value]) => String(value)), ["RangeError: not today"]);
  });

  it("asks after an item that has turned out to fill the window", async () => {
    const { source, sent } = open([1, 2][Symbol.iterator](), (value) => value === 1 ? 1 << 23 : 0);
    source.pull(0);
    await turns();
    assert.deepEqual(sent, [[Flag.Item, 1], [Flag.Asks, undefined]]);
    source.pull(1);
    await turns();
    assert.deepEqual(sent.slice(2), [[Flag.Item, 2], [0, undefined]]);
  });

  it("waits for room, and for nothing once its call has settled", async () => {
    let room = false;
    const { source, sent } = open([1, 2, 3][Symbol.iterator](), () => room ? 0 : -1);
    source.pull(0);
    await turns();
    assert.equal(source.retry(), false);
    room = true;
    assert.equal(source.retry(), true);
    await turns();
    assert.deepEqual(sent.map(([, value]) => value), [1, 2, 3, undefined]);
    room = false;
    const left = open([1][Symbol.iterator](), () => -1);
    left.source.pull(0);
    await turns();
    left.source.end();
    assert.equal(left.source.retry(), true);
    assert.deepEqual(left.sent, []);
  });

  it("says once that it has failed, and with the refusal if the reason cannot cross", async () => {
    const reason = {};
    const { source, sent } = open(
      (function* () {
        yield 1;
        throw reason;
      })(),
      (value) => {
        if (value === reason) throw new TypeError("it cannot cross");
        return 0;
      },
    );
    source.pull(0);
    await turns();
    source.abandon(new Error("given up"));
    source.ended();
    source.failed(new Error("again"));
    assert.deepEqual(sent.map(([, value]) => value), [1, "TypeError: it cannot cross"]);
  });
});
