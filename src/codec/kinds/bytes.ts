/**
 * Binary data: `ArrayBuffer`, every kind of typed array, `DataView` and Node's `Buffer`. One copy in
 * and one copy out; only the viewed bytes travel, and what arrives owns its memory, exactly as long.
 *
 * @module
 */

import { bufferLength, dataView, isDetached, typedArray } from "../../memory/binary.ts";
import { asBuffer, bufferPrototype, copyBytes } from "../../runtime/current.ts";
import type { Encoder } from "../encoder.ts";
import type { Memory } from "../memory.ts";
import { typeError } from "../refusals.ts";
import { Flag, NO_SPACE, Tag } from "../tags.ts";

type ViewConstructor = new (buffer: ArrayBuffer) => ArrayBufferView;

/** The views, in the order of their tags; new ones go to the end. `undefined`: not on this runtime. */
const views: readonly (ViewConstructor | undefined)[] = [
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
  DataView,
  (globalThis as { Float16Array?: ViewConstructor }).Float16Array,
];

const BUFFER_TAG: number = Tag.FirstView + views.length;
const LAST_VIEW = BUFFER_TAG;

const tagOfPrototype: ReadonlyMap<object, number> = new Map<object, number>([
  ...views.flatMap((view, index): [object, number][] =>
    view === undefined ? [] : [[view.prototype, Tag.FirstView + index]]
  ),
  [bufferPrototype, BUFFER_TAG],
  [ArrayBuffer.prototype, Tag.ArrayBuffer],
]);

/** The tag of a binary value by its exact prototype, or `undefined`. */
export function bytesTag(prototype: object): number | undefined {
  return tagOfPrototype.get(prototype);
}

/** Whether `tag` names binary data. */
export function isBytesTag(tag: number): boolean {
  return tag >= Tag.ArrayBuffer && tag <= LAST_VIEW;
}

/** Throws for a view whose buffer was made too short for it; such a view says that it is empty. */
const { set } = Uint8Array.prototype;

/** The bytes that `value` shows, without a copy. Throws for what only looks like binary data. */
export function bytesOf(value: ArrayBuffer | ArrayBufferView, path = ""): Uint8Array {
  if (!ArrayBuffer.isView(value)) {
    checkAttached(value, path);
    return new Uint8Array(value, 0, bufferLength.call(value));
  }
  const view = value instanceof DataView ? dataView : typedArray;
  const buffer = view.buffer.call(value) as ArrayBuffer;
  checkAttached(buffer, path);
  const length: number = view.byteLength.call(value);
  if (length === 0 && view === typedArray) set.call(value as Uint8Array, []);
  return new Uint8Array(buffer, view.byteOffset.call(value), length);
}

function checkAttached(buffer: ArrayBuffer, path: string): void {
  if (isDetached(buffer)) throw typeError("the buffer is detached", path);
}

/** Encodes binary data; its tag, or `NO_SPACE`. */
export function encodeBytes(
  encoder: Encoder,
  tag: number,
  value: ArrayBuffer | ArrayBufferView,
): number {
  const bytes = tag === Tag.FirstView ? value as Uint8Array : bytesOf(value);
  const length: number = typedArray.byteLength.call(bytes);
  if (length === 0) bytesOf(value);
  if (encoder.prefersBytes(length)) {
    if (!encoder.placeBeside(length, bytesTypeName(tag))) return NO_SPACE;
    encoder.attach(copyBytes(bytes, length));
    return tag | (Flag.Attached << 8);
  }
  if (!encoder.place(length, bytesTypeName(tag))) return NO_SPACE;
  writeBytes(encoder, bytes, length);
  return tag;
}

/**
 * Another thread may have made growable memory longer since `length` was read, and a view that follows
 * it with it: so the engine itself holds the copy to the room that was reserved. Asking each view for
 * its buffer costs more; short ones have none until somebody asks.
 */
function writeBytes(encoder: Encoder, bytes: Uint8Array, length: number): void {
  const { target: { raw }, at } = encoder;
  try {
    raw.copyIn(bytes, at, length);
  } catch {
    const { buffer, byteOffset } = typedArray;
    raw.copyIn(new Uint8Array(buffer.call(bytes), byteOffset.call(bytes), length), at, length);
  }
}

/** Reads what {@linkcode encodeBytes} wrote. */
export function decodeBytes(memory: Memory, at: number, length: number, tag: number): object {
  const copy = memory.raw.copyOut(at, length);
  return tag === Tag.FirstView ? copy : ownBytes(copy.buffer as ArrayBuffer, tag);
}

/** Shows memory of its own as what `tag` says. */
export function ownBytes(copy: ArrayBuffer, tag: number): object {
  if (tag === Tag.ArrayBuffer) return copy;
  if (tag === BUFFER_TAG) return asBuffer(copy);
  return new (views[tag - Tag.FirstView]!)(copy);
}

function bytesTypeName(tag: number): string {
  if (tag === Tag.ArrayBuffer) return "ArrayBuffer";
  return tag === BUFFER_TAG ? "Buffer" : views[tag - Tag.FirstView]!.name;
}
