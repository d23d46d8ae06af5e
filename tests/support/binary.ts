/**
 * The same bytes in memory of every sort, and memory that is gone.
 *
 * @module
 */

import { Buffer } from "node:buffer";

interface View {
  readonly name: string;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): ArrayBufferView;
}

interface TypedArray extends View {
  readonly BYTES_PER_ELEMENT: number;
  new (
    buffer: ArrayBufferLike,
    byteOffset?: number,
    length?: number,
  ): ArrayBufferView & (ArrayLike<number> | ArrayLike<bigint>);
}

/** All typed arrays that this runtime has. */
export const TYPED_ARRAYS: readonly TypedArray[] = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  ...[(globalThis as { Float16Array?: TypedArray }).Float16Array].filter((one) =>
    one !== undefined
  ),
];

/** All views that this runtime has. */
export const VIEWS: readonly View[] = [...TYPED_ARRAYS, DataView];

/** `bytes` in whole buffers of every sort, by name. */
export function buffersOf(bytes: Uint8Array): Record<string, ArrayBuffer | SharedArrayBuffer> {
  const length = bytes.length;
  const options = { maxByteLength: length + 100 };
  const buffers = {
    "an ArrayBuffer": new ArrayBuffer(length),
    "a SharedArrayBuffer": new SharedArrayBuffer(length),
    "a resizable ArrayBuffer": new ArrayBuffer(length, options),
    "a growable SharedArrayBuffer": new SharedArrayBuffer(length, options),
  };
  for (const buffer of Object.values(buffers)) new Uint8Array(buffer).set(bytes);
  return buffers;
}

type Sources = Record<string, ArrayBuffer | SharedArrayBuffer | ArrayBufferView>;

/**
 * `bytes` in those buffers, and in the middle of larger ones, under views that begin at `offset`. No
 * two have the same memory.
 */
export function sourcesOf(bytes: Uint8Array, offset: number): Sources {
  const around = new Uint8Array(offset + bytes.length + 5).fill(0x2a);
  around.set(bytes, offset);
  const sources: Sources = buffersOf(bytes);
  for (const [name, buffer] of Object.entries(buffersOf(around))) {
    sources[`a Uint8Array of ${name}`] = new Uint8Array(buffer, offset, bytes.length);
  }
  for (const [name, buffer] of Object.entries(buffersOf(around))) {
    sources[`a DataView of ${name}`] = new DataView(buffer, offset, bytes.length);
  }
  for (const [name, buffer] of Object.entries(buffersOf(around))) {
    sources[`a Buffer of ${name}`] = Buffer.from(buffer as ArrayBuffer, offset, bytes.length);
  }
  return sources;
}

/** Buffers and views whose memory is gone, by name. */
export function goneSources(): Sources {
  const detached = new ArrayBuffer(16);
  const cut = new ArrayBuffer(16, { maxByteLength: 16 });
  const gone: Sources = {
    "a detached ArrayBuffer": detached,
  };
  for (const View of VIEWS) {
    gone[`a ${View.name} of a detached ArrayBuffer`] = new View(detached);
    gone[`a ${View.name} beyond its ArrayBuffer`] = new View(cut, 8, 1);
  }
  gone["a Buffer of a detached ArrayBuffer"] = Buffer.from(detached);
  structuredClone(detached, { transfer: [detached] });
  cut.resize(4);
  return gone;
}

/** What is neither a buffer nor a view, by name. */
export const NO_BUFFERS: Record<string, unknown> = {
  "undefined": undefined,
  "null": null,
  "a number": 8,
  "a bigint": 8n,
  "a boolean": true,
  "text": "text",
  "a symbol": Symbol("buffer"),
  "a function": () => {},
  "an array": [1, 2, 3],
  "an object": { byteLength: 4 },
  "a Map": new Map(),
};
