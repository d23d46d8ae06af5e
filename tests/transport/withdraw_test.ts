// I5 and I6 of ring.ts: what is begun is read, what is withdrawn is not, and nothing is both.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AtomicOps, atomics } from "../../src/transport/atomic.ts";
import { SLOT_WORDS, WITHDRAWN } from "../../src/transport/layout.ts";
import { openRing, STARTS } from "../support/ring.ts";

const W = WITHDRAWN;
const all = (): boolean => true;
const none = (): boolean => false;

/** The real operations, but a compare-and-swap that fails throws: one thread alone would try on. */
const impatient: AtomicOps = {
  load: (words, index) => atomics.load(words, index),
  store: (words, index, value) => atomics.store(words, index, value),
  notify: (words, index, count) => atomics.notify(words, index, count),
  waitAsync: (words, index, value) => atomics.waitAsync(words, index, value),
  compareExchange(words, index, expected, value) {
    const found = atomics.compareExchange(words, index, expected, value);
    if (found !== expected) throw new Error("the word is held");
    return found;
  },
};

/** A ring with the calls 1 to `count` in it. */
function filledRing(slotCount: number, count: number, start = 0) {
  const ring = openRing(slotCount, start, impatient);
  const { consumer, producer } = ring;
  for (let call = 1; call <= count; call++) ring.send(call);
  return {
    ...ring,
    /** Publishes what was sent. */
    publish(): void {
      producer.publish();
      consumer.refresh();
    },
    /** Begins and takes all that is published, and gives it back. */
    takeAll(): number[] {
      const calls: number[] = [];
      for (let left = consumer.refresh(); left > 0; left--) calls.push(ring.beginAndTake());
      consumer.release();
      return calls;
    },
    /** Withdraws the calls that `matches`; those it was asked about. */
    asked(matches: (call: number) => boolean): number[] {
      const calls: number[] = [];
      producer.withdraw((call) => {
        calls.push(call);
        return matches(call);
      });
      return calls;
    },
  };
}

for (const start of STARTS) {
  describe(`a producer that withdraws, counting from ${start}`, () => {
    it("takes back what was published, oldest first", () => {
      const { publish, asked, takeAll } = filledRing(8, 5, start);
      publish();
      assert.deepEqual(asked(all), [1, 2, 3, 4, 5]);
      assert.deepEqual(takeAll(), [W, W, W, W, W]);
    });

    it("takes back what was not published yet", () => {
      const { publish, asked, send, takeAll } = filledRing(8, 2, start);
      publish();
      send(3);
      assert.deepEqual(asked(all), [1, 2, 3]);
      send(4);
      publish();
      assert.deepEqual(takeAll(), [W, W, W, 4]);
    });

    it("leaves what does not match", () => {
      const { publish, asked, takeAll } = filledRing(8, 5, start);
      publish();
      assert.deepEqual(asked((call) => call % 2 === 0), [1, 2, 3, 4, 5]);
      assert.deepEqual(takeAll(), [1, W, 3, W, 5]);
    });

    it("leaves what has been begun, taken or not, released or not", () => {
      const { publish, consumer, asked, beginAndTake, take, takeAll } = filledRing(8, 5, start);
      publish();
      beginAndTake();
      consumer.release();
      beginAndTake();
      consumer.begin();
      assert.deepEqual(asked(all), [4, 5]);
      assert.equal(take(), 3);
      assert.deepEqual(takeAll(), [W, W]);
    });

    it("is asked about nothing when everything is begun, or nothing was sent", () => {
      const { publish, asked, takeAll } = filledRing(4, 4, start);
      publish();
      takeAll();
      assert.deepEqual(asked(all), []);
      assert.deepEqual(filledRing(4, 0, start).asked(all), []);
    });

    it("is not asked again about what it has withdrawn", () => {
      const { publish, asked, takeAll } = filledRing(8, 4, start);
      publish();
      asked((call) => call === 2);
      assert.deepEqual(asked((call) => call === 4), [1, 3, 4]);
      assert.deepEqual(asked(none), [1, 3]);
      assert.deepEqual(takeAll(), [1, W, 3, W]);
    });

    it("gets no room by it before the slots are taken", () => {
      const { producer, publish, asked, send, takeAll } = filledRing(4, 4, start);
      publish();
      asked(all);
      assert.equal(send(5), false);
      assert.equal(producer.unread(), 4);
      takeAll();
      assert.equal(send(5), true);
      publish();
      assert.deepEqual(takeAll(), [5]);
    });

    it("knows how many slots are neither begun nor withdrawn", () => {
      const { producer, consumer, publish, asked, send, beginAndTake } = filledRing(4, 3, start);
      assert.equal(producer.unbegun(), 3);
      publish();
      beginAndTake();
      assert.equal(producer.unbegun(), 2);
      asked((call) => call === 3);
      assert.equal(producer.unbegun(), 1);
      send(4);
      assert.equal(producer.unbegun(), 2);
      publish();
      consumer.begin();
      assert.equal(producer.unbegun(), 1);
    });

    it("does not count what follows a call as one", () => {
      const { producer, publish, send, takeAll, beginAndTake } = filledRing(4, 1, start);
      send(-3);
      producer.aside();
      assert.equal(producer.unbegun(), 1);
      send(2);
      assert.equal(producer.unbegun(), 2);
      publish();
      beginAndTake();
      assert.equal(producer.unbegun(), 1);
      assert.equal(producer.notBegun(), 2);
      assert.deepEqual(takeAll(), [-3, 2]);
      assert.equal(producer.unbegun(), 0);
    });

    it("goes on, round after round", () => {
      const { producer, publish, asked, send, takeAll } = filledRing(4, 0, start);
      for (let round = 0; round < 20; round++) {
        const count = 1 + round % 4;
        const calls = Array.from({ length: count }, (_, n) => round * 10 + n);
        for (const call of calls) assert.equal(send(call), true);
        if (round % 2 === 0) publish();
        const victim = calls[round % count];
        assert.equal(producer.unbegun(), count);
        assert.deepEqual(asked((call) => call === victim), calls);
        publish();
        assert.deepEqual(takeAll(), calls.map((call) => call === victim ? W : call));
        assert.equal(producer.unbegun(), 0);
      }
    });
  });
}

