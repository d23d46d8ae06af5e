// How far a sender may be ahead, with a reader that reads as it likes; also where counts wrap.

import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CreditWindow, WINDOW_BYTES, WINDOW_ITEMS } from "../../src/streams/credit_window.ts";
import { ItemQueue } from "../../src/streams/item_queue.ts";

/** Shortly before the count wraps. */
const LATE = 2 ** 31 - 700;

/** A sender and a reader with nothing but counts between them. */
function connect(first: number) {
  const window = new CreditWindow(first);
  const sizes: number[] = [];
  let sent = 0;
  let asked = 0;
  const queue = new ItemQueue({
    waiting() {},
    notWaiting() {},
    look() {},
    read: (count) => window.readUpTo(count),
    cancel() {},
  }, first);
  const unread = (): number => sizes.reduce((sum, size) => sum + Math.max(64, size), 0);
  return {
    window,
    queue,
    /** Sends items until it must not; how many. */
    fill(size: number): number {
      const before = sent;
      while (window.isOpen) {
        assert.ok(sizes.length < WINDOW_ITEMS && unread() < WINDOW_BYTES, "it is too far ahead");
        const asks = window.asksNext;
        if (asks) asked++;
        window.sent(size, asks);
        sizes.push(size);
        assert.ok(queue.item(sent++, asks), "the reader has room");
        if (window.mustAsk) {
          window.asked();
          queue.asked();
        }
      }
      return sent - before;
    },
    async read(): Promise<void> {
      sizes.shift();
      assert.equal((await queue.next(undefined)).done, false);
    },
    get unread() {
      return sizes.length;
    },
    get asked() {
      return asked;
    },
  };
}

describe("a credit window", () => {
  for (const first of [0, LATE]) {
    it(`lets so many items go out, and asks once half of them is (from ${first})`, async () => {
      const pair = connect(first);
      assert.equal(pair.fill(8), WINDOW_ITEMS);
      for (let n = 1; n < WINDOW_ITEMS / 2; n++) await pair.read();
      assert.equal(pair.window.isOpen, false);
      await pair.read();
      assert.equal(pair.fill(8), WINDOW_ITEMS / 2);
      assert.equal(pair.asked, 2);
    });

    it(`lets so many bytes go out, and one large item (from ${first})`, async () => {
      const pair = connect(first);
      assert.equal(pair.fill(WINDOW_BYTES / 8), 8);
      for (let n = 0; n < 8; n++) await pair.read();
      assert.equal(pair.fill(WINDOW_BYTES * 3), 1);
      await pair.read();
      assert.equal(pair.fill(WINDOW_BYTES - 1), 2);
      await pair.read();
      await pair.read();
      assert.ok(pair.window.isOpen);
    });

    it(`is open again when all is read, whatever came before (from ${first})`, async () => {
      const size = fc.oneof(fc.constant(8), fc.integer({ min: 0, max: WINDOW_BYTES * 2 }));
      const steps = fc.array(fc.tuple(size, fc.nat(WINDOW_ITEMS)), { maxLength: 12 });
      await fc.assert(
        fc.asyncProperty(steps, async (steps) => {
          const pair = connect(first);
          for (const [size, reads] of steps) {
            pair.fill(size);
            for (let n = Math.min(reads, pair.unread); n > 0; n--) await pair.read();
          }
          while (pair.unread > 0) await pair.read();
          assert.ok(pair.window.isOpen);
        }),
        { numRuns: 30 },
      );
    });
  }

  it("does not believe a count that cannot be", () => {
    const window = new CreditWindow();
    window.sent(8, false);
    for (const count of [2, 1000, 2 ** 31 - 1]) window.readUpTo(count);
    assert.equal(window.unread, 1);
    window.readUpTo(1);
    window.readUpTo(0);
    assert.equal(window.unread, 0);
  });
});

describe("an item queue", () => {
  it("refuses more than a window", () => {
    const { queue } = connect(0);
    for (let n = 0; n < WINDOW_ITEMS; n++) assert.equal(queue.item(n, false), true);
    assert.equal(queue.item(0, false), false);
  });
});
