// Limits, room, and what becomes of a value for which there is none.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Envelope } from "../../src/codec/kinds/envelope.ts";
import {
  assertRefused,
  LARGEST_BYTES,
  refusal,
  roundTrip,
  Wire,
  type WireOptions,
} from "../support/codec.ts";
import { assertArrived } from "../support/same.ts";

/** Bytes that are all different from their neighbours. */
function bytes(length: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + seed * 13 + 1) % 251);
}

/** A value of each kind that has a payload, which takes about as many bytes as asked. */
const KINDS: Record<string, (length: number) => unknown> = {
  "one-byte text": (length) => "a".repeat(length),
  "two-byte text": (length) => "漢".repeat(length / 2),
  "one-byte text with one two-byte character": (length) => "a".repeat(length / 2) + "漢",
  "bytes": (length) => bytes(length),
  "an ArrayBuffer": (length) => bytes(length).buffer,
  "an object that JSON carries": (length) => ({ text: "a".repeat(length) }),
  "an object that JSON carries, with two-byte text": (length) => ({
    text: "漢".repeat(length / 2),
  }),
  "an object that JSON would change": (length) => ({ u: undefined, data: bytes(length) }),
  "an error": (length) => new RangeError("e".repeat(length)),
  "an Envelope": (length) => new Envelope({ n: 1 }, bytes(length).buffer as ArrayBuffer),
  "an Envelope with a large header": (length) =>
    new Envelope("h".repeat(length), new ArrayBuffer(8)),
  "an Envelope with a shared body": (length) =>
    new Envelope("h".repeat(length), new SharedArrayBuffer(8)),
  "a symbol": (length) => Symbol.for("s".repeat(length)),
  "a bigint": (length) => 16n ** BigInt(length),
};

/** `value` arrives with this limit. */
function passes(value: unknown, maxPayloadBytes: number): void {
  assertArrived(roundTrip(value, { maxPayloadBytes }), value);
}

/** `value` is over this limit: `actual` bytes long. */
function exceeds(value: unknown, maxPayloadBytes: number, actual: number, type: string): void {
  const error = refusal(value, { maxPayloadBytes });
  assert.equal(error.code, "KNT_ERROR_3");
  assert.ok(
    error.message.endsWith(
      `Dynamic payload exceeds maxPayloadBytes. ` +
        `limit=${maxPayloadBytes}; actual=${actual}; type=${type}.`,
    ),
    error.message,
  );
}

