import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runtime } from "../../src/runtime/current.ts";
import { roundTrip, Wire } from "../support/codec.ts";
import { assertArrived } from "../support/same.ts";

/** Around every length at which a runtime takes another way (see src/runtime/), or the slot ends. */
const LENGTHS = [
  ...[0, 1, 2, 23, 24, 25, 47, 48, 49, 95, 96, 97],
  ...[511, 512, 513, 2047, 2048, 2049, 4095, 4096, 4097, 16383, 16384, 16385],
  ...[32767, 32768, 65535, 65536, 65537, 262143, 262144, 262145],
  ...[515956, 515957, 1031912, 1031913, 1031914],
];

/** A repeated pattern, cut to the length; the end is then the pattern's rarest character. */
const ALPHABETS: Record<string, string> = {
  "ASCII": "The quick brown fox. ",
  "NUL and control characters": "\0\x01\x7f",
  "Latin-1": "é\xff\x80",
  "ASCII with one Latin-1 character at the end": "\xe9",
  "ASCII with one two-byte character at the end": "漢",
  "the first two-byte character": "\u0100",
  "two-byte": "漢字かな",
  "astral": "😀𝒳",
  "lone high surrogates": "\ud800",
  "lone low surrogates": "\udfff",
  "surrogates the wrong way round": "\udc00\ud800",
  "byte order marks": "\ufeff\ufffe",
  "what bad UTF-8 would become": "\ufffd",
};

function textOf(name: string, length: number): string {
  const pattern = ALPHABETS[name]!;
  if (name.includes("at the end")) return "a".repeat(Math.max(0, length - 1)) + pattern;
  return pattern.repeat(length / pattern.length + 1).slice(0, length);
}

/** `assert.equal` would print both texts. */
function assertText(actual: unknown, expected: string): void {
  assert.equal(typeof actual, "string");
  assert.ok(actual === expected, `${expected.length} characters changed`);
}

describe("text", () => {
  const wire = new Wire({ regionBytes: 1 << 21 });
  for (const name of Object.keys(ALPHABETS)) {
    it(`of every length arrives as it was: ${name}`, () => {
      for (const length of LENGTHS) {
        const text = textOf(name, length);
        assertText(wire.pass(text).value, text);
      }
    });

    it(`of every length arrives as it was inside objects: ${name}`, () => {
      for (const length of LENGTHS.filter((length) => length < 5000)) {
        const text = textOf(name, length);
        const walked = { [text]: text, hole: undefined };
        assertArrived(wire.pass(walked).value, walked);
        const json = [text, { [text]: 1 }];
        assertArrived(wire.pass(json).value, json);
      }
    });
  }

  it("of every length is read where the memory ends with it", () => {
    for (const length of LENGTHS) {
      const text = textOf("Latin-1", length);
      const memory = runtime.rawMemory(new SharedArrayBuffer(8 + length));
      assert.equal(memory.tryWriteOneByte(text, 8, length), true);
      assertText(memory.readOneByte(8, length), text);
    }
  });

  it("of 48 one-byte or 24 two-byte characters lies in the slot, one more does not", () => {
    const wire = new Wire();
    assert.deepEqual(
      ["a".repeat(48), "a".repeat(49), "漢".repeat(24), "漢".repeat(25)].map((text) => {
        const { inline, length, value } = wire.pass(text);
        assertText(value, text);
        return [inline, length];
      }),
      [[true, 48], [false, 49], [true, 48], [false, 50]],
    );
  });

  it("whose one-byte form would lie in the slot finds room for the two-byte form", () => {
    for (let length = 25; length <= 50; length++) {
      assertText(roundTrip("漢".repeat(length)), "漢".repeat(length));
    }
  });

  it("that is a concatenation, a slice or a number's digits arrives as it was", () => {
    let rope = "";
    for (let i = 0; i < 500; i++) rope += i;
    assertText(roundTrip(rope), rope);
    const cut = ("漢" + "a".repeat(1000)).slice(1);
    assertText(roundTrip(cut), cut);
    const slice = rope.slice(100, 700);
    assertText(roundTrip(slice), slice);
  });

  it("does not change when the memory it was read from is used again", () => {
    const wire = new Wire();
    for (const text of ["short", "a".repeat(40), "é".repeat(300), "漢".repeat(3000)]) {
      const { value } = wire.pass(text);
      wire.bytes.fill(0xaa, wire.layout.slotsWord * 4);
      assertText(value, text);
    }
  });
});

describe("text beside the shared memory", () => {
  it("arrives as it was, in order with text that is not", () => {
    const wire = new Wire({ prefers: (text) => text.length > 10 });
    const texts = ["short", "longer than ten", "漢".repeat(20), "", "lone \ud800 surrogate"];
    for (const text of texts.slice(0, 4)) assert.equal(wire.send(text), true);
    assert.equal(wire.attached.length, 2);
    for (const text of texts.slice(0, 4)) assertText(wire.take().value, text);
    assertText(wire.pass(texts[4]).value, texts[4]!);
  });

  it("takes no room in the region", () => {
    const wire = new Wire({ regionBytes: 64, prefers: () => true });
    assertText(wire.pass("a".repeat(1000)).value, "a".repeat(1000));
  });

  it("works for everything that travels as text", () => {
    const wire = new Wire({ prefers: () => true });
    const values = [{ a: ["x", 1] }, [1, 2, 3], Symbol.for("key"), 2n ** 100n, "", "text"];
    for (const value of values) assertArrived(wire.pass(value).value, value);
  });

  it("is chosen by this runtime without a change to any text", () => {
    const wire = new Wire({ regionBytes: 1 << 21, prefers: runtime.prefersMessage });
    for (const name of Object.keys(ALPHABETS)) {
      for (const length of LENGTHS) {
        const text = textOf(name, length);
        assertText(wire.pass(text).value, text);
      }
    }
  });
});