describe("the word of begun slots", () => {
  it("counts them times two", () => {
    const { words, layout, publish, takeAll } = filledRing(4, 3);
    publish();
    takeAll();
    assert.equal(words[layout.begunWord], 6);
  });

  it("is held while the producer withdraws, so that nothing can be begun", () => {
    const { words, layout, consumer, publish, producer, takeAll } = filledRing(4, 2);
    publish();
    let looks = 0;
    producer.withdraw(() => {
      looks++;
      assert.equal(words[layout.begunWord], 1);
      assert.throws(() => consumer.begin(), /the word is held/);
      return false;
    });
    assert.equal(looks, 2);
    assert.deepEqual(takeAll(), [1, 2]);
  });

  it("is as before when the producer lets go", () => {
    const { words, layout, consumer, publish, asked } = filledRing(4, 3);
    publish();
    consumer.begin();
    asked(all);
    assert.equal(words[layout.begunWord], 2);
  });

  it("is awaited by a consumer while it is held", () => {
    const { words, layout, consumer, send } = openRing(4, 0, {
      ...impatient,
      compareExchange(words, index, expected, value) {
        const found = atomics.compareExchange(words, index, expected, value);
        words[index] = found & ~1; // the producer lets go
        if (found === expected) words[index] = value;
        else tries++;
        return found;
      },
    });
    let tries = 0;
    send(1);
    words[layout.begunWord] = 1;
    consumer.begin();
    assert.equal(tries, 1);
    assert.equal(words[layout.begunWord], 2);
  });

  it("is taken by a producer although the consumer begins a slot at that moment", () => {
    let consumerIsFaster = true;
    const { producer, words, layout, send } = openRing(4, 0, {
      ...impatient,
      compareExchange(words, index, expected, value) {
        if (consumerIsFaster) words[index] = 2;
        consumerIsFaster = false;
        return atomics.compareExchange(words, index, expected, value);
      },
    });
    send(1);
    send(2);
    producer.publish();
    const asked: number[] = [];
    producer.withdraw((call) => asked.push(call) > 0);
    assert.deepEqual(asked, [2]);
    assert.equal(words[layout.begunWord], 2);
  });

  it("is as before, and so are all others but the call ids of what was withdrawn", () => {
    const { words, layout, publish, asked } = filledRing(4, 3);
    publish();
    const before = words.slice();
    asked((call) => call === 2);
    const changed = [...words.keys()].filter((index) => words[index] !== before[index]);
    assert.deepEqual(changed, [layout.slotsWord + SLOT_WORDS]);
  });
});