describe("the limit", () => {
  it("of text is counted in UTF-8, exactly", () => {
    for (
      const [character, size] of [["a", 1], ["é", 2], ["漢", 3], ["😀", 4], ["\ud800", 3]] as const
    ) {
      const most = Math.floor(1000 / size);
      const text = character.repeat(most) + "a".repeat(1000 - most * size);
      passes(text, 1000);
      exceeds(text + "a", 1000, 1001, "String");
      exceeds(character + text, 1000, 1000 + size, "String");
    }
  });

  it("of JSON is counted in UTF-8, exactly", () => {
    for (const character of ["a", "é", "漢", "😀"]) {
      const size = new TextEncoder().encode(character).length;
      const fits = { t: character.repeat(100) + "a".repeat(1000 - 8 - 100 * size) };
      assert.equal(new TextEncoder().encode(JSON.stringify(fits)).length, 1000);
      passes(fits, 1000);
      exceeds({ t: fits.t + "a" }, 1000, 1001, "Json");
    }
  });

  it("of bytes is counted in bytes, exactly", () => {
    passes(bytes(1000), 1000);
    exceeds(bytes(1001), 1000, 1001, "Uint8Array");
    passes(bytes(1000).buffer, 1000);
    exceeds(bytes(1001).buffer, 1000, 1001, "ArrayBuffer");
    passes(new Float64Array(125), 1000);
    exceeds(new Float64Array(126), 1000, 1008, "Float64Array");
    passes(new DataView(new ArrayBuffer(2000), 500, 1000), 1000);
    exceeds(new DataView(new ArrayBuffer(2000), 500, 1001), 1000, 1001, "DataView");
  });

  it("of what JSON would change is counted in encoded bytes, exactly", () => {
    const sent = (length: number) => [NaN, "a".repeat(length)];
    const overhead = new Wire().pass(sent(500)).length - 500;
    passes(sent(1000 - overhead), 1000);
    exceeds(sent(1001 - overhead), 1000, 1001, "Object");
  });

  it("of an Envelope with a small header is counted in bytes of the body", () => {
    const envelope = (length: number) => new Envelope("x".repeat(400), new ArrayBuffer(length));
    passes(envelope(1000), 1000);
    exceeds(envelope(1001), 1000, 1001, "Envelope");
  });

  it("of an Envelope with a large header counts the header too", () => {
    const envelope = (length: number) => new Envelope("x".repeat(1000), new ArrayBuffer(length));
    passes(envelope(900), 2000);
    assert.equal(refusal(envelope(1001), { maxPayloadBytes: 2000 }).code, "KNT_ERROR_3");
    const shared = new Envelope("x".repeat(3000), new SharedArrayBuffer(8));
    assert.equal(refusal(shared, { maxPayloadBytes: 2000 }).code, "KNT_ERROR_3");
  });

  it("does not apply to shared memory", () => {
    passes(new SharedArrayBuffer(5000), 1000);
    passes(new Envelope("x", new SharedArrayBuffer(5000)), 1000);
  });

  it("does not apply up to 512 bytes", () => {
    passes("a".repeat(512), 1);
    exceeds("a".repeat(513), 1, 513, "String");
    passes("漢".repeat(170), 1);
    exceeds("漢".repeat(171), 1, 513, "String");
    passes(bytes(512), 1);
    exceeds(bytes(513), 1, 513, "Uint8Array");
    passes(2n ** 2000n, 1);
    passes({ t: "a".repeat(504) }, 1);
    exceeds({ t: "a".repeat(505) }, 1, 513, "Json");
  });

  it("applies to text beside the shared memory", () => {
    const options = { maxPayloadBytes: 1000, prefers: () => true };
    assert.equal(roundTrip("é".repeat(500), options), "é".repeat(500));
    assert.equal(refusal("é".repeat(500) + "a", options).code, "KNT_ERROR_3");
  });

  it("applies to payloads that are larger than the region", () => {
    const options = { maxPayloadBytes: 1000, regionBytes: 64 };
    assertArrived(roundTrip(bytes(1000), options), bytes(1000));
    assert.equal(refusal(bytes(1001), options).code, "KNT_ERROR_3");
    assert.equal(refusal("漢".repeat(334), options).code, "KNT_ERROR_3");
  });
});

describe("without a free slot", () => {
  it("send returns false, and works again after the reader has taken", () => {
    const wire = new Wire({ slotCount: 2 });
    const values = [1, "a", { a: 1 }, [NaN], bytes(100), new Error("x"), undefined];
    for (const value of values) {
      assert.equal(wire.send("first"), true);
      assert.equal(wire.send("second"), true);
      assert.equal(wire.send(value), false);
      assert.equal(wire.waiting, 2);
      assert.equal(wire.take().value, "first");
      assert.equal(wire.send(value), true);
      assert.equal(wire.send(value), false);
      assert.equal(wire.take().value, "second");
      assertArrived(wire.take().value, value);
      wire.assertIdle();
    }
  });

  it("a value is not even looked at", () => {
    const wire = new Wire({ slotCount: 1 });
    wire.send(1);
    assert.equal(wire.send(() => {}), false);
    assert.equal(
      wire.send({
        get bad() {
          throw new Error("read");
        },
      }),
      false,
    );
  });
});

