// The helpers of ./utils. Compiled only: scripts/check_types.ts.

import {
  type BufferLike,
  bufferToBytes,
  bufferToJson,
  bufferToNumbers,
  bufferToString,
  bytesToBuffer,
  jsonToBuffer,
  type NumberBufferOptions,
  type NumberFormat,
  numbersToBuffer,
  stringToBuffer,
} from "../../src/utils.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<_Proof extends true>(): void {}

declare const source: BufferLike;
declare const anyFormat: NumberFormat;
declare const anyOptions: NumberBufferOptions;

export function sources(): void {
  const all: BufferLike[] = [
    new ArrayBuffer(1),
    new SharedArrayBuffer(1),
    new DataView(new ArrayBuffer(1)),
    new BigInt64Array(1),
  ];
  all.map((one) => bufferToBytes(one));
  // @ts-expect-error: not a buffer
  bufferToBytes("text");
  // @ts-expect-error: not text
  stringToBuffer(1);
  // @ts-expect-error: not numbers
  numbersToBuffer(["1"]);
  numbersToBuffer(new Int8Array(1));
  // @ts-expect-error: not a format
  numbersToBuffer([1], { format: "u8" });
}

export function results(): void {
  const bytes = bufferToBytes(source);
  same<Same<typeof bytes, Uint8Array>>();
  const made = [bytesToBuffer(source), stringToBuffer(""), jsonToBuffer({}), numbersToBuffer([])];
  same<Same<typeof made, SharedArrayBuffer[]>>();
  const text = bufferToString(source);
  same<Same<typeof text, string>>();
  const parsed = bufferToJson<{ a: number }>(source);
  same<Same<typeof parsed, { a: number }>>();
  const unknown = bufferToJson(source);
  same<Same<typeof unknown, unknown>>();
}

/** The array is that of the format. */
export function numbers(): void {
  const byDefault = bufferToNumbers(source);
  same<Same<typeof byDefault, Float64Array>>();
  const empty = bufferToNumbers(source, {});
  same<Same<typeof empty, Float64Array>>();
  const f64 = bufferToNumbers(source, { format: "f64" });
  same<Same<typeof f64, Float64Array>>();
  const f32 = bufferToNumbers(source, { format: "f32" });
  same<Same<typeof f32, Float32Array>>();
  const i32 = bufferToNumbers(source, { format: "i32" });
  same<Same<typeof i32, Int32Array>>();
  const options: NumberBufferOptions<"i32"> = { format: "i32" };
  const typed = bufferToNumbers(source, options);
  same<Same<typeof typed, Int32Array>>();
  const some = bufferToNumbers(source, { format: anyFormat });
  same<Same<typeof some, Float64Array | Float32Array | Int32Array>>();
  const any = bufferToNumbers(source, anyOptions);
  same<Same<typeof any, Float64Array | Float32Array | Int32Array>>();
  // @ts-expect-error: not a format
  bufferToNumbers(source, { format: "u8" });
}
