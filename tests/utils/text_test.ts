import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  bufferToBytes,
  bufferToJson,
  bufferToString,
  jsonToBuffer,
  stringToBuffer,
} from "../../src/utils.ts";
import { goneSources, NO_BUFFERS, sourcesOf } from "../support/binary.ts";

const encoder = new TextEncoder();

/** Every code point but surrogates, and text of one script, as most text is. */
const wellFormed = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: "grapheme", maxLength: 200 }),
  fc.string({ maxLength: 200 }),
  fc.tuple(fc.constantFrom("a", "é", "漢", "😀", "\ufeff"), fc.nat(300))
    .map(([character, times]) => character.repeat(times)),
);
/** Lone surrogates included. */
const anyText = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0xd7f0, max: 0xe010 })),
  { maxLength: 40 },
).map((units) => String.fromCharCode(...units));

describe("text", () => {
  it("comes back as it was, if it is well-formed", () => {
    fc.assert(fc.property(wellFormed, (text) => {
      assert.equal(bufferToString(stringToBuffer(text)), text);
    }));
  });

  it("comes back as it was if it begins with U+FEFF", () => {
    for (const text of ["\ufeff", "\ufeffabc", "\ufeff\ufeff", "\ufeff漢"]) {
      assert.equal(bufferToString(stringToBuffer(text)), text);
    }
  });

  it("comes back as it was, whatever its length", () => {
    for (const length of [0, 1, 7, 8, 100, 4095, 4096, 65_537, 1_000_003]) {
      for (const text of ["a".repeat(length), "a".repeat(length) + "é", "漢".repeat(length)]) {
        assert.ok(bufferToString(stringToBuffer(text)) === text);
      }
    }
  });

  it("lies in shared memory of exactly its length, as UTF-8", () => {
    fc.assert(fc.property(fc.oneof(wellFormed, anyText), (text) => {
      const shared = stringToBuffer(text);
      assert.ok(shared instanceof SharedArrayBuffer);
      assert.deepEqual([...new Uint8Array(shared)], [...encoder.encode(text)]);
    }));
  });

  it("with lone surrogates gets U+FFFD in their place", () => {
    assert.equal(bufferToString(stringToBuffer("\ud800a\udc00")), "\ufffda\ufffd");
    assert.equal(bufferToString(stringToBuffer("\ud800")), "\ufffd");
    fc.assert(fc.property(anyText, (text) => {
      const expected = text.replace(/\p{Surrogate}/gu, "\ufffd");
      assert.equal(bufferToString(stringToBuffer(text)), expected);
    }));
  });

  it("that is not a string throws a TypeError", () => {
    for (const value of [undefined, null, 5, 5n, {}, ["a"], Symbol("a"), new String("a")]) {
      assert.throws(() => stringToBuffer(value as string), {
        name: "TypeError",
        message: /^Expected a string, received /,
      });
    }
  });
});

describe("bufferToString", () => {
  const text = "naïve 漢字 😀";
  for (const [name, source] of Object.entries(sourcesOf(encoder.encode(text), 3))) {
    it(`reads ${name}`, () => assert.equal(bufferToString(source), text));
  }

  it("puts U+FFFD in place of what is not UTF-8, and goes on", () => {
    const bytes = [0x61, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xe6, 0xbc];
    for (const source of Object.values(sourcesOf(Uint8Array.from(bytes), 1))) {
      assert.equal(bufferToString(source), "a\ufffd\ufffd(\ufffd\ufffd\ufffd\ufffd");
      assert.equal(bufferToString(new Uint8Array([0x62])), "b");
    }
  });
});

describe("JSON", () => {
  it("comes back as JSON would give it back", () => {
    fc.assert(fc.property(fc.jsonValue({ stringUnit: "binary" }), (value) => {
      const shared = jsonToBuffer(value);
      assert.ok(shared instanceof SharedArrayBuffer);
      assert.equal(bufferToString(shared), JSON.stringify(value));
      assert.deepEqual(bufferToJson(shared), JSON.parse(JSON.stringify(value)));
    }));
  });

  it("keeps text that UTF-8 cannot express", () => {
    fc.assert(fc.property(anyText, (text) => {
      assert.deepEqual(bufferToJson(jsonToBuffer({ [text]: [text] })), { [text]: [text] });
    }));
  });

  for (const [name, source] of Object.entries(sourcesOf(encoder.encode('{"é":[1,null]}'), 3))) {
    it(`is read from ${name}`, () => assert.deepEqual(bufferToJson(source), { "é": [1, null] }));
  }

  it("is read from behind a byte order mark", () => {
    assert.deepEqual(bufferToJson(stringToBuffer("\ufeff[1]")), [1]);
  });

  it("that is broken throws a SyntaxError", () => {
    for (const json of ["", "{", "undefined", "\ufeff\ufeff1"]) {
      assert.throws(() => bufferToJson(stringToBuffer(json)), SyntaxError);
    }
  });

  it("has nothing for undefined, functions and symbols, which throws a TypeError", () => {
    for (const value of [undefined, () => {}, Symbol("a"), { toJSON: () => undefined }]) {
      assert.throws(() => jsonToBuffer(value), {
        name: "TypeError",
        message: /^The value is not JSON-serializable: received /,
      });
    }
  });

  it("cannot be written with a cycle or a bigint, which throws a TypeError with the cause", () => {
    const cycle: { self?: unknown } = {};
    cycle.self = [cycle];
    for (const value of [cycle, 5n, { a: [5n] }]) {
      assert.throws(() => jsonToBuffer(value), (error: TypeError) => {
        assert.equal(error.name, "TypeError");
        assert.match(
          error.message,
          /^The value is not JSON-serializable: .*(circular|cycl|bigint)/i,
        );
        assert.ok(error.cause instanceof TypeError);
        return true;
      });
    }
  });

  it("cannot be written if toJSON throws, whatever it throws", () => {
    const failing = (cause: unknown) => ({
      toJSON() {
        throw cause;
      },
    });
    for (const [cause, why] of [[new RangeError("no"), "no"], ["no", 'threw "no"']] as const) {
      assert.throws(() => jsonToBuffer(failing(cause)), {
        name: "TypeError",
        message: `The value is not JSON-serializable: ${why}`,
        cause,
      });
    }
  });
});

for (const helper of [bufferToString, bufferToJson]) {
  describe(helper.name, () => {
    it("hands no memory to the decoder that could change meanwhile", () => {
      const seen: Uint8Array[] = [];
      const { decode } = TextDecoder.prototype;
      TextDecoder.prototype.decode = function (input, options) {
        seen.push(input as Uint8Array);
        return decode.call(this, input, options);
      };
      try {
        for (const source of Object.values(sourcesOf(encoder.encode("123"), 3))) {
          assert.equal(String(helper(source)), "123");
          const bytes = seen.pop()!;
          assert.ok(bytes.buffer instanceof ArrayBuffer);
          assert.equal(bytes.buffer.resizable, false);
          const isKept = bufferToBytes(source).buffer === bytes.buffer;
          const { buffer } = bufferToBytes(source);
          assert.equal(isKept, buffer instanceof ArrayBuffer && !buffer.resizable);
        }
      } finally {
        TextDecoder.prototype.decode = decode;
      }
    });

    it("throws a TypeError for what is no buffer, and for memory that is gone", () => {
      for (const [name, value] of Object.entries({ ...NO_BUFFERS, ...goneSources() })) {
        const expected = { name: "TypeError", message: /ArrayBuffer/ };
        assert.throws(() => helper(value as ArrayBuffer), expected, name);
      }
    });
  });
}