for (const [name, make] of Object.entries(KINDS)) {
  describe(`for ${name}`, () => {
    it("without room send returns false, leaves nothing behind, and works again later", () => {
      const wire = new Wire({ slotCount: 8, regionBytes: 4096 });
      const value = make(1200);
      let sent = 0;
      while (wire.send(value, sent)) sent++;
      assert.ok(sent >= 1 && sent < 8, `${sent} fit`);
      assert.equal(wire.waiting, sent);
      const attached = wire.attached.length;

      assert.equal(wire.send(value), false);
      assert.equal(wire.attached.length, attached);
      assert.equal(wire.send("small", 77), true);
      assert.equal(wire.send(3, 78), true);
      for (let call = 0; call < sent; call++) {
        const taken = wire.take();
        assert.equal(taken.call, call);
        assertArrived(taken.value, value);
      }
      assert.deepEqual([wire.take().value, wire.take().value], ["small", 3]);
      wire.assertIdle();
      assertArrived(wire.pass(value).value, value);
    });

    it("a payload larger than the usual bytes arrives", () => {
      for (const regionBytes of [64, 512, 1024, 1984]) {
        const wire = new Wire({ regionBytes });
        for (const length of [2000, 6000]) {
          const value = make(length);
          assertArrived(wire.pass(value).value, value);
        }
      }
    });

    it("payloads around the size of the usual bytes arrive", () => {
      const wire = new Wire({ regionBytes: 1024 });
      for (let length = 960; length <= 1060; length += 4) {
        const value = make(length);
        assertArrived(wire.pass(value).value, value);
      }
    });
  });
}

describe("payloads larger than the usual bytes", () => {
  it("go behind what is on its way", () => {
    const wire = new Wire({ regionBytes: 1024 });
    const sent = [bytes(100), bytes(2000), bytes(3000), bytes(64)];
    for (const value of sent) assert.equal(wire.send(value), true);
    for (const value of sent) assertArrived(wire.take().value, value);
    wire.assertIdle();
  });

  it("wait for room like others", () => {
    const wire = new Wire({ slotCount: 8, regionBytes: 1024 });
    const half = LARGEST_BYTES / 2;
    assert.equal(wire.send(bytes(half)), true);
    assert.equal(wire.send(bytes(half)), true);
    assert.equal(wire.send(bytes(half)), false);
    assertArrived(wire.take().value, bytes(half));
    assert.equal(wire.send(bytes(half, 1)), true);
    assertArrived(wire.take().value, bytes(half));
    assertArrived(wire.take().value, bytes(half, 1));
    wire.assertIdle();
  });

  it("are refused if there never will be room", () => {
    const error = refusal(bytes(LARGEST_BYTES + 1));
    assert.equal(error.code, "KNT_ERROR_3");
    assert.match(
      error.message,
      /Dynamic payload buffer capacity exceeded\. capacity=65536; actual=65537; type=Uint8Array\.$/,
    );
  });

  it("let smaller ones pass behind them", () => {
    const wire = new Wire({ regionBytes: 1024 });
    const sent = ["漢".repeat(2000), "漢".repeat(100), bytes(500), 5];
    for (const value of sent) assert.equal(wire.send(value), true);
    for (const value of sent) assertArrived(wire.take().value, value);
    wire.assertIdle();
  });

  it("do not disturb the order of what else goes beside the shared memory", () => {
    const wire = new Wire({
      slotCount: 8,
      regionBytes: 1024,
      prefers: (t) => t.startsWith("beside"),
    });
    const shared = [new SharedArrayBuffer(8), new SharedArrayBuffer(16)];
    const sent = [
      shared[0],
      "beside 1",
      "a".repeat(3000) + "漢",
      "beside 2",
      new Envelope("h".repeat(20), shared[1]!),
      shared[1],
    ];
    const arrived: unknown[] = [];
    for (const value of sent) while (!wire.send(value)) arrived.push(wire.take().value);
    while (arrived.length < sent.length) arrived.push(wire.take().value);
    sent.forEach((value, index) => assertArrived(arrived[index], value));
    wire.assertIdle();
  });

  it("hold back what goes beside the shared memory once that would fill the region", () => {
    const wire = new Wire({ slotCount: 8, regionBytes: 1024, prefersBytes: (n) => n >= 100 });
    const sent = [bytes(1000), bytes(900), bytes(5000)];
    for (const value of sent) {
      assert.equal(wire.send(value), true);
      assert.equal(wire.send(bytes(200)), false);
      assertArrived(wire.take().value, value);
    }
    wire.assertIdle();
  });

  it("move bytes that go beside the shared memory, and only the copy of them", () => {
    const wire = new Wire({ prefersBytes: (n) => n >= 100 });
    const source = new Uint8Array(300).map((_, i) => i);
    const view = source.subarray(50, 250);
    assert.equal(wire.send(view), true);
    const arrived = wire.take().value as Uint8Array;
    assertArrived(arrived, view);
    assert.equal(arrived.buffer.byteLength, 200);
    assert.equal(source.length, 300);
  });
});

