import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import { runInNewContext } from "node:vm";
import { type BufferLike, bufferToBytes, bufferToString, bytesToBuffer } from "../../src/utils.ts";
import { buffersOf, goneSources, NO_BUFFERS, sourcesOf, VIEWS } from "../support/binary.ts";

const BYTES = Uint8Array.from({ length: 24 }, (_, i) => i * 11 + 3);

describe("bufferToBytes", () => {
  for (const [name, source] of Object.entries(sourcesOf(BYTES, 3))) {
    it(`shows what ${name} has, without a copy`, () => {
      const bytes = bufferToBytes(source);
      assert.ok(bytes instanceof Uint8Array);
      assert.deepEqual([...bytes], [...BYTES]);
      assert.equal(bytes.buffer, ArrayBuffer.isView(source) ? source.buffer : source);
      bytes[0] = 99;
      assert.equal(bufferToBytes(source)[0], 99);
    });
  }

  for (const View of VIEWS) {
    it(`honours where a ${View.name} begins and ends`, () => {
      for (const buffer of Object.values(buffersOf(BYTES))) {
        const view = new View(buffer, 8, 1);
        const bytes = bufferToBytes(view);
        assert.equal(bytes.byteOffset, 8);
        assert.deepEqual([...bytes], [...BYTES.subarray(8, 8 + view.byteLength)]);
        assert.equal(bufferToBytes(new View(buffer, 24, 0)).length, 0);
      }
    });
  }

  it("gives a Uint8Array back itself, a Buffer included", () => {
    for (const bytes of [BYTES, BYTES.subarray(5, 7), new Uint8Array(), Buffer.from("pooled")]) {
      assert.equal(bufferToBytes(bytes), bytes);
    }
  });

  it("shows of a buffer that grows what was there before", () => {
    const shared = new SharedArrayBuffer(4, { maxByteLength: 8 });
    const bytes = bufferToBytes(shared);
    shared.grow(8);
    assert.equal(bytes.length, 4);
    assert.equal(bufferToBytes(shared).length, 8);
  });

  it("takes buffers and views of another realm", () => {
    const all = "[new ArrayBuffer(3), new SharedArrayBuffer(3), new Uint8Array(3), " +
      "new DataView(new ArrayBuffer(5), 2), new DataView(new ArrayBuffer(0))]";
    const sources: BufferLike[] = runInNewContext(all);
    assert.deepEqual(Array.from(sources, (one) => bufferToBytes(one).length), [3, 3, 3, 3, 0]);
    assert.equal(bufferToString(sources[1]!), "\0\0\0");
  });
});

describe("bytesToBuffer", () => {
  for (const [name, source] of Object.entries(sourcesOf(BYTES, 3))) {
    it(`copies what ${name} has`, () => {
      const shared = bytesToBuffer(source);
      assert.ok(shared instanceof SharedArrayBuffer);
      assert.equal(shared.growable, false);
      assert.deepEqual([...new Uint8Array(shared)], [...BYTES]);
      new Uint8Array(shared)[0] = 99;
      assert.equal(bufferToBytes(source)[0], BYTES[0]);
    });
  }

  it("copies a SharedArrayBuffer, too", () => {
    const shared = new SharedArrayBuffer(4);
    assert.notEqual(bytesToBuffer(shared), shared);
  });

  it("copies nothing into a buffer without length", () => {
    for (const source of Object.values(sourcesOf(new Uint8Array(), 3))) {
      assert.equal(bytesToBuffer(source).byteLength, 0);
    }
  });
});

for (const helper of [bufferToBytes, bytesToBuffer]) {
  describe(`${helper.name} throws a TypeError`, () => {
    for (const [name, value] of Object.entries(NO_BUFFERS)) {
      it(`for ${name}`, () => {
        assert.throws(() => helper(value as ArrayBuffer), {
          name: "TypeError",
          message: /^Expected an ArrayBuffer, a SharedArrayBuffer or a view of one, received /,
        });
      });
    }

    it("for memory that is gone", () => {
      for (const [name, source] of Object.entries(goneSources())) {
        const message = "The ArrayBuffer is detached, or too short for this view";
        assert.throws(() => helper(source), { name: "TypeError", message }, name);
      }
    });

    it("for memory that is gone, also once the code is compiled", () => {
      const empty = [new Uint8Array(), new Float64Array(), new BigInt64Array()];
      for (let i = 0; i < 20_000; i++) {
        helper(empty[i % 3]!);
        if (i % 1000 !== 99) continue;
        for (const source of Object.values(goneSources())) {
          assert.throws(() => helper(source), TypeError);
        }
      }
    });
  });
}
