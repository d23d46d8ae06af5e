// The wire format as literals: two sides of different builds must agree on it. Adding to it is fine;
// what is here changes only together with the protocol's version.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import { bytesTag } from "../../src/codec/kinds/bytes.ts";
import { Envelope } from "../../src/codec/kinds/envelope.ts";
import { Flag, headFlags, headTag, headTask, packHead, Tag } from "../../src/codec/tags.ts";
import { KnittingError } from "../../src/errors.ts";
import { BufferReference } from "../../unsafe.ts";
import { Wire } from "../support/codec.ts";

const CALL = 7;
const HEAD = packHead(3, Flag.Rejected, 0);

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** An error whose stack does not depend on the runtime. */
function fixed<E extends Error>(error: E, fields: object = {}): E {
  Object.defineProperty(error, "stack", { value: "s", configurable: true });
  return Object.assign(error, fields);
}

describe("tags", () => {
  it("have these numbers", () => {
    assert.deepEqual({ ...Tag }, {
      Undefined: 0,
      Null: 1,
      False: 2,
      True: 3,
      Number: 4,
      BigInt64: 5,
      BigInt: 6,
      String: 7,
      Symbol: 8,
      Date: 9,
      Json: 10,
      Structured: 11,
      Envelope: 12,
      SharedArrayBuffer: 13,
      ArrayBuffer: 14,
      FirstView: 15,
      BufferReference: 32,
      ProcessSharedBuffer: 33,
      Stream: 34,
      Object: 40,
      Array: 41,
      Hole: 42,
      Error: 43,
      ErrorAgain: 44,
    });
  });

  it("of binary values are these numbers", () => {
    const classes = {
      ArrayBuffer,
      Uint8Array,
      Int8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
    };
    const more = { Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array };
    const last = { BigUint64Array, DataView, Buffer };
    const tags = Object.entries({ ...classes, ...more, ...last }).map((
      [name, { prototype }],
    ) => [name, bytesTag(prototype)]);
    assert.deepEqual(Object.fromEntries(tags), {
      ArrayBuffer: 14,
      Uint8Array: 15,
      Int8Array: 16,
      Uint8ClampedArray: 17,
      Int16Array: 18,
      Uint16Array: 19,
      Int32Array: 20,
      Uint32Array: 21,
      Float32Array: 22,
      Float64Array: 23,
      BigInt64Array: 24,
      BigUint64Array: 25,
      DataView: 26,
      Buffer: 28,
    });
    const { Float16Array } = globalThis as { Float16Array?: { prototype: object } };
    if (Float16Array !== undefined) assert.equal(bytesTag(Float16Array.prototype), 27);
  });

  it("share a word with flags and task", () => {
    assert.deepEqual({ ...Flag }, {
      TwoByte: 1,
      Attached: 2,
      Rejected: 8,
      Promised: 16,
      Item: 32,
      Asks: 64,
      Pulls: 128,
    });
    const head = packHead(0xfedc, 0xba, 0x98);
    assert.equal(head >>> 0, 0xfedcba98);
    assert.deepEqual([headTask(head), headFlags(head), headTag(head)], [0xfedc, 0xba, 0x98]);
  });
});

describe("a slot", () => {
  /** Call id, head, length and offset; then the payload, or the eight bytes that hold a number. */
  const slots: [name: string, value: unknown, slot: string, rest: string][] = [
    ["undefined", undefined, "07000000 00080300 00000000 00000000", ""],
    ["null", null, "07000000 01080300 00000000 00000000", ""],
    ["false", false, "07000000 02080300 00000000 00000000", ""],
    ["true", true, "07000000 03080300 00000000 00000000", ""],
    ["1.5", 1.5, "07000000 04080300 00000000 00000000", "000000000000f83f"],
    ["-2n", -2n, "07000000 05080300 00000000 00000000", "feffffffffffffff"],
    [
      "-(2n ** 64n)",
      -(2n ** 64n),
      "07000000 06080300 12000000 ffffffff",
      "2d3130303030303030303030303030303030",
    ],
    ["one-byte text", "hi", "07000000 07080300 02000000 ffffffff", "6869"],
    ["two-byte text", "\u0100", "07000000 07090300 02000000 ffffffff", "0001"],
    [
      "text of 49 characters",
      "x".repeat(49),
      "07000000 07080300 31000000 00050000",
      "78".repeat(49),
    ],
    ["Symbol.for", Symbol.for("k"), "07000000 08080300 01000000 ffffffff", "6b"],
    ["a date", new Date(1), "07000000 09080300 00000000 00000000", "000000000000f03f"],
    ["JSON", { a: [1] }, "07000000 0a080300 09000000 ffffffff", "7b2261223a5b315d7d"],
    [
      "an object",
      { a: NaN },
      "07000000 0b080300 14000000 ffffffff",
      "2801000000000100000061 04000000000000f87f",
    ],
    [
      "an Envelope",
      new Envelope("h", Uint8Array.of(9).buffer),
      "07000000 0c080300 11000000 ffffffff",
      "07000000 00000000 07000100000068 00 09",
    ],
    ["bytes", Uint8Array.of(1, 2, 3), "07000000 0f080300 03000000 ffffffff", "010203"],
  ];
  for (const [name, value, slot, rest] of slots) {
    it(`that holds ${name} has these bytes`, () => {
      const wire = new Wire();
      wire.send(value, CALL, HEAD);
      const bytes = wire.peek();
      const head = hex(bytes.slot.subarray(0, 16));
      assert.equal(head, slot.replaceAll(" ", ""));
      const payload = bytes.payload.length > 0 ? bytes.payload : bytes.slot.subarray(16, 24);
      assert.equal(hex(payload), rest.replaceAll(" ", "") || "0000000000000000");
    });
  }

  it("whose payload lies elsewhere has these bytes", () => {
    const wire = new Wire({ regionBytes: 64, prefers: (text) => text === "beside" });
    wire.send("beside", CALL, HEAD);
    assert.deepEqual(wire.attached, ["beside"]);
    assert.equal(hex(wire.peek().slot.subarray(0, 8)), "07000000" + "070a0300");
    wire.take();
    wire.send(new SharedArrayBuffer(8), CALL, HEAD);
    assert.equal(hex(wire.peek().slot.subarray(0, 8)), "07000000" + "0d0a0300");
    wire.take();
    wire.send(new Envelope("h", new SharedArrayBuffer(8)), CALL, HEAD);
    assert.equal(hex(wire.peek().slot.subarray(0, 12)), "07000000" + "0c0a0300" + "10000000");
    assert.equal(hex(wire.peek().payload.subarray(0, 8)), "07000000" + "01000000");
  });

  it("whose memory is moved has these bytes", () => {
    const region = "000000000000f03f" + "0000000000000040"; // 1.0, 2.0
    const make = () => new BufferReference(new Uint8Array(4).subarray(1, 3));
    const wire = new Wire();
    wire.send(make(), CALL, HEAD);
    const { slot } = wire.peek();
    assert.equal(
      hex(slot.subarray(0, 8)) + hex(slot.subarray(16, 32)),
      "07000000200a0300" + region,
    );
    wire.take();
    wire.send(new Envelope("h", make()), CALL, HEAD);
    assert.equal(hex(wire.peek().slot.subarray(0, 12)), "07000000" + "0c0a0300" + "20000000");
    assert.equal(hex(wire.peek().payload), "0700000002000000" + "0700010000006800" + region);
  });
});

