import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { echo } from "../fixtures/basic_tasks.ts";
import { checkBytes } from "../fixtures/pressure_tasks.ts";
import { fillPattern, findMistake } from "../support/pattern.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const MiB = 1024 * 1024;

describe("300 calls with 1 MiB each in flight", () => {
  for (const threads of [1, 2]) {
    it(`arrive and return byte for byte (${threads} thread(s))`, async () => {
      await withPool({ checkBytes }, { threads }, async ({ call }) => {
        let settled = 0;
        const calls = Array.from({ length: 300 }, async (_, i) => {
          const seed = 0x1000 * threads + i;
          const bytes = new Uint8Array(MiB);
          fillPattern(bytes, seed);
          const answer = await call.checkBytes(bytes);
          assert.equal(answer.byteLength, MiB);
          assert.equal(findMistake(answer, ~seed >>> 0), -1, `call ${i}`);
          // What was sent is still the caller's.
          assert.equal(findMistake(bytes, seed), -1, `argument of call ${i}`);
          settled++;
        });
        await inTime("all calls", Promise.all(calls), 28_000);
        assert.equal(settled, 300);
      });
    });
  }

  it("keep their results apart when these are written to", async () => {
    await withPool({ checkBytes }, {}, async ({ call }) => {
      const answers = await Promise.all(Array.from({ length: 40 }, (_, seed) => {
        const bytes = new Uint8Array(MiB);
        fillPattern(bytes, seed);
        return call.checkBytes(bytes);
      }));
      assert.equal(new Set(answers.map(({ buffer }) => buffer)).size, 40);
      answers.forEach((answer, i) => i % 2 === 0 && answer.fill(0));
      answers.forEach((answer, i) =>
        i % 2 === 0
          ? assert.ok(answer.every((byte) => byte === 0))
          : assert.equal(findMistake(answer, ~i >>> 0), -1)
      );
    });
  });
});

describe("results", () => {
  it("own their memory: exactly as long as they are, from its start", async () => {
    await withPool({ echo }, {}, async ({ call }) => {
      const source = new Uint8Array(100_000).map((_, i) => i);
      for (
        const length of [0, 1, 7, 8, 40, 41, 48, 49, 63, 64, 65, 512, 4095, 4096, 4097, 70_000]
      ) {
        const bytes = source.slice(0, length);
        const buffer = await call.echo(bytes.buffer) as ArrayBuffer;
        assert.ok(buffer instanceof ArrayBuffer);
        assert.equal(buffer.byteLength, length);
        for (const view of [bytes, new DataView(bytes.buffer), source.subarray(3, 3 + length)]) {
          const result = await call.echo(view) as Uint8Array | DataView;
          assert.equal(Object.getPrototypeOf(result), Object.getPrototypeOf(view));
          assert.ok(result.buffer instanceof ArrayBuffer);
          assert.deepEqual(
            [result.byteOffset, result.byteLength, result.buffer.byteLength],
            [0, length, length],
          );
        }
      }
    });
  });

  it("own their memory inside of objects too", async () => {
    await withPool({ echo }, {}, async ({ call }) => {
      const pool = new ArrayBuffer(1024);
      const sent = { a: new Uint8Array(pool, 8, 100).fill(1), b: [new Float64Array(pool, 512, 4)] };
      const { a, b } = await call.echo(sent) as typeof sent;
      assert.deepEqual([a.byteOffset, a.byteLength, a.buffer.byteLength], [0, 100, 100]);
      const [floats] = b as [Float64Array];
      assert.deepEqual([floats.byteOffset, floats.length, floats.buffer.byteLength], [0, 4, 32]);
    });
  });

  it("are what the argument was when the call was made, or later, but not a mixture", async () => {
    // The argument of a call that waits in the queue is read when it is sent.
    await withPool({ echo }, {}, async ({ call }) => {
      const bytes = new Uint8Array(256 * 1024).fill(1);
      const calls = Array.from({ length: 50 }, () => call.echo(bytes));
      bytes.fill(2);
      for (const result of await Promise.all(calls) as Uint8Array[]) {
        const [first] = result;
        assert.ok(first === 1 || first === 2);
        assert.ok(result.every((byte) => byte === first));
      }
    });
  });
});

describe("text", () => {
  const characters = {
    "one byte in UTF-8": "a",
    "one byte in Latin-1, two in UTF-8": "é",
    "two bytes in UTF-16, three in UTF-8": "日",
    "a surrogate pair": "🎉",
    "a lone surrogate": "x\ud83d",
  };
  for (const [name, character] of Object.entries(characters)) {
    it(`of more than 1 MiB arrives as it was: ${name}`, async () => {
      await withPool({ echo }, {}, async ({ call }) => {
        for (const length of [1.2 * MiB, 2 * MiB]) {
          const repeated = character.repeat(Math.floor(length / character.length / 2));
          const texts = [
            repeated,
            repeated + "!",
            "a" + repeated,
            "é".repeat(1000) + repeated + "日",
            "a".repeat(MiB) + character,
          ];
          const results = await Promise.all(texts.map((text) => call.echo(text)));
          results.forEach((result, i) => assert.ok(result === texts[i], `${name}, text ${i}`));
        }
      });
    });
  }

  it("of every length around the places where its way changes arrives as it was", async () => {
    await withPool({ echo }, { threads: 2 }, async ({ call }) => {
      const lengths = [0, 1, 15, 16, 17, 23, 24, 25, 26, 47, 48, 49, 50, 96, 97, 511, 512, 513]
        .concat([2047, 2048, 2049, 4095, 4096, 4097, 65_535, 65_536, 262_143, 262_144, 262_145]);
      const texts = lengths.flatMap((length) => [
        "a".repeat(length),
        "é".repeat(length),
        "日".repeat(length),
        "a".repeat(Math.max(0, length - 1)) + "日",
        "🎉".repeat(length).slice(0, length),
      ]);
      const results = await Promise.all(texts.map((text) => call.echo(text)));
      results.forEach((result, i) => assert.ok(result === texts[i], `text ${i}`));
    });
  });
});
