import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { atomics } from "../../src/transport/atomic.ts";
import { laneLayout, SLOT_WORDS } from "../../src/transport/layout.ts";
import { RingConsumer, RingProducer, startRing } from "../../src/transport/ring.ts";
import { openRing, STARTS } from "../support/ring.ts";

describe("ring", () => {
  it("has nothing available at first", () => {
    const { consumer, producer } = openRing(4);
    assert.equal(consumer.available(), 0);
    assert.equal(consumer.refresh(), 0);
    assert.equal(producer.unpublished, 0);
    assert.equal(producer.unread(), 0);
  });

  it("takes out what was put in", () => {
    const { producer, consumer, send, take } = openRing(4);
    assert.equal(send(17), true);
    producer.publish();
    assert.equal(consumer.available(), 1);
    assert.equal(take(), 17);
    assert.equal(consumer.available(), 0);
  });

  it("has nothing available before publish", () => {
    const { producer, consumer, send } = openRing(4);
    send(1);
    send(2);
    assert.equal(producer.unpublished, 2);
    assert.equal(consumer.available(), 0);
    assert.equal(consumer.refresh(), 0);
    producer.publish();
    assert.equal(producer.unpublished, 0);
    assert.equal(consumer.available(), 2);
  });

  it("gives the same slot to a claim that follows a claim without commit", () => {
    const { producer, layout } = openRing(4);
    assert.equal(producer.claim(), layout.slotsWord);
    assert.equal(producer.claim(), layout.slotsWord);
    producer.commit(1);
    assert.equal(producer.claim(), layout.slotsWord + SLOT_WORDS);
  });

  it("publishes nothing of a claim without commit", () => {
    const { producer, consumer } = openRing(4);
    producer.claim();
    producer.publish();
    assert.equal(consumer.refresh(), 0);
  });

  for (const slotCount of [1, 2, 4, 64]) {
    it(`holds ${slotCount} slots and refuses one more`, () => {
      const { producer, consumer, send, take } = openRing(slotCount);
      for (let n = 0; n < slotCount; n++) assert.equal(send(n), true);
      assert.equal(send(slotCount), false);
      producer.publish();
      assert.equal(send(slotCount), false);
      assert.equal(producer.unread(), slotCount);
      assert.equal(consumer.available(), slotCount);
      for (let n = 0; n < slotCount; n++) assert.equal(take(), n);
    });
  }

  it("has room again only when taken slots are released", () => {
    const { producer, consumer, send, take } = openRing(2);
    send(1);
    send(2);
    producer.publish();
    consumer.available();
    take();
    assert.equal(send(3), false);
    consumer.release();
    assert.equal(producer.unread(), 1);
    assert.equal(send(3), true);
    assert.equal(send(4), false);
  });

  it("does not look at published while known slots are left", () => {
    const { producer, consumer, send, take } = openRing(4);
    send(1);
    producer.publish();
    assert.equal(consumer.available(), 1);
    send(2);
    producer.publish();
    assert.equal(consumer.available(), 1);
    assert.equal(consumer.refresh(), 2);
    assert.equal(take(), 1);
    assert.equal(take(), 2);
  });

  it("counts slots that were advanced over as no longer available, released or not", () => {
    const { producer, consumer, send, take } = openRing(4);
    send(1);
    send(2);
    producer.publish();
    assert.equal(consumer.available(), 2);
    take();
    assert.equal(consumer.available(), 1);
    assert.equal(consumer.refresh(), 1);
    consumer.release();
    assert.equal(consumer.refresh(), 1);
  });

  for (const start of STARTS) {
    describe(`counting from ${start}`, () => {
      it("delivers every batch in order, round after round", () => {
        const { producer, consumer, send, take } = openRing(4, start);
        let sent = 0;
        let received = 0;
        for (let round = 0; round < 20; round++) {
          for (let n = 0; n < 1 + round % 4; n++) assert.equal(send(sent++), true);
          producer.publish();
          for (let left = consumer.available(); left > 0; left--) assert.equal(take(), received++);
          assert.equal(received, sent);
          consumer.release();
        }
      });

      it("is full after 4 slots wherever it stands", () => {
        const { producer, consumer, send, take } = openRing(4, start);
        for (let round = 0; round < 12; round++) {
          for (let n = 0; n < 4; n++) assert.equal(send(n), true);
          assert.equal(send(4), false);
          producer.publish();
          assert.equal(send(4), false);
          assert.equal(consumer.available(), 4);
          for (let n = 0; n < 4; n++) assert.equal(take(), n);
          assert.equal(consumer.available(), 0);
          // One slot is given back alone, so that the next round starts at another slot.
          consumer.release();
          assert.equal(send(9), true);
          producer.publish();
          consumer.available();
          assert.equal(take(), 9);
          consumer.release();
        }
      });

      it("counts unread and unpublished slots", () => {
        const { producer, consumer, send, take } = openRing(4, start);
        for (let round = 0; round < 10; round++) {
          send(1);
          send(2);
          send(3);
          assert.equal(producer.unpublished, 3);
          assert.equal(producer.unread(), 3);
          producer.publish();
          assert.equal(producer.unpublished, 0);
          consumer.available();
          take();
          consumer.release();
          assert.equal(producer.unread(), 2);
          take();
          take();
          consumer.release();
          assert.equal(producer.unread(), 0);
        }
      });
    });
  }

  it("does not touch what lies around it", () => {
    const { call: layout, totalBytes } = laneLayout({
      slotCount: 2,
      regionBytes: 64,
      signalCount: 0,
    });
    const words = new Int32Array(new SharedArrayBuffer(totalBytes)).fill(-7);
    startRing(words, layout);
    const producer = new RingProducer(words, layout, atomics);
    const consumer = new RingConsumer(words, layout, atomics);
    for (let n = 0; n < 5; n++) {
      words.fill(n, producer.claim(), producer.claim() + SLOT_WORDS);
      producer.commit(n);
      producer.publish();
      consumer.available();
      consumer.advance();
      consumer.release();
    }
    const { publishedWord, takenWord, begunWord, firstSlot } = layout;
    assert.equal(words[publishedWord], firstSlot + 5);
    assert.equal(words[takenWord], firstSlot + 5);
    assert.equal(words[begunWord], firstSlot << 1);
    const mine = (index: number): boolean =>
      [publishedWord, takenWord, begunWord].includes(index) ||
      (index >= layout.slotsWord && index < layout.slotsWord + 2 * SLOT_WORDS);
    assert.ok(words.every((word, index) => mine(index) || word === -7));
  });
});
