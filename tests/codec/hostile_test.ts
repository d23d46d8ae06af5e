// Slots and payloads in which bytes have changed after they were written: what comes out is a value
// or an error, soon, and of no more memory than the payload can account for.

import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import process from "node:process";
import { noAttachments, nothingBeside } from "../../src/codec/attachments.ts";
import { Decoder } from "../../src/codec/decoder.ts";
import { Memory } from "../../src/codec/memory.ts";
import { Tag } from "../../src/codec/tags.ts";
import { KnittingError } from "../../src/errors.ts";
import { ProtocolViolation } from "../../src/transport/violation.ts";
import { INLINE, SLOT_WORDS } from "../../src/transport/layout.ts";
import { anyValue } from "../support/any_value.ts";
import { LARGEST_BYTES, Wire, type WireOptions } from "../support/codec.ts";

const RUNS = process.env.KNITTING_LONG === "1" ? 200_000 : 5_000;
const LIMIT_MS = 2_000;

/** What a hostile side may do to a slot that lies at `slot`, with its payload. */
type Harm = (words: Int32Array, bytes: Uint8Array, slot: number, regionByte: number) => void;

const word = fc.oneof(fc.integer({ min: -2, max: 70 }), fc.integer());
const byte = fc.integer({ min: 0, max: 255 });
const harm: fc.Arbitrary<Harm> = fc.oneof(
  // A word of the slot.
  fc.tuple(fc.nat(SLOT_WORDS - 1), word).map(([index, value]): Harm => (words, _bytes, slot) => {
    words[slot + index] = value;
  }),
  // Its tag and flags.
  fc.tuple(fc.nat(48), fc.nat(31)).map(([tag, flags]): Harm => (words, _bytes, slot) => {
    words[slot + 1] = tag | (flags << 8);
  }),
  // A byte of the slot, or of the payload.
  fc.tuple(fc.nat(63), byte).map(([index, value]): Harm => (_words, bytes, slot) => {
    bytes[slot * 4 + index] = value;
  }),
  fc.tuple(fc.nat(300), fc.oneof(byte, fc.constantFrom(...Object.values(Tag)))).map(
    ([index, value]): Harm => (_words, bytes, _slot, regionByte) => {
      bytes[regionByte + index] = value;
    },
  ),
  // A count in the payload.
  fc.tuple(fc.nat(300), word).map(([index, value]): Harm => (_words, bytes, _slot, regionByte) => {
    new DataView(bytes.buffer).setInt32(regionByte + index, value, true);
  }),
);

const options: fc.Arbitrary<WireOptions> = fc.record({
  slotCount: fc.constantFrom(1, 4),
  regionBytes: fc.constantFrom(512, 4096, 1 << 16),
  prefers: fc.constantFrom(() => false, (text: string) => text.length % 2 === 0),
});

/** Bytes of binary data and text in a value; stops at what came beside the lane. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (value instanceof ArrayBuffer) return value.byteLength;
  if (Array.isArray(value)) return value.reduce((sum, entry) => sum + sizeOf(entry), value.length);
  return 0;
}

function inTime<T>(what: string, body: () => T): T {
  const start = performance.now();
  try {
    return body();
  } finally {
    const took = performance.now() - start;
    assert.ok(took < LIMIT_MS, `${what} took ${took.toFixed()} ms`);
  }
}

describe("payloads that were changed", () => {
  it(`are values or errors (${RUNS} payloads)`, () => {
    const harms = fc.array(harm, { minLength: 1, maxLength: 6 });
    const outcomes = { values: 0, errors: 0 };
    fc.assert(
      fc.property(options, anyValue, harms, (options, value, harms) => {
        const wire = new Wire(options);
        if (!wire.send(value)) return;
        const { bytes, layout } = wire;
        const words = new Int32Array(bytes.buffer);
        for (const harm of harms) harm(words, bytes, layout.slotsWord, layout.regionByte);
        const beside = wire.attached.length > 0;
        try {
          const taken = inTime("a value", () => wire.take().value);
          outcomes.values++;
          if (!beside) assert.ok(sizeOf(taken) <= 2 * bytes.length, "more than was there");
        } catch (error) {
          assert.ok(error instanceof Error, `${error} was thrown`);
          if (error instanceof assert.AssertionError) {
            assert.equal(error.message, "nothing was sent beside the shared memory");
          }
          outcomes.errors++;
        }
      }),
      { numRuns: RUNS },
    );
    assert.ok(outcomes.values > RUNS / 20 && outcomes.errors > RUNS / 20, JSON.stringify(outcomes));
  });
});

/** What is said of a slot that is written by hand. */
function refusalOf(wire: Wire): Error {
  try {
    wire.take();
  } catch (error) {
    return error as Error;
  }
  assert.fail("it was taken");
}

/** A wire with a slot that says what it likes. */
function slotOf(head: number, length: number, offset: number, payload: number[] = []): Wire {
  const wire = new Wire({ regionBytes: 4096 });
  wire.send(undefined);
  const { slotsWord } = wire.layout;
  new Int32Array(wire.bytes.buffer).set([0, head, length, offset], slotsWord);
  wire.bytes.set(payload, slotsWord * 4 + 16);
  return wire;
}

