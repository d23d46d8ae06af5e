import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Flag } from "../../src/codec/tags.ts";
import { ArgumentStream } from "../../src/worker/argument_streams.ts";

/** A stream that a task reads, and what its host hears. */
function open() {
  const pulls: number[] = [];
  const stream = new ArgumentStream((_call, _head, count) => pulls.push(count), () => {});
  return { stream, pulls };
}

describe("a stream in an argument, in the worker", () => {
  it("ends where an item cannot be read, and says so", async () => {
    const { stream, pulls } = open();
    const next = stream.iterator.next();
    stream.take(Flag.Item, new RangeError("malformed"), true);
    await assert.rejects(next, /RangeError: malformed/);
    assert.equal(pulls.length, 2, "it was asked for, and is not any more");
    assert.deepEqual(await stream.iterator.next(), { value: undefined, done: true });
  });

  it("answers a question that comes by itself once all is read", async () => {
    const { stream, pulls } = open();
    const first = stream.iterator.next();
    stream.take(Flag.Item, 5, false);
    stream.take(Flag.Asks, undefined, false);
    assert.deepEqual([(await first).value, pulls], [5, [0, 1]]);
  });
});
