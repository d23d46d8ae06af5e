import { Envelope } from "knitting/browser";
import { equal, ok, rejection } from "./expect.ts";
import { withPool } from "./with_pool.ts";

const MiB = 1024 * 1024;

/** Each value comes back as it is. */
function same(...values: readonly unknown[]): () => Promise<void> {
  return () =>
    withPool({}, async ({ echo }) => {
      for (const value of values) equal(await echo(value), value);
    });
}

/** Every character, as text that is short enough for a loop, and as long text. */
function charactersTo(last: number): string[] {
  const all = Array.from({ length: last + 1 }, (_, unit) => String.fromCharCode(unit));
  return [
    all.join(""),
    ...Array.from(
      { length: Math.ceil(all.length / 20) },
      (_, at) => all.slice(at * 20, at * 20 + 20).join(""),
    ),
  ];
}

const bytes = Uint8Array.from({ length: 48 }, (_, at) => at * 37);
const views = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Float16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
] as readonly (new (buffer: ArrayBuffer) => ArrayBufferView)[];

export const payloadChecks: Readonly<Record<string, () => Promise<void>>> = {
  "numbers arrive exactly": same(0, -0, 1.5, -1, NaN, Infinity, -Infinity, 2 ** 53, 5e-324),
  "other primitives arrive": same(undefined, null, true, false, 7n, -(10n ** 40n), Symbol.for("s")),
  "text of one byte a character arrives, also where decoders have other characters": same(
    "",
    "short",
    "long enough for a call into the engine",
    ...charactersTo(0xff),
  ),
  "text of two bytes a character arrives, with lone surrogates, byte order marks and replacement characters":
    same(
      "\ufeffmark",
      "\ufeff a mark in front of a long text",
      "\ud800",
      "\udc00\ud800 alone, in a long enough text",
      "\ufffd, and nothing to replace in this text",
      "😀".repeat(5000),
      ...charactersTo(0xffff),
    ),
  "characters are not changed on the way there, either": () =>
    withPool({}, async ({ unitsOf }) => {
      for (const text of ["\x80\x9f".repeat(30), "\ud83d".repeat(30)]) {
        equal(
          await unitsOf(text),
          Array.from({ length: text.length }, (_, i) => text.charCodeAt(i)),
        );
      }
    }),
  "objects and arrays arrive": same(
    { a: 1, b: [true, null, "x"], "ü": { deep: { deeper: [] } } },
    [1, , 3],
    { none: undefined, nan: NaN, big: 2n ** 70n, at: new Date(1e12), bytes },
    new Date(NaN),
    Array.from({ length: 2000 }, (_, id) => ({ id, name: `row ${id}` })),
  ),
  "bytes of all typed arrays arrive": same(
    bytes.buffer.slice(),
    ...views.map((View) => new View(bytes.slice().buffer)),
    ...views.map((View) => new View(new ArrayBuffer(0))),
    new Float64Array(10_000).fill(Math.PI),
  ),
  "a view of shared memory arrives as a copy": () =>
    withPool({}, async ({ echo }) => {
      const shared = new Uint8Array(new SharedArrayBuffer(100)).fill(7);
      const copy = await echo(shared) as Uint8Array;
      ok(copy.buffer instanceof ArrayBuffer, "what arrives is not shared");
      equal([...copy], [...shared]);
    }),
  "an envelope arrives": () =>
    withPool({}, async ({ echo }) => {
      const envelope = await echo(new Envelope({ type: "png" }, bytes.buffer.slice()));
      ok(envelope instanceof Envelope, "it is one");
      equal(envelope.header, { type: "png" });
      equal(envelope.payload, bytes.buffer);
    }),
  "payloads of 1 MiB arrive": same(
    new Uint8Array(MiB).fill(200),
    "x".repeat(MiB),
    "é".repeat(MiB),
    "ж".repeat(MiB),
    { rows: Array.from({ length: 20_000 }, (_, n) => `a row with the number ${n}`) },
  ),
  "payloads of 8 MiB arrive, also where text takes twice as much": same(
    new Uint8Array(8 * MiB).fill(3),
    "x".repeat(8 * MiB - 3) + "ж",
  ),
  "larger payloads are refused, and others go on": () =>
    withPool({}, async ({ echo }) => {
      const refused = await rejection(echo(new Uint8Array(8 * MiB + 1)));
      equal(refused.code, "KNT_ERROR_3");
      ok(/exceeds maxPayloadBytes/.test(refused.message), refused.message);
      equal(await echo(1), 1);
    }),
  "payloads up to 512 bytes arrive, however little memory there is": () =>
    withPool({ payload: { payloadMaxByteLength: 64, mode: "fixed" } }, async ({ echo }) => {
      for (const value of ["ж".repeat(170), "x".repeat(509) + "ж", bytes]) {
        equal(await echo(value), value);
      }
      equal((await rejection(echo(new Uint8Array(513)))).code, "KNT_ERROR_3");
    }),
  "a SharedArrayBuffer is refused, with what to do instead": () =>
    withPool({}, async ({ echo }) => {
      for (const value of [new SharedArrayBuffer(8), new Envelope({}, new SharedArrayBuffer(8))]) {
        const { code, message } = await rejection(echo(value));
        equal(code, "KNT_ERROR_3");
        ok(/SharedArrayBuffer cannot cross .*worker\.bootstrap/.test(message), message);
      }
    }),
  "a blob and a function are refused": () =>
    withPool({}, async ({ echo }) => {
      equal((await rejection(echo(new Blob([]) as unknown))).code, "KNT_ERROR_3");
      equal((await rejection(echo(() => 1))).code, "KNT_ERROR_0");
    }),
};
