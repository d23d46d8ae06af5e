// Shared memory on its way to another process, which nothing but the channel holds until it is there.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProcessSharedBuffer } from "../../shared_memory.ts";
import { noAttachments } from "../../src/codec/attachments.ts";
import { Encoder } from "../../src/codec/encoder.ts";
import { Memory } from "../../src/codec/memory.ts";
import { atomics } from "../../src/transport/atomic.ts";
import { ChannelConsumer, ChannelProducer } from "../../src/transport/channel.ts";
import { BELL, laneLayout } from "../../src/transport/layout.ts";
import { startRing } from "../../src/transport/ring.ts";
import { isLinux, memoryInUse } from "../support/shared_memory.ts";
import { until } from "../support/waiting.ts";

describe("shared memory that is sent to another process", { skip: !isLinux }, () => {
  it("stays until its slot is taken, whatever becomes of the sender's", async () => {
    const { call, totalBytes } = laneLayout({ slotCount: 4, regionBytes: 4096, signalCount: 0 });
    const memory = new Memory(new SharedArrayBuffer(totalBytes));
    startRing(memory.words, call);
    const bell = { words: memory.words, index: BELL };
    const channel = new ChannelProducer(memory.words, call, bell, atomics);
    const { ring } = new ChannelConsumer(memory.words, call, bell, atomics);
    const encoder = new Encoder(memory, channel, noAttachments, Infinity);
    encoder.forgets = true;

    const before = memoryInUse().mappings;
    for (let i = 0; i < 2; i++) {
      const shared = ProcessSharedBuffer.create(64);
      assert.equal(encoder.send(i, 0, shared), true);
      shared.close();
    }
    channel.publish();
    assert.equal(memoryInUse().mappings, before + 2);

    const take = (): void => {
      ring.refresh();
      ring.begin();
      ring.advance();
      ring.release();
    };
    take();
    await until("the first one is given back", () => memoryInUse().mappings === before + 1);
    take();
    await until("both are given back", () => memoryInUse().mappings === before);
  });
});
