import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { noAttachments } from "../../src/codec/attachments.ts";
import { Encoder, LARGE_BYTES } from "../../src/codec/encoder.ts";
import { Memory } from "../../src/codec/memory.ts";
import { atomics } from "../../src/transport/atomic.ts";
import { ChannelConsumer, ChannelProducer } from "../../src/transport/channel.ts";
import { BELL, laneLayout } from "../../src/transport/layout.ts";
import { startRing } from "../../src/transport/ring.ts";

describe("what was sent before a large payload", () => {
  for (
    const [kind, value] of [
      ["bytes", new Uint8Array(LARGE_BYTES)],
      ["text", "x".repeat(LARGE_BYTES)],
    ] as const
  ) {
    it(`can be read while that is copied: ${kind}`, () => {
      const { call, totalBytes } = laneLayout({
        slotCount: 8,
        regionBytes: 4 * LARGE_BYTES,
        signalCount: 0,
      });
      const memory = new Memory(new SharedArrayBuffer(totalBytes));
      startRing(memory.words, call);
      const bell = { words: memory.words, index: BELL };
      const channel = new ChannelProducer(memory.words, call, bell, atomics);
      const encoder = new Encoder(memory, channel, noAttachments, Infinity);
      const { ring } = new ChannelConsumer(memory.words, call, bell, atomics);

      encoder.send(1, 0, 7);
      encoder.send(2, 0, "short");
      assert.equal(ring.refresh(), 0, "whoever sends says when");
      encoder.send(3, 0, value);
      assert.equal(ring.refresh(), 2);
      channel.publish();
      assert.equal(ring.refresh(), 3);
    });
  }
});
