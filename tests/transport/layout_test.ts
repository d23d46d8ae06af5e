import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as layout from "../../src/transport/layout.ts";

const { alignUp, laneLayout } = layout;

// These literals are the wire format: two sides of different builds must agree on them.
describe("layout", () => {
  it("has these constants", () => {
    assert.deepEqual(
      Object.fromEntries(Object.entries(layout).filter(([, value]) => typeof value === "number")),
      {
        BELL: 0,
        STOP: 1,
        RAISED: 2,
        PACE: 32,
        UNSETTLED: 33,
        HEAP: 34,
        HOST_BELL: 0,
        HOST_WORDS: 32,
        SLOT_BYTES: 64,
        SLOT_WORDS: 16,
        SLOT_CALL: 0,
        SLOT_HEAD: 1,
        SLOT_LENGTH: 2,
        SLOT_OFFSET: 3,
        SLOT_INLINE_BYTE: 16,
        INLINE_BYTES: 48,
        INLINE: -1,
        WITHDRAWN: -1,
        FROM_WORKER: -2,
        FIRST_ASIDE: -3,
        ABORTED: 1,
        REGION_ALIGN: 64,
        CARRIED_BYTES: 2048,
      },
    );
  });

  it("puts a lane of 2 slots and no regions here", () => {
    assert.deepEqual(laneLayout({ slotCount: 2, regionBytes: 0, signalCount: 0 }), {
      call: {
        publishedWord: 64,
        takenWord: 96,
        begunWord: 97,
        slotsWord: 128,
        slotCount: 2,
        firstSlot: 2 ** 31 - 1024,
        regionByte: 1024,
        regionBytes: 0,
        usualBytes: 0,
      },
      reply: {
        publishedWord: 160,
        takenWord: 192,
        begunWord: 193,
        slotsWord: 224,
        slotCount: 2,
        firstSlot: -1024,
        regionByte: 1024,
        regionBytes: 0,
        usualBytes: 0,
      },
      signalsWord: 256,
      meterByte: 1024,
      carriedByte: 1024,
      totalBytes: 1024,
    });
  });

  it("puts a lane of 64 slots and regions of 4 KiB here", () => {
    assert.deepEqual(laneLayout({ slotCount: 64, regionBytes: 4096, signalCount: 0 }), {
      call: {
        publishedWord: 64,
        takenWord: 96,
        begunWord: 97,
        slotsWord: 128,
        slotCount: 64,
        firstSlot: 2 ** 31 - 1024,
        regionByte: 8960,
        regionBytes: 4096,
        usualBytes: 4096,
      },
      reply: {
        publishedWord: 1152,
        takenWord: 1184,
        begunWord: 1185,
        slotsWord: 1216,
        slotCount: 64,
        firstSlot: -1024,
        regionByte: 13056,
        regionBytes: 4096,
        usualBytes: 4096,
      },
      signalsWord: 4288,
      meterByte: 17152,
      carriedByte: 17152,
      totalBytes: 17152,
    });
  });

  it("puts a lane of 1024 slots and regions of 4 MiB here", () => {
    assert.deepEqual(laneLayout({ slotCount: 1024, regionBytes: 4194304, signalCount: 0 }), {
      call: {
        publishedWord: 64,
        takenWord: 96,
        begunWord: 97,
        slotsWord: 128,
        slotCount: 1024,
        firstSlot: 2 ** 31 - 1024,
        regionByte: 131840,
        regionBytes: 4194304,
        usualBytes: 4194304,
      },
      reply: {
        publishedWord: 16512,
        takenWord: 16544,
        begunWord: 16545,
        slotsWord: 16576,
        slotCount: 1024,
        firstSlot: -1024,
        regionByte: 4326144,
        regionBytes: 4194304,
        usualBytes: 4194304,
      },
      signalsWord: 2130112,
      meterByte: 8520448,
      carriedByte: 8520448,
      totalBytes: 8520448,
    });
  });

  it("tells how much of a region is usually used", () => {
    const sizes = { slotCount: 64, regionBytes: 4096, usualBytes: 1024, signalCount: 0 };
    const { call, reply } = laneLayout(sizes);
    assert.deepEqual([call.usualBytes, reply.usualBytes], [1024, 1024]);
    assert.deepEqual([call.regionBytes, reply.regionBytes], [4096, 4096]);
  });

  it("lets no two parts of a lane overlap", () => {
    for (const slotCount of [1, 2, 8, 256]) {
      for (const regionBytes of [0, 64, 8192]) {
        const { call, reply, totalBytes } = laneLayout({ slotCount, regionBytes, signalCount: 0 });
        const parts = [[layout.BELL * 4, layout.UNSETTLED * 4 + 4]];
        for (const channel of [call, reply]) {
          parts.push(
            [channel.publishedWord * 4, channel.publishedWord * 4 + 4],
            [channel.takenWord * 4, channel.takenWord * 4 + 4],
            [channel.slotsWord * 4, channel.slotsWord * 4 + slotCount * layout.SLOT_BYTES],
            [channel.regionByte, channel.regionByte + regionBytes],
          );
        }
        parts.sort(([a, aEnd], [b, bEnd]) => a! - b! || aEnd! - bEnd!);
        parts.push([totalBytes, totalBytes]);
        parts.reduce((before, part) => {
          assert.ok(before[1]! <= part[0]!, `${before} and ${part} overlap`);
          return part;
        });
      }
    }
  });

  it("keeps words that different sides write two cache lines apart", () => {
    const { call, reply } = laneLayout({ slotCount: 1, regionBytes: 0, signalCount: 0 });
    const words = [
      layout.BELL,
      layout.PACE,
      call.publishedWord,
      call.takenWord,
      call.slotsWord,
      reply.publishedWord,
      reply.takenWord,
      reply.slotsWord,
    ];
    words.reduce((before, word) => {
      assert.ok((word - before) * 4 >= 64, `words ${before} and ${word}`);
      return word;
    });
    const written = [layout.BELL, layout.PACE, call.publishedWord, call.takenWord, call.slotsWord];
    written.reduce((before, word) => {
      assert.ok((word - before) * 4 >= 128, `words ${before} and ${word}`);
      return word;
    });
  });

  it("starts slots, inline payloads and regions where numbers can be read", () => {
    for (const slotCount of [1, 2, 64]) {
      const { call, reply } = laneLayout({ slotCount, regionBytes: 64, signalCount: 0 });
      for (const { slotsWord, regionByte } of [call, reply]) {
        assert.equal((slotsWord * 4) % layout.SLOT_BYTES, 0);
        assert.equal(regionByte % layout.REGION_ALIGN, 0);
      }
    }
    assert.equal(layout.SLOT_INLINE_BYTE % 8, 0);
  });
});

describe("the first slots", () => {
  const { call, reply } = laneLayout({ slotCount: 1024, regionBytes: 0, signalCount: 0 });

  it("are the first ones of their rings", () => {
    assert.deepEqual([call.firstSlot & 1023, reply.firstSlot & 1023], [0, 0]);
  });

  it("are numbers of 32 bits with a sign", () => {
    assert.deepEqual([call.firstSlot | 0, reply.firstSlot | 0], [call.firstSlot, reply.firstSlot]);
  });

  it("are a thousand slots before the counters wrap", () => {
    assert.deepEqual([call.firstSlot + 1024 | 0, reply.firstSlot + 1024], [-(2 ** 31), 0]);
    assert.equal(call.firstSlot + 1024 << 1, 0);
  });
});

describe("alignUp", () => {
  it("gives the smallest multiple of 64 that holds the bytes", () => {
    assert.deepEqual([0, 1, 63, 64, 65, 128, 2 ** 31, 2 ** 32 - 1].map(alignUp), [
      0,
      64,
      64,
      64,
      128,
      128,
      2 ** 31,
      2 ** 32,
    ]);
  });
});
