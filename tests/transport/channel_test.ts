import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { atomics } from "../../src/transport/atomic.ts";
import { ChannelConsumer, ChannelProducer } from "../../src/transport/channel.ts";
import { Doorbell, ITEMS, ROOM } from "../../src/transport/doorbell.ts";
import { BELL, laneLayout, PACE, REGION_ALIGN, WITHDRAWN } from "../../src/transport/layout.ts";
import { Regions } from "../../src/transport/regions.ts";
import { NO_ROOM, startRing } from "../../src/transport/ring.ts";
import { STARTS } from "../support/ring.ts";
import { wakes } from "../support/wakes.ts";

const A = REGION_ALIGN;
const ITEMS_BELL = BELL;
/** Some other word; where the producer sleeps does not matter here. */
const ROOM_BELL = PACE;

/** Both ends of the call channel of one lane, each with its own view of the memory. */
function channelFrom(firstSlot: number, slotCount: number, regionBytes: number) {
  const layout = laneLayout({ slotCount, regionBytes, signalCount: 0 });
  const call = { ...layout.call, firstSlot };
  const buffer = new SharedArrayBuffer(layout.totalBytes);
  const words = new Int32Array(buffer);
  const near = new Int32Array(buffer);
  const far = new Int32Array(buffer);
  startRing(words, call);
  const producer = new ChannelProducer(near, call, { words: near, index: ITEMS_BELL }, atomics);
  const consumer = new ChannelConsumer(far, call, { words: far, index: ROOM_BELL }, atomics);
  return {
    call,
    words,
    producer,
    consumer,
    itemsBell: new Doorbell(far, ITEMS_BELL, atomics),
    roomBell: new Doorbell(near, ROOM_BELL, atomics),
    /** Sends one value in a slot, with a region if `bytes` is given; whether there was room. */
    send(value: number, bytes?: number): boolean {
      const slot = producer.claim();
      if (slot === NO_ROOM || (bytes !== undefined && producer.reserve(bytes) < 0)) return false;
      words[slot] = value;
      producer.commit(value);
      return true;
    },
    /** Takes all that is there, and gives it back. */
    takeAll(): number[] {
      const values: number[] = [];
      for (let left = consumer.ring.available(); left > 0; left--) {
        consumer.ring.begin();
        values.push(words[consumer.ring.slot()]!);
        consumer.ring.advance();
      }
      consumer.ring.release();
      return values;
    },
  };
}

