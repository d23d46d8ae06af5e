import { Buffer } from "node:buffer";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TYPED_ARRAYS } from "../support/binary.ts";
import { assertRefused, refusal, roundTrip, Wire } from "../support/codec.ts";
import { assertArrived } from "../support/same.ts";

/** Bytes that are all different from their neighbours. */
function filled(bytes: number): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes);
  new Uint8Array(buffer).forEach((_, i, all) => all[i] = (i * 7 + 1) % 251);
  return buffer;
}

/** As an argument, and inside an object. */
function crosses(value: ArrayBuffer | ArrayBufferView): void {
  assertArrived(roundTrip(value), value);
  assertArrived(roundTrip({ value, more: [value] }), { value, more: [value] });
}

/** Around the end of the slot, and where a runtime copies in another way. */
const LENGTHS = [0, 8, 40, 48, 56, 504, 512, 520, 4088, 4096, 4104, 16384, 65536];

for (const View of TYPED_ARRAYS) {
  describe(View.name, () => {
    it("arrives as the same kind, in memory of its own, whatever its length", () => {
      const wire = new Wire({ regionBytes: 1 << 18 });
      for (const length of LENGTHS) {
        const view = new View(filled(length));
        assertArrived(wire.pass(view).value, view);
        assertArrived(wire.pass([view, view]).value, [view, view]);
      }
    });

    it("takes nothing along but what it shows", () => {
      const size = View.BYTES_PER_ELEMENT;
      const view = new View(filled(1024), 3 * size, 5);
      assert.equal(view.byteLength, 5 * size);
      crosses(view);
      assert.equal(new Wire().pass(view).length, 5 * size);
      crosses(new View(filled(1024), 1024, 0));
    });

    it("of shared memory arrives unshared", () => {
      const shared = new SharedArrayBuffer(64);
      new Uint8Array(shared).set(new Uint8Array(filled(64)));
      crosses(new View(shared, 8, 2));
      crosses(new View(shared));
    });

    it("of a subclass is refused", () => {
      const own = new (class extends (View as typeof Uint8Array) {})(new ArrayBuffer(16));
      assertRefused(own, "KNT_ERROR_3");
      assertRefused({ list: [own] }, "KNT_ERROR_3", "list[0]");
    });
  });
}

describe("float arrays", () => {
  it("keep the bits of -0 and NaN", () => {
    const values = [-0, NaN, Infinity, -Infinity, Number.MIN_VALUE];
    crosses(new Float64Array(values));
    crosses(new Float32Array(values));
  });
});

describe("ArrayBuffer", () => {
  it("arrives exactly as long as it was, whatever its length", () => {
    const wire = new Wire({ regionBytes: 1 << 18 });
    const lengths = [0, 1, 7, 47, 48, 49, 63, 64, 65, 511, 513, 4095, 4096, 4097, 65535, 100_000];
    for (const length of lengths) {
      const buffer = filled(length);
      assertArrived(wire.pass(buffer).value, buffer);
      assertArrived(wire.pass([buffer]).value, [buffer]);
    }
  });

  it("lies in the slot up to 48 bytes", () => {
    const wire = new Wire();
    assert.equal(wire.pass(filled(48)).inline, true);
    assert.equal(wire.pass(filled(49)).inline, false);
  });

  it("can be transferred by who receives it", () => {
    for (const length of [10, 5000]) {
      const buffer = roundTrip(filled(length));
      structuredClone(buffer, { transfer: [buffer] });
      assert.equal(buffer.byteLength, 0);
    }
  });

  it("that is detached is refused", () => {
    const buffer = filled(16);
    const views = [new Uint8Array(buffer), new Float64Array(buffer), Buffer.from(buffer)];
    structuredClone(buffer, { transfer: [buffer] });
    for (const value of [buffer, ...views]) {
      assertRefused(value, "KNT_ERROR_3");
      assertRefused({ a: [value] }, "KNT_ERROR_3", "a[0]");
      assert.match(refusal(value).message, /detached/);
    }
    const view = new DataView(new ArrayBuffer(8));
    structuredClone(view.buffer, { transfer: [view.buffer] });
    assert.match(refusal(view).code, /^KNT_ERROR_[23]$/);
  });

  it("that can be resized arrives as long as it is now", () => {
    const buffer = new ArrayBuffer(100, { maxByteLength: 1000 });
    new Uint8Array(buffer).fill(7);
    const tracking = new Uint8Array(buffer);
    const fixed = new Uint8Array(buffer, 10, 20);
    for (const length of [100, 300, 50]) {
      buffer.resize(length);
      const arrived = roundTrip(buffer);
      assert.equal(arrived.byteLength, length);
      assert.equal(arrived.resizable, false);
      crosses(tracking);
      crosses(fixed);
    }
  });

  it("that was made too short for a view gets the view refused", () => {
    const buffer = new ArrayBuffer(100, { maxByteLength: 100 });
    const views = [
      new Uint8Array(buffer, 50, 50),
      new Float64Array(buffer, 56, 2),
      new DataView(buffer, 50, 50),
    ];
    buffer.resize(10);
    for (const view of views) {
      assert.match(refusal(view).code, /^KNT_ERROR_[23]$/);
      assert.match(refusal([view]).code, /^KNT_ERROR_[23]$/);
    }
  });

  it("of a subclass is refused", () => {
    class Own extends ArrayBuffer {}
    assertRefused(new Own(8), "KNT_ERROR_3");
  });
});

