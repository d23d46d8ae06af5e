import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ItemQueue } from "../../src/streams/item_queue.ts";
import { StreamIterator } from "../../src/streams/stream_iterator.ts";

/** A queue with its reader's end, and what its sender hears. */
function open() {
  const log: unknown[] = [];
  const queue = new ItemQueue({
    waiting: () => log.push("waiting"),
    notWaiting: () => log.push("not waiting"),
    look() {},
    read: (count) => log.push(["read", count]),
    cancel: () => log.push("cancel"),
  });
  return { queue, log, reader: new StreamIterator(queue) };
}

const end = (value: unknown) => ({ value, done: true });

describe("the queue of a stream", () => {
  it("says at once that all has been read, if it is asked then, and later if not", async () => {
    const { queue, log, reader } = open();
    queue.item("a", false);
    queue.asked();
    assert.deepEqual(log, []);
    await reader.next();
    assert.deepEqual(log, [["read", 1]]);
    queue.asked();
    assert.deepEqual(log, [["read", 1], ["read", 1]]);
  });

  it("ends with what a promise resolves to, or fails with what it rejects with", async () => {
    for (const fails of [false, true]) {
      for (const waits of [false, true]) {
        const { queue, reader } = open();
        const early = waits ? reader.next() : undefined;
        queue.ended(fails ? Promise.reject(new RangeError("no")) : Promise.resolve(7));
        const next = early ?? reader.next();
        if (fails) await assert.rejects(next, /RangeError: no/);
        else if (waits) await next;
        else assert.deepEqual(await next, end(7));
        assert.deepEqual(await reader.next(), end(undefined));
      }
    }
  });

  it("is left once, and not after its end", async () => {
    const left = open();
    const leaving = left.reader.return("x");
    left.queue.cancel();
    await undefined;
    left.queue.ended(undefined);
    assert.deepEqual(await leaving, end("x"));
    assert.equal(left.log.filter((what) => what === "cancel").length, 1);
    const over = open();
    over.queue.ended(1);
    over.queue.cancel();
    assert.deepEqual([over.log, await over.reader.return("y")], [[], end("y")]);
  });

  it("tells the first who leaves how it has ended, however many leave while that is under way", async () => {
    for (const fails of [false, true]) {
      const { queue, reader } = open();
      const first = reader.return(1);
      await undefined;
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      queue.ended(promise);
      const second = reader.return(2);
      if (fails) reject(new RangeError("no"));
      else resolve(7);
      if (fails) await assert.rejects(first, /RangeError: no/);
      else assert.deepEqual(await first, end(1));
      assert.deepEqual(await second, end(2));
      assert.deepEqual(await reader.next(), end(undefined));
    }
  });

  it("takes no item after its end", async () => {
    const { queue, reader } = open();
    queue.ended(1);
    assert.equal(queue.item("late", false), true);
    assert.deepEqual(await reader.next(), end(1));
  });
});

describe("the iterator of a stream", () => {
  it("looks like an async generator, and is left by throw and by await using", async () => {
    const { queue, reader } = open();
    assert.equal(Object.prototype.toString.call(reader), "[object AsyncGenerator]");
    assert.equal(reader[Symbol.asyncIterator](), reader);
    queue.ended(1);
    await assert.rejects(reader.throw(new RangeError("enough")), /RangeError: enough/);
    await reader[Symbol.asyncDispose]();
    assert.deepEqual(await reader.next(), end(undefined));
  });
});