describe("a walk", () => {
  /** One value after the other, each with its tag. */
  const walks: [name: string, value: unknown, bytes: string][] = [
    ["undefined, null, false, true", [undefined, null, false, true], "29 04000000 00 01 02 03"],
    // deno-lint-ignore no-sparse-arrays
    ["a hole", [, 0], "29 02000000 2a 04 0000000000000000"],
    ["-0", [-0], "29 01000000 04 0000000000000080"],
    [
      "bigints",
      [-1n, 2n ** 64n],
      "29 02000000 05 ffffffffffffffff 06 00 11000000 31" + "30".repeat(16),
    ],
    [
      "text",
      [NaN, "é", "\u0100"],
      "29 03000000 04 000000000000f87f 07 00 01000000 e9 07 01 02000000 0001",
    ],
    ["Symbol.for", [Symbol.for("k")], "29 01000000 08 00 01000000 6b"],
    ["a date", [new Date(1)], "29 01000000 09 000000000000f03f"],
    ["bytes", [Int16Array.of(258)], "29 01000000 12 02000000 0201"],
    [
      "objects",
      { a: { b: undefined } },
      "28 01000000 00 01000000 61 28 01000000 00 01000000 62 00",
    ],
  ];
  for (const [name, value, bytes] of walks) {
    it(`of ${name} has these bytes`, () => {
      const wire = new Wire();
      wire.send(value);
      assert.equal(hex(wire.peek().payload), bytes.replaceAll(" ", ""));
    });
  }

  it("of an error has these bytes", () => {
    const wire = new Wire();
    wire.send(fixed(new TypeError("m", { cause: null }), { code: "E" }));
    assert.equal(
      hex(wire.peek().payload),
      [
        "2b 01", // error, class
        "00 09000000 547970654572726f72", // name
        "00 01000000 6d", // message
        "00 01000000 73", // stack
        "01 01", // a cause follows: null
        "01000000", // one field
        "00 04000000 636f6465 07 00 01000000 45", // code
      ].join("").replaceAll(" ", ""),
    );
  });

  it("of errors in errors has these bytes", () => {
    const wire = new Wire();
    const inner = fixed(new Error("i"));
    wire.send(fixed(new AggregateError([inner, inner], "m")));
    const text = (text: string) =>
      "00" + hex(Uint8Array.of(text.length, 0, 0, 0)) + hex(Buffer.from(text));
    assert.equal(
      hex(wire.peek().payload),
      [
        ...["2b07", text("AggregateError"), text("m"), text("s"), "02"],
        ...["29", "02000000", "2b00", text("Error"), text("i"), text("s"), "00", "00000000"],
        ...["2c", "01000000"], // the second error read
        "00000000",
      ].join(""),
    );
  });

  it("numbers the classes of errors like this", () => {
    const classOf = (error: Error): number => {
      const wire = new Wire();
      wire.send(error);
      return wire.peek().payload[1]!;
    };
    const classes = [
      Error,
      TypeError,
      RangeError,
      SyntaxError,
      ReferenceError,
      EvalError,
      URIError,
    ];
    assert.deepEqual(classes.map((ErrorClass) => classOf(new ErrorClass())), [0, 1, 2, 3, 4, 5, 6]);
    assert.equal(classOf(new AggregateError([])), 7);
    assert.equal(classOf(new DOMException()), 8);
    assert.equal(classOf(new KnittingError("KNT_ERROR_3", "x")), 9);
  });
});
