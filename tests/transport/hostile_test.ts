// A side that writes whatever it likes into the shared words: the other one believes what could be,
// sees what could not, and never loops for it.

import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AtomicOps, atomics } from "../../src/transport/atomic.ts";
import { IMPOSSIBLE, NO_ROOM } from "../../src/transport/ring.ts";
import { ProtocolViolation } from "../../src/transport/violation.ts";
import { openRing, STARTS } from "../support/ring.ts";

/** A ring with the calls 1 to `count` in it, published. */
function filledRing(slotCount: number, count: number, start: number, atomic?: AtomicOps) {
  const ring = openRing(slotCount, start, atomic);
  for (let call = 1; call <= count; call++) ring.send(call);
  ring.producer.publish();
  const asked = (): number[] => {
    const calls: number[] = [];
    ring.producer.withdraw((call) => calls.push(call) < 0);
    return calls;
  };
  return { ...ring, asked };
}

for (const start of STARTS) {
  describe(`counters that cannot be, counting from ${start}`, () => {
    it("say nothing about what is published", () => {
      const { consumer, words, layout } = filledRing(4, 3, start);
      assert.equal(consumer.refresh(), 3);
      for (const wrong of [-1, 5, 6, 2 ** 31 - 1, -(2 ** 31)]) {
        words[layout.publishedWord] = start + wrong;
        assert.equal(consumer.refresh(), IMPOSSIBLE, String(wrong));
        assert.equal(consumer.available(), 3); // as seen before
      }
      words[layout.publishedWord] = start + 4;
      assert.equal(consumer.refresh(), 4);
    });

    it("make no room", () => {
      for (const wrong of [-1, 0, 5, 6, 2 ** 31 - 1, -(2 ** 31)]) {
        const { producer, words, layout } = filledRing(4, 4, start);
        words[layout.takenWord] = start + 1;
        assert.equal(producer.taken(), start + 1 | 0);
        assert.equal(producer.fault, undefined);
        words[layout.takenWord] = start + wrong;
        assert.equal(producer.taken(), start + 1 | 0);
        assert.equal(producer.unread(), 3);
        assert.match(producer.fault!, /^its count of slots taken went from -?\d+ to -?\d+$/);
      }
    });

    it("begin nothing, and let nothing be withdrawn", () => {
      const held = 1;
      for (const wrong of [0, 5 * 2, 6 * 2, 2 ** 31 - 2, -2, 2 + held, 2 * 2 + held]) {
        const { producer, words, layout, asked } = filledRing(8, 4, start);
        words[layout.begunWord] = (start << 1) + 2;
        assert.equal(producer.unbegun(), 3);
        assert.equal(producer.fault, undefined);
        words[layout.begunWord] = (start << 1) + wrong;
        assert.deepEqual(asked(), []);
        assert.equal(words[layout.begunWord], (start << 1) + wrong | 0);
        assert.equal(producer.unbegun(), 3);
        assert.equal(producer.notBegun(), 3);
        assert.match(producer.fault!, /^its count of slots begun went from -?\d+ to -?\d+$/);
      }
    });

    it("give away who takes what it has not begun", () => {
      const { producer, words, layout, send, asked } = filledRing(4, 4, start);
      words[layout.takenWord] = start + 1;
      assert.equal(send(5), true);
      assert.equal(producer.fault, undefined);
      assert.equal(producer.notBegun(), 4);
      assert.equal(producer.fault, "it took slots that it had not begun");
      assert.deepEqual(asked(), []);
    });

    it("are not believed if they are ahead of what is published", () => {
      const { producer, words, layout, send } = filledRing(8, 2, start);
      send(3);
      words[layout.begunWord] = (start << 1) + 3 * 2;
      assert.equal(producer.unbegun(), 3);
      words[layout.takenWord] = start + 3;
      assert.equal(producer.unread(), 3);
      assert.notEqual(producer.fault, undefined);
    });
  });
}

describe("the call ids of slots", () => {
  it("are those that were sent, whatever stands in the slots", () => {
    const { producer, consumer, words, asked } = filledRing(4, 3, 0);
    words[consumer.slot()] = 77;
    assert.deepEqual(asked(), [1, 2, 3]);
    producer.withdraw((call) => call === 2);
    words.fill(7, consumer.slot(), consumer.slot() + 48); // 2 is not back
    assert.deepEqual(asked(), [1, 3]);
    assert.equal(producer.unbegun(), 2);
  });
});

describe("a consumer that begins slots without end", () => {
  it("does not keep the producer", () => {
    let tries = 0;
    // Whoever looks finds that it comes too late, time and again.
    const { producer, asked } = filledRing(4, 4, 0, {
      ...atomics,
      load: (words, index) => atomics.load(words, index),
      store: (words, index, value) => atomics.store(words, index, value),
      compareExchange(_words, _index, expected) {
        tries++;
        return expected + 2;
      },
    });
    assert.deepEqual(asked(), []);
    assert.ok(tries <= 5, `${tries} tries`);
    assert.equal(producer.fault, "it begins slots without end");
  });
});

describe("random words", () => {
  it("lead to nothing but answers that could be", () => {
    const word = fc.oneof(fc.integer({ min: -4, max: 12 }), fc.integer());
    const step = fc.tuple(fc.nat(6), fc.nat(7), word);
    fc.assert(
      fc.property(fc.constantFrom(...STARTS), fc.array(step, { maxLength: 60 }), (start, steps) => {
        const { producer, consumer, words, layout, send } = openRing(4, start);
        const counters = [layout.publishedWord, layout.takenWord, layout.begunWord];
        let sent = 0;
        for (const [what, where, value] of steps) {
          switch (what) {
            case 0:
            case 1: {
              const index = counters[where];
              if (index === undefined) words[layout.slotsWord + where * 16] = value;
              else words[index] = what === 0 ? value : start + value;
              break;
            }
            case 2:
              if (send(sent)) sent++;
              producer.publish();
              break;
            case 3:
              producer.withdraw((call) => {
                assert.ok(call >= sent - 4 && call < sent, `${call} of ${sent}`);
                return call % 2 === where % 2;
              });
              break;
            case 4:
              for (const count of [producer.unbegun(), producer.notBegun(), producer.unread()]) {
                assert.ok(count >= 0 && count <= 4, String(count));
              }
              assert.ok(producer.claim() === NO_ROOM || producer.claim() >= layout.slotsWord);
              break;
            default: {
              const count = consumer.refresh();
              assert.ok(count >= IMPOSSIBLE && count <= 4, String(count));
              if (count <= 0) break;
              consumer.advance();
              consumer.release();
            }
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a consumer whose word of begun slots was changed", () => {
  it("does not try for ever", () => {
    for (const wrong of [-2, 2, 3, 4, 2 ** 31 - 2]) {
      const { consumer, words, layout } = filledRing(4, 3, 0);
      consumer.refresh();
      words[layout.begunWord] = wrong;
      assert.throws(() => consumer.begin(), ProtocolViolation);
    }
  });
});