describe("a failed send", () => {
  const bad: Record<string, () => unknown> = {
    "a function": () => () => {},
    "an object with a large field before the bad one": () => ({ b: bytes(3000), f: () => {} }),
    "a value over the limit": () => "a".repeat(5000),
    "two-byte text over the limit": () => "漢".repeat(1500),
    "an Envelope with a bad header": () =>
      new Envelope({ f: 1n } as never, new SharedArrayBuffer(8)),
    "an object with a throwing getter": () => ({
      get x() {
        throw new Error("x");
      },
    }),
    "a cycle": () => {
      const cycle: unknown[] = [new SharedArrayBuffer(8)];
      cycle[0] = cycle;
      return cycle;
    },
  };
  for (const [name, make] of Object.entries(bad)) {
    it(`of ${name} leaves the channel as it was`, () => {
      const wire = new Wire({ regionBytes: 4096, maxPayloadBytes: 4000 });
      for (let round = 0; round < 12; round++) {
        const before = `before ${round} ` + "x".repeat(100 * round);
        assert.equal(wire.send(before, round), true);
        assert.throws(() => wire.send(make()), { name: "KnittingError" });
        assert.equal(wire.waiting, 1);
        assert.deepEqual(wire.attached, []);
        const after = { round, text: "漢".repeat(50 * round) };
        assert.equal(wire.send(after, round), true);
        assert.equal(wire.take().value, before);
        assertArrived(wire.take().value, after);
        wire.assertIdle();
      }
    });
  }

  it("leaves the whole region to the next value", () => {
    const wire = new Wire({ regionBytes: 4096, maxPayloadBytes: 4096 });
    assert.throws(() => wire.send("a".repeat(4097)));
    assert.throws(() => wire.send(["a".repeat(4000), () => {}]));
    assertArrived(wire.pass(bytes(4096)).value, bytes(4096));
  });
});

describe("values of other sizes", () => {
  it("do not overwrite each other while the region is cycled through", () => {
    const wire = new Wire({ slotCount: 8, regionBytes: 2048 });
    const waiting: unknown[] = [];
    for (let n = 0; n < 400; n++) {
      const length = (n * 131) % 900;
      const value = n % 3 === 0 ? "é漢"[n % 2]!.repeat(length / 2) : bytes(length, n);
      while (!wire.send(value)) assertArrived(wire.take().value, waiting.shift());
      waiting.push(value);
    }
    for (const value of waiting) assertArrived(wire.take().value, value);
    wire.assertIdle();
  });

  it("are refused one after the other without a trace", () => {
    for (let n = 0; n < 50; n++) {
      assertRefused([n, "x".repeat(n * 50), () => {}], "KNT_ERROR_0", "[2]");
    }
  });
});

describe("the bytes sent", () => {
  /** How many are counted for this value. */
  const sent = (value: unknown, options?: WireOptions): number => {
    const wire = new Wire(options);
    wire.pass(value);
    assert.equal(wire.far.sentBytes, 0);
    return wire.near.sentBytes;
  };

  it("are those of payloads, wherever they lie", () => {
    assert.equal(sent(bytes(5_000)), 5_000);
    assert.equal(sent(bytes(5_000), { prefersBytes: () => true }), 5_000);
    assert.equal(sent("a".repeat(30)), 30);
    assert.equal(sent(1), 0);
  });

  it("are counted once they are sent, and not while there is no room", () => {
    const wire = new Wire();
    assert.equal(wire.send(bytes(40_000)), true);
    for (let n = 0; n < 3; n++) assert.equal(wire.send(bytes(40_000)), false);
    assert.equal(wire.near.sentBytes, 40_000);
    wire.take();
  });
});
