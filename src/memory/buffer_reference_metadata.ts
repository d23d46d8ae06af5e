/**
 * A `BufferReference` told as JSON.
 *
 * @module
 */

import { received } from "../errors.ts";
import { runtime, runtimeNames } from "../runtime/current.ts";
import type { RuntimeName } from "../runtime/runtime.ts";
import { processId } from "../runtime/threads.ts";

/** The runtimes that a `BufferReference` can come from. */
export type BufferReferenceRuntime = RuntimeName;

/** What {@linkcode BufferReferenceMetadata.kind} says. */
export const BUFFER_REFERENCE_KIND = "knitting.bufferReference";

/** The name of this type of payload; the same as {@linkcode BUFFER_REFERENCE_KIND}. */
export const BUFFER_REFERENCE_CODEC_ID = "knitting.bufferReference";

/** A `BufferReference` as data that JSON can say: it names memory, and holds none. */
export interface BufferReferenceMetadata {
  /** Says that this is one. */
  readonly kind: typeof BUFFER_REFERENCE_KIND;
  /** `"<runtime>:<process id>"`. */
  readonly origin: string;
  /** The runtime that it was made on. */
  readonly runtime: BufferReferenceRuntime;
  /** Address of the first byte, in decimal digits; `"0"` where it is not known. Never used to read. */
  readonly pointer: string;
  /** Names the memory on the thread that it was made on, and nowhere else. */
  readonly token: string;
  /** First byte of the region, in its buffer. */
  readonly byteOffset: number;
  /** Bytes of the region. */
  readonly byteLength: number;
}

/** What {@linkcode BufferReferenceMetadata.origin} says here. */
export const ORIGIN = `${runtime.name}:${processId}`;

/**
 * Whether `value` has the shape of {@linkcode BufferReferenceMetadata}. That does not say that there
 * is memory behind it.
 */
export function isBufferReferenceMetadata(value: unknown): value is BufferReferenceMetadata {
  return flawOf(value) === undefined;
}

/** @throws {TypeError} if `value` has not the shape of metadata */
export function checkMetadata(value: unknown): asserts value is BufferReferenceMetadata {
  const flaw = flawOf(value);
  if (flaw !== undefined) throw invalidMetadata(flaw);
}

/** Why metadata is refused. */
export function invalidMetadata(flaw: string): TypeError {
  return new TypeError(`Invalid BufferReferenceMetadata: ${flaw}`);
}

function flawOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) {
    return `expected an object, received ${received(value)}`;
  }
  const fields = value as { readonly [name in keyof BufferReferenceMetadata]?: unknown };
  const { kind, origin, runtime, pointer, token, byteOffset, byteLength } = fields;
  if (kind !== BUFFER_REFERENCE_KIND) {
    return `kind must be "${BUFFER_REFERENCE_KIND}", received ${received(kind)}`;
  }
  if (typeof origin !== "string" || !/^[a-z]+:\d+$/.test(origin)) {
    return `origin must be "<runtime>:<process id>", received ${received(origin)}`;
  }
  if (!(runtimeNames as readonly unknown[]).includes(runtime)) {
    return `runtime must be one of ${runtimeNames.join(", ")}, received ${received(runtime)}`;
  }
  if (typeof pointer !== "string" || !/^\d+$/.test(pointer)) {
    return `pointer must be decimal digits, received ${received(pointer)}`;
  }
  if (typeof token !== "string" || token === "") {
    return `token must be a non-empty string, received ${received(token)}`;
  }
  if (!isCount(byteOffset)) {
    return `byteOffset must be a whole number, received ${received(byteOffset)}`;
  }
  if (!isCount(byteLength)) {
    return `byteLength must be a whole number, received ${received(byteLength)}`;
  }
  return undefined;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