const u32 = (value: number): number[] => [...new Uint8Array(Uint32Array.of(value).buffer)];
const text = (value: string): number[] => [
  0,
  ...u32(value.length),
  ...[...value].map((character) => character.charCodeAt(0)),
];
/** An error without name, message and stack. */
const error = (kind: number): number[] => [Tag.Error, kind, ...text(""), ...text(""), ...text("")];

describe("a slot that cannot be", () => {
  const tags = [Tag.String, Tag.Json, Tag.Structured, Tag.Envelope, Tag.ArrayBuffer, Tag.FirstView];
  for (
    const [what, length, offset] of [
      ["longer than the lane", 2 ** 31 - 1, 0],
      ["as long as 32 bits can say", -1, INLINE],
      ["behind the lane", 8, -8],
      ["over its end", 2 * LARGEST_BYTES, 8000],
    ] as const
  ) {
    it(`is refused: ${what}`, () => {
      for (const tag of tags) {
        const error = refusalOf(slotOf(tag, length, offset));
        assert.ok(error instanceof KnittingError, String(error));
        assert.match(error.message, /malformed payload: it does not lie in the lane/);
      }
    });
  }

  const structured: Record<string, number[]> = {
    "an array of four billion": [Tag.Array, ...u32(-1 >>> 0), Tag.Hole],
    "an object of four billion": [Tag.Object, ...u32(-1 >>> 0), 0, ...u32(0), Tag.Null],
    "text of four billion": [Tag.String, 0, ...u32(-1 >>> 0), 65],
    "binary data of four billion": [Tag.ArrayBuffer, ...u32(-1 >>> 0)],
    "a number that is cut off": [Tag.Number, 0, 0],
    "nothing": [],
    "an error that has not come before": [Tag.ErrorAgain, ...u32(0)],
    "an error with a second stack": [...error(0), 0, ...u32(1), ...text("stack"), Tag.Null],
    "a hole": [Tag.Hole],
    "an unknown tag": [200],
  };
  for (const [what, payload] of Object.entries(structured)) {
    it(`is refused: ${what}`, () => {
      const error = refusalOf(slotOf(Tag.Structured, payload.length, INLINE, payload));
      assert.ok(error instanceof KnittingError, String(error));
      assert.match(error.message, /malformed payload/);
    });
  }

  it("is an error of no class if its class is unknown", () => {
    const payload = [...error(200), 0, ...u32(0)];
    const { value } = slotOf(Tag.Structured, payload.length, INLINE, payload).take();
    assert.equal(Object.getPrototypeOf(value), Error.prototype);
  });

  it("is refused: nesting without end", () => {
    const wire = new Wire({ regionBytes: 1 << 16 });
    wire.send(new Uint8Array(60_000));
    const { slotsWord, regionByte } = wire.layout;
    for (let at = 0; at < 60_000; at += 5) wire.bytes.set([Tag.Array, ...u32(1)], regionByte + at);
    new Int32Array(wire.bytes.buffer)[slotsWord + 1] = Tag.Structured;
    assert.match(refusalOf(wire).message, /nested too deep/);
  });

  it("is refused: an envelope whose header or body is not there", () => {
    for (const [header, kind] of [[-1, 0], [40, 0], [0, 4], [0, -1], [0, 1], [0, 2]] as const) {
      const payload = [...u32(header >>> 0), ...u32(kind >>> 0), Tag.Null];
      const error = refusalOf(slotOf(Tag.Envelope, 16, INLINE, payload));
      assert.match(error.message, /malformed payload/, `${header} ${kind}`);
    }
  });
});

describe("what comes beside the lane", () => {
  const attached = 2 << 8;
  for (
    const [what, head, beside] of [
      ["text for bytes", Tag.FirstView | attached, "text"],
      ["a number for bytes", Tag.FirstView | attached, 5e9],
      ["bytes for text", Tag.String | attached, new ArrayBuffer(8)],
      ["bytes for shared memory", Tag.SharedArrayBuffer | attached, new ArrayBuffer(8)],
      ["shared memory for what moves", Tag.BufferReference, new SharedArrayBuffer(8)],
    ] as const
  ) {
    it(`breaks the rules: ${what}`, () => {
      const wire = slotOf(head, 8, INLINE);
      wire.attached.push(beside);
      assert.ok(refusalOf(wire) instanceof ProtocolViolation);
    });
  }

  it("is not there between processes, nor where threads have no port", () => {
    for (const attachments of [noAttachments, nothingBeside]) {
      const wire = slotOf(Tag.String | attached, 8, INLINE);
      const decoder = new Decoder(new Memory(wire.bytes.buffer as SharedArrayBuffer), attachments);
      assert.throws(
        () => decoder.decode(wire.layout.slotsWord, Tag.String | attached),
        new RegExp(`nothing goes beside a channel that crosses ${attachments.boundary}`),
      );
    }
  });

  it("must have the bytes that a reference shows", () => {
    for (const [offset, length] of [[0, 9], [9, 0], [-1, 1], [0.5, 1], [NaN, 1], [0, Infinity]]) {
      const shown = [...new Uint8Array(Float64Array.of(offset!, length!).buffer)];
      const wire = slotOf(Tag.BufferReference, 0, INLINE, shown);
      wire.attached.push(new ArrayBuffer(8));
      assert.match(refusalOf(wire).message, /shows what is not there/);
    }
  });
});
