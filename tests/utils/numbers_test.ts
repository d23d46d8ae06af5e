import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  bufferToBytes,
  bufferToNumbers,
  type NumberBufferOptions,
  type NumberFormat,
  numbersToBuffer,
} from "../../src/utils.ts";
import { goneSources, NO_BUFFERS, sourcesOf } from "../support/binary.ts";

const FORMATS = [
  { format: "f64", NumberArray: Float64Array, number: fc.double() },
  { format: "f32", NumberArray: Float32Array, number: fc.float() },
  { format: "i32", NumberArray: Int32Array, number: fc.integer() },
] as const;

for (const { format, NumberArray, number } of FORMATS) {
  const size = NumberArray.BYTES_PER_ELEMENT;

  describe(`numbers as ${format}`, () => {
    it("come back as they were", () => {
      fc.assert(fc.property(fc.array(number, { maxLength: 100 }), (numbers) => {
        const shared = numbersToBuffer(numbers, { format });
        assert.ok(shared instanceof SharedArrayBuffer);
        assert.equal(shared.byteLength, numbers.length * size);
        const back = bufferToNumbers(shared, { format });
        assert.equal(Object.getPrototypeOf(back), NumberArray.prototype);
        assert.deepEqual([...back], numbers);
      }));
    });

    it("are converted as typed arrays do it", () => {
      const numbers = [1.5, -1.5, 0.1, 2 ** 31, 2 ** 32 + 7, -(2 ** 40), 1e300, -0, NaN, Infinity];
      const back = bufferToNumbers(numbersToBuffer(numbers, { format }), { format });
      assert.deepEqual([...back], [...new NumberArray(numbers)]);
    });

    it("are taken from everything with a length", () => {
      const sources: ArrayLike<number>[] = [
        [1, 2, 3],
        new Uint8Array([1, 2, 3]),
        new Float64Array([0, 1, 2, 3]).subarray(1),
        new Int16Array(numbersToBuffer([0], { format: "f64" })).map((_, i) => i + 1).subarray(0, 3),
        { length: 3, 0: 1, 1: 2, 2: 3 },
      ];
      for (const source of sources) {
        const back = bufferToNumbers(numbersToBuffer(source, { format }), { format });
        assert.deepEqual([...back], [1, 2, 3]);
      }
      for (const source of [[], new Uint8Array(), { length: 0 }]) {
        assert.equal(numbersToBuffer(source, { format }).byteLength, 0);
      }
    });

    const numbers = new NumberArray([1, -2, 3]);
    for (const offset of [0, size, 3 * size]) {
      it(`are shown without a copy if they lie at ${offset}`, () => {
        for (const source of Object.values(sourcesOf(bufferToBytes(numbers), offset))) {
          const back = bufferToNumbers(source, { format });
          assert.deepEqual(back, numbers);
          assert.equal(back.buffer, bufferToBytes(source).buffer);
          back[0] = 77;
          assert.equal(bufferToNumbers(source, { format })[0], 77);
        }
      });
    }

    for (const offset of [1, 2, 3, size - 1, size + 2]) {
      it(`are copied if they lie at ${offset}, which no typed array can show`, () => {
        for (const source of Object.values(sourcesOf(bufferToBytes(numbers), offset))) {
          if (!ArrayBuffer.isView(source)) continue;
          const back = bufferToNumbers(source, { format });
          assert.deepEqual(back, numbers);
          assert.notEqual(back.buffer, source.buffer);
          back[0] = 77;
          assert.deepEqual(bufferToNumbers(source, { format }), numbers);
        }
      });
    }

    it("can be none", () => {
      for (const source of Object.values(sourcesOf(new Uint8Array(), 3))) {
        assert.deepEqual(bufferToNumbers(source, { format }), new NumberArray());
      }
    });

    it("that are not whole throw a RangeError", () => {
      for (const length of [1, size - 1, size + 1, 3 * size - 1]) {
        const expected = {
          name: "RangeError",
          message: `Expected a multiple of ${size} bytes, received ${length}`,
        };
        const bytes = new Uint8Array(length);
        for (const source of Object.values(sourcesOf(bytes, 3))) {
          assert.throws(() => bufferToNumbers(source, { format }), expected);
        }
      }
    });
  });
}

describe("the format of numbers", () => {
  it("is f64 by default", () => {
    for (const options of [undefined, {}, { format: undefined }] as NumberBufferOptions[]) {
      const shared = numbersToBuffer([0.1], options);
      assert.equal(shared.byteLength, 8);
      assert.deepEqual(bufferToNumbers(shared, options), new Float64Array([0.1]));
    }
  });

  const both = (options: unknown): (() => unknown)[] => [
    () => numbersToBuffer([1], options as NumberBufferOptions),
    () => bufferToNumbers(new ArrayBuffer(8), options as NumberBufferOptions),
  ];

  it("that is unknown throws a TypeError with those that are known", () => {
    const message = /^format must be "f64", "f32" or "i32", received /;
    for (const format of ["u8", "F64", "", "constructor", 64, null, ["f64"], {}]) {
      const options = { format: format as NumberFormat };
      for (const call of both(options)) assert.throws(call, { name: "TypeError", message });
    }
  });

  it("given without an object throws a TypeError", () => {
    for (const options of ["f32", null, 4]) {
      const message = /^Options must be an object, received /;
      for (const call of both(options)) assert.throws(call, { name: "TypeError", message });
    }
  });
});

describe("numbersToBuffer throws a TypeError", () => {
  const sources: Record<string, unknown> = {
    ...NO_BUFFERS,
    "an iterator": [1, 2].values(),
    "an ArrayBuffer": new ArrayBuffer(8),
    "a DataView": new DataView(new ArrayBuffer(8)),
    "a negative length": { length: -1 },
    "half a length": { length: 1.5 },
    "text as a length": { length: "2" },
  };
  delete sources["an array"]; // which is what it takes
  for (const [name, source] of Object.entries(sources)) {
    it(`for ${name}`, () => {
      assert.throws(() => numbersToBuffer(source as number[]), {
        name: "TypeError",
        message: /^Expected an array of numbers, received /,
      });
    });
  }

  it("for bigints", () => {
    for (const source of [[1n], new BigInt64Array(1)]) {
      assert.throws(() => numbersToBuffer(source as unknown as number[]), TypeError);
    }
  });

  it("for a typed array whose memory is gone", () => {
    for (const [name, source] of Object.entries(goneSources())) {
      assert.throws(() => numbersToBuffer(source as Uint8Array), { name: "TypeError" }, name);
    }
  });
});

describe("bufferToNumbers throws a TypeError", () => {
  it("for what is no buffer, and for memory that is gone", () => {
    for (const [name, value] of Object.entries({ ...NO_BUFFERS, ...goneSources() })) {
      const expected = { name: "TypeError", message: /ArrayBuffer/ };
      assert.throws(() => bufferToNumbers(value as ArrayBuffer), expected, name);
    }
  });
});