describe("DataView", () => {
  it("arrives as a DataView of what it shows", () => {
    for (const [at, length] of [[0, 0], [0, 48], [3, 45], [5, 500]] as const) {
      crosses(new DataView(filled(1000), at, length));
    }
    crosses(new DataView(filled(5000)));
  });
});

describe("Buffer", () => {
  it("arrives as a Buffer that owns its memory", () => {
    for (const length of [0, 1, 48, 49, 100, 4096, 5000]) {
      const buffer = Buffer.from(filled(length));
      const arrived = roundTrip(buffer);
      assert.ok(Buffer.isBuffer(arrived));
      crosses(buffer);
    }
  });

  it("takes nothing along of the pool it was cut from", () => {
    const buffer = Buffer.from("pooled");
    crosses(buffer);
    assert.equal(roundTrip(buffer).toString(), "pooled");
    crosses(Buffer.from(filled(1000)).subarray(100, 200));
  });
});

describe("SharedArrayBuffer", () => {
  it("arrives as the same memory", () => {
    const shared = new SharedArrayBuffer(16);
    const arrived = roundTrip(shared);
    assert.ok(arrived instanceof SharedArrayBuffer);
    new Uint8Array(shared)[3] = 9;
    assert.equal(new Uint8Array(arrived)[3], 9);
    new Uint8Array(arrived)[4] = 8;
    assert.equal(new Uint8Array(shared)[4], 8);
  });

  it("inside an object is refused, with the path", () => {
    assertRefused({ a: [0, new SharedArrayBuffer(8)] }, "KNT_ERROR_3", "a[1]");
  });
});

describe("binary values", () => {
  it("do not change with what was sent", () => {
    const wire = new Wire();
    for (const length of [16, 5000]) {
      const sent = new Uint8Array(filled(length));
      wire.send(sent);
      sent.fill(0);
      assertArrived(wire.take().value, new Uint8Array(filled(length)));
    }
  });

  it("do not change when the memory they were read from is used again", () => {
    const wire = new Wire();
    for (const length of [16, 48, 512, 4095, 4096, 20_000]) {
      const { value } = wire.pass(filled(length));
      wire.bytes.fill(0xaa, wire.layout.slotsWord * 4);
      assertArrived(value, filled(length));
    }
  });

  for (const { name, prototype } of [Uint8Array, Float64Array, ArrayBuffer, DataView]) {
    it(`that only look like ${name} are refused`, () => {
      assert.match(refusal(Object.create(prototype)).code, /^KNT_ERROR_[23]$/);
      assert.match(refusal([Object.create(prototype)]).code, /^KNT_ERROR_[23]$/);
    });
  }

  it("that only look like SharedArrayBuffer are refused", () => {
    assert.match(refusal(Object.create(SharedArrayBuffer.prototype)).code, /^KNT_ERROR_[23]$/);
  });
});

describe("a view that follows growable memory", () => {
  /** Neither in slots nor in what an empty lane has. */
  const MARK = 0xee;

  for (const length of [0, 5, 48, 49, 1000]) {
    it(`takes no more room than was reserved, if another thread lets it grow meanwhile (${length})`, () => {
      const shared = new SharedArrayBuffer(length, { maxByteLength: 4096 });
      const view = new Uint8Array(shared).fill(MARK);
      const wire = new Wire();
      const { channel } = wire;
      // Between the look at the length and the copy, room is made for it.
      const { abort } = channel;
      channel.abort = () => {
        abort.call(channel);
        shared.grow(4096);
        view.fill(MARK);
      };
      assert.equal(wire.send(view), true);
      assert.equal(view.length, 4096);
      assert.equal(wire.bytes.filter((byte) => byte === MARK).length, length);
      assertArrived(wire.take().value, new Uint8Array(length).fill(MARK));
    });
  }
});
