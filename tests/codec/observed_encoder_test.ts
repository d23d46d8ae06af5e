import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { noAttachments } from "../../src/codec/attachments.ts";
import { Encoder } from "../../src/codec/encoder.ts";
import { Memory } from "../../src/codec/memory.ts";
import { ObservedEncoder } from "../../src/codec/observed_encoder.ts";
import { atomics } from "../../src/transport/atomic.ts";
import { ChannelProducer } from "../../src/transport/channel.ts";
import { BELL, laneLayout } from "../../src/transport/layout.ts";
import { startRing } from "../../src/transport/ring.ts";

describe("an encoder that counts bytes", () => {
  it("tells of slots and bytes only where there is room", () => {
    const { call, totalBytes } = laneLayout({ slotCount: 2, regionBytes: 512, signalCount: 0 });
    const memory = new Memory(new SharedArrayBuffer(totalBytes));
    startRing(memory.words, call);
    const bell = { words: memory.words, index: BELL };
    const channel = new ChannelProducer(memory.words, call, bell, atomics);
    const encoder = new ObservedEncoder(memory, channel, noAttachments, Infinity);
    const slots: number[] = [];
    const sent: [call: number, bytes: number][] = [];
    encoder.onSlot = (_, slot) => slots.push(slot);
    encoder.onSent = (call, bytes) => sent.push([call, bytes]);

    assert.equal(encoder.send(1, 0, new Uint8Array(400)), true);
    assert.equal(encoder.send(2, 0, new Uint8Array(400)), false, "the region is full");
    assert.equal(encoder.send(3, 0, 7), true);
    assert.equal(encoder.send(4, 0, 7), false, "all slots are used");
    assert.deepEqual(sent, [[1, 400], [3, 0]]);
    assert.equal(memory.sentBytes, 400);
    assert.equal(new Set(slots).size, 2);
    assert.equal(slots.length, 3, "the slot that was given back is taken again");
  });

  it("counts what goes beside the lane, too", () => {
    const { call, totalBytes } = laneLayout({ slotCount: 2, regionBytes: 512, signalCount: 0 });
    const memory = new Memory(new SharedArrayBuffer(totalBytes));
    startRing(memory.words, call);
    const bell = { words: memory.words, index: BELL };
    const channel = new ChannelProducer(memory.words, call, bell, atomics);
    const beside: unknown[] = [];
    const attachments = {
      ...noAttachments,
      sameProcess: true,
      prefersText: () => true,
      post: (value: unknown) => void beside.push(value),
    };
    const encoder = new Encoder(memory, channel, attachments, Infinity);
    const text = "wool".repeat(50);
    assert.equal(encoder.send(1, 0, text), true);
    assert.deepEqual([beside, memory.sentBytes], [[text], 200]);
  });
});