for (const start of STARTS) {
  describe(`channel, counting from ${start}`, () => {
    const openChannel = (slotCount: number, regionBytes = 0) =>
      channelFrom(start, slotCount, regionBytes);

    it("delivers what was committed when it is published", () => {
      const { producer, send, takeAll } = openChannel(4);
      send(1);
      send(2);
      assert.deepEqual(takeAll(), []);
      assert.equal(producer.unpublished, 2);
      producer.publish();
      assert.equal(producer.unpublished, 0);
      assert.deepEqual(takeAll(), [1, 2]);
    });

    it("knows how many slots were not begun yet", () => {
      const { producer, send, takeAll } = openChannel(4);
      send(1);
      assert.equal(producer.unbegun(), 1);
      producer.publish();
      send(2);
      assert.equal(producer.unbegun(), 2);
      takeAll();
      assert.equal(producer.unbegun(), 1);
    });

    it("takes back what matches, and delivers it marked", () => {
      const { producer, send, takeAll } = openChannel(4);
      send(1);
      send(2);
      producer.publish();
      send(3);
      const asked: number[] = [];
      producer.withdraw((call) => asked.push(call) !== 2);
      assert.deepEqual(asked, [1, 2, 3]);
      assert.equal(producer.unbegun(), 1);
      assert.equal(producer.unpublished, 1);
      producer.publish();
      assert.deepEqual(takeAll(), [WITHDRAWN, 2, WITHDRAWN]);
    });

    it("keeps the region of what was taken back until its slot is taken", () => {
      const { producer, send, takeAll } = openChannel(4, 2 * A);
      send(1, A);
      send(2, A);
      producer.publish();
      producer.withdraw(() => true);
      assert.equal(producer.drained, false);
      assert.equal(send(3, A), false);
      producer.abort();
      takeAll();
      assert.equal(producer.drained, true);
      assert.equal(send(3, A), true);
    });

    it("wakes nobody when it takes back", () => {
      const { producer, words, itemsBell, send } = openChannel(2);
      itemsBell.arm(ITEMS);
      send(1);
      producer.withdraw(() => true);
      assert.equal(words[ITEMS_BELL], ITEMS);
    });

    it("has room again after the consumer has taken", () => {
      const { producer, send, takeAll } = openChannel(2);
      assert.deepEqual([send(1), send(2), send(3)], [true, true, false]);
      producer.publish();
      assert.deepEqual(takeAll(), [1, 2]);
      assert.deepEqual([send(3), send(4), send(5)], [true, true, false]);
    });

    it("gives an aborted claim's slot and region to the next claim", () => {
      const { producer, call, send, takeAll } = openChannel(2, 4 * A);
      const slot = producer.claim();
      assert.equal(producer.reserve(3 * A), call.regionByte);
      producer.abort();
      assert.equal(producer.claim(), slot);
      assert.equal(producer.drained, true);
      assert.equal(producer.reserve(4 * A), call.regionByte);
      producer.abort();
      assert.equal(producer.unpublished, 0);
      send(7);
      producer.publish();
      assert.deepEqual(takeAll(), [7]);
    });

    it("does not abort what was committed before", () => {
      const { producer, call, send, takeAll } = openChannel(4, 4 * A);
      send(1, A);
      producer.claim();
      producer.abort();
      assert.equal(producer.drained, false);
      producer.claim();
      assert.equal(producer.reserve(A), call.regionByte + A);
      producer.abort();
      producer.abort();
      producer.publish();
      assert.deepEqual(takeAll(), [1]);
    });

    it("reserves in its own region, as far as it goes", () => {
      const { producer, call, send } = openChannel(8, 4 * A);
      assert.equal(producer.capacity, 4 * A);
      producer.claim();
      assert.equal(producer.reserve(4 * A + 1), -1);
      assert.equal(producer.reserve(A), call.regionByte);
      producer.commit(1);
      assert.equal(send(2, 3 * A), true);
      assert.equal(send(3, 1), false);
    });

    it("reserves again what the consumer has released", () => {
      const { producer, call, send, takeAll } = openChannel(4, 2 * A);
      send(1, A);
      send(2, A);
      producer.publish();
      assert.equal(send(3, A), false);
      takeAll();
      producer.claim();
      assert.equal(producer.reserve(2 * A), call.regionByte);
    });

    it("frees what was taken within a lap of the ring, also if no payload asks for room", () => {
      const { free } = Regions.prototype;
      const freed: boolean[] = [];
      Regions.prototype.free = function (taken): void {
        free.call(this, taken);
        freed.push(this.empty);
      };
      try {
        const { producer, send, takeAll } = openChannel(4, 4 * A);
        for (let lap = 0; lap < 3; lap++) {
          send(0, A);
          freed.length = 0;
          for (let slot = 0; slot < 4; slot++) {
            producer.publish();
            takeAll();
            send(slot);
          }
          assert.ok(freed.includes(true), `lap ${lap}`);
        }
      } finally {
        Regions.prototype.free = free;
      }
    });

    it("is drained when every payload was released", () => {
      const { producer, send, takeAll } = openChannel(4, 4 * A);
      assert.equal(producer.drained, true);
      send(1, A);
      assert.equal(producer.drained, false);
      producer.publish();
      assert.equal(producer.drained, false);
      takeAll();
      assert.equal(producer.drained, true);
    });

    it("rings the consumer when it publishes, and the producer when there is room", () => {
      const { producer, consumer, words, itemsBell, roomBell, send, takeAll } = openChannel(2);
      itemsBell.arm(ITEMS);
      roomBell.arm(ROOM);
      send(1);
      assert.equal(words[ITEMS_BELL], ITEMS);
      producer.publish();
      assert.equal(words[ITEMS_BELL], 0);
      takeAll();
      assert.equal(words[ROOM_BELL], ROOM);
      consumer.ringForRoom();
      assert.equal(words[ROOM_BELL], 0);
    });

    it("does not wake a consumer that waits for room, nor a producer that waits for items", () => {
      const { producer, consumer, words, itemsBell, roomBell, send } = openChannel(2);
      itemsBell.arm(ROOM);
      roomBell.arm(ITEMS);
      send(1);
      producer.publish();
      consumer.ringForRoom();
      assert.deepEqual([words[ITEMS_BELL], words[ROOM_BELL]], [ROOM, ITEMS]);
    });

    it("wakes a consumer that sleeps", async () => {
      const { producer, consumer, itemsBell, send, takeAll } = openChannel(2);
      itemsBell.arm(ITEMS);
      assert.equal(consumer.ring.refresh(), 0);
      const sleep = itemsBell.wait(ITEMS);
      send(5);
      producer.publish();
      await wakes(sleep);
      assert.deepEqual(takeAll(), [5]);
    });

    it("keeps the two channels of a lane apart", () => {
      const { call, reply, totalBytes } = laneLayout({
        slotCount: 2,
        regionBytes: 2 * A,
        signalCount: 0,
      });
      const words = new Int32Array(new SharedArrayBuffer(totalBytes));
      const bell = { words, index: ITEMS_BELL };
      const ends = [call, reply].map((layout) => {
        startRing(words, layout);
        return {
          producer: new ChannelProducer(words, layout, bell, atomics),
          consumer: new ChannelConsumer(words, layout, bell, atomics),
        };
      });
      for (let round = 0; round < 3; round++) {
        ends.forEach(({ producer }, which) => {
          for (let n = 0; n < 2; n++) {
            const slot = producer.claim();
            const at = producer.reserve(A) / 4;
            words.fill(which * 10 + n, at, at + A / 4);
            words[slot] = at;
            producer.commit(1);
          }
          producer.publish();
        });
        ends.forEach(({ consumer }, which) => {
          for (let n = 0; n < 2; n++) {
            assert.ok(consumer.ring.available() > 0);
            const at = words[consumer.ring.slot()]!;
            assert.ok(words.subarray(at, at + A / 4).every((word) => word === which * 10 + n));
            consumer.ring.advance();
          }
          consumer.ring.release();
        });
      }
    });
  });
}
