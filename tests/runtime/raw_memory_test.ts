import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RawMemory as BrowserMemory } from "../../src/runtime/browser_raw_memory.ts";
import { rawMemory } from "../../src/runtime/current.ts";

/** Around where adapters change the way; the others are what alignment might matter for. */
const LENGTHS = [1, 7, 1023, 1024, 1031, 4095, 4096, 4101, 70_001];
const OFFSETS = [8, 13];

const MEMORIES: [name: string, over: (memory: ArrayBufferLike) => Copies][] = [
  ["this runtime's", rawMemory],
  ["a browser's", (memory) => new BrowserMemory(memory)],
];

type Copies = Pick<BrowserMemory, "copyIn" | "copyOut">;

describe("bytes in and out of raw memory", () => {
  for (const [name, over] of MEMORIES) {
    for (const kind of [ArrayBuffer, SharedArrayBuffer]) {
      it(`are the same, and nothing beside them changes: ${name} ${kind.name}`, () => {
        for (const length of LENGTHS) {
          for (const at of OFFSETS) {
            const memory = new kind(at + length + 16);
            const raw = over(memory);
            const source = Uint8Array.from({ length }, (_, i) => i * 7 + 1);
            raw.copyIn(source, at, length);
            const expected = new Uint8Array(memory.byteLength);
            expected.set(source, at);
            assert.deepEqual(new Uint8Array(memory), expected);

            const copy = raw.copyOut(at, length);
            assert.ok(copy.buffer instanceof ArrayBuffer);
            assert.equal(copy.buffer.byteLength, length, "of its own");
            assert.deepEqual(copy, source);
            copy.fill(0);
            assert.deepEqual(new Uint8Array(memory), expected, "a copy is private");
          }
        }
      });
    }
  }

  for (const [name, over] of MEMORIES) {
    it(`stay in the room that was asked for, if the source has become longer: ${name}`, () => {
      for (const length of LENGTHS) {
        const memory = new Uint8Array(length + 64);
        const longer = new Uint8Array(length + 32).fill(7);
        try {
          over(memory.buffer).copyIn(longer, 8, length);
        } catch (error) {
          assert.ok(error instanceof RangeError);
        }
        assert.ok(memory.subarray(8 + length).every((byte) => byte === 0), `${length} bytes`);
      }
    });
  }
});
