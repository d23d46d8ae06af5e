/**
 * A `ProcessSharedBuffer` in words: what to map, and which part of it. Metadata is for people and for
 * transports of one's own; it does not keep the memory it speaks of.
 *
 * @module
 */

import { received } from "../errors.ts";
import type { RuntimeName } from "../runtime/runtime.ts";
import { runtimeNames } from "../runtime/current.ts";
import type { ProcessSharedBufferKind } from "./primitives.ts";

/** A memory object in words. */
export interface FileDescriptorMetadata {
  /** Version of this format. */
  readonly version: 1;
  /** Handle of the memory object, in the process that wrote this. */
  readonly fd: number;
  /** Size in bytes. */
  readonly size: number;
  /** The same. */
  readonly byteLength: number;
  /** The runtime that wrote this. */
  readonly runtime?: RuntimeName;
  /** What its buffer is. */
  readonly kind?: ProcessSharedBufferKind;
  /** The address there, modulo 64. */
  readonly baseAddressMod64?: number;
  /** The name, if it has one. */
  readonly name?: string;
}

/** A {@linkcode ProcessSharedBuffer} in words. */
export interface ProcessSharedBufferMetadata {
  /** Version of this format. */
  readonly version: 1;
  /** The memory object. */
  readonly descriptor: FileDescriptorMetadata;
  /** Where the region begins in it. */
  readonly byteOffset: number;
  /** How long the region is. */
  readonly byteLength: number;
}

const KINDS = ["shared-array-buffer", "external-array-buffer"];

/**
 * Reads metadata from an object or its JSON text.
 *
 * @throws {TypeError} if it is of another form
 * @throws {RangeError} if a number in it makes no sense
 *
 * @example
 * ```ts
 * import { ProcessSharedBuffer, parseProcessSharedBufferMetadata } from "@vixeny/knitting/shared-memory";
 *
 * const shared = ProcessSharedBuffer.create(64);
 * console.log(parseProcessSharedBufferMetadata(shared.stringify()).byteLength); // 64
 * shared.close();
 * ```
 */
export function parseProcessSharedBufferMetadata(source: unknown): ProcessSharedBufferMetadata {
  const what = "ProcessSharedBuffer metadata";
  const { version, descriptor, byteOffset, byteLength } = fieldsOf(fromText(source, what), what);
  checkVersion(version, what);
  return {
    version: 1,
    descriptor: parseFileDescriptorMetadata(descriptor),
    byteOffset: wholeNumber(byteOffset, `${what}: byteOffset`),
    byteLength: wholeNumber(byteLength, `${what}: byteLength`),
  };
}

/**
 * Reads the part about the memory object.
 *
 * @throws {TypeError | RangeError} as {@linkcode parseProcessSharedBufferMetadata}
 */
export function parseFileDescriptorMetadata(source: unknown): FileDescriptorMetadata {
  const what = "ProcessSharedBuffer metadata: descriptor";
  const { version, fd, size, byteLength, runtime, kind, baseAddressMod64, name } = fieldsOf(
    source,
    what,
  );
  checkVersion(version, what);
  const wholeSize = wholeNumber(size, `${what}.size`);
  if (wholeSize === 0) throw new RangeError(`${what}.size must be positive; received 0`);
  if (name !== undefined && typeof name !== "string") {
    throw new TypeError(`${what}.name must be a string; received ${received(name)}`);
  }
  return {
    version: 1,
    fd: wholeNumber(fd, `${what}.fd`),
    size: wholeSize,
    byteLength: wholeNumber(byteLength, `${what}.byteLength`),
    ...(runtime !== undefined &&
      { runtime: oneOf(runtime, runtimeNames, `${what}.runtime`) as RuntimeName }),
    ...(kind !== undefined &&
      { kind: oneOf(kind, KINDS, `${what}.kind`) as ProcessSharedBufferKind }),
    ...(baseAddressMod64 !== undefined &&
      { baseAddressMod64: wholeNumber(baseAddressMod64, `${what}.baseAddressMod64`) }),
    ...(name !== undefined && { name }),
  };
}

function fromText(source: unknown, what: string): unknown {
  if (typeof source !== "string") return source;
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw new TypeError(`${what} must be JSON; received ${received(source)}`, { cause });
  }
}

function fieldsOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new TypeError(`${what} must be an object; received ${received(value)}`);
}

function checkVersion(version: unknown, what: string): void {
  if (version === 1) return;
  throw new TypeError(`${what} must have version 1; received ${received(version)}`);
}

function wholeNumber(value: unknown, what: string): number {
  if (typeof value !== "number") {
    throw new TypeError(`${what} must be a number; received ${received(value)}`);
  }
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`${what} must be an integer that is not negative; received ${value}`);
}

function oneOf(value: unknown, allowed: readonly string[], what: string): string {
  if (typeof value === "string" && allowed.includes(value)) return value;
  throw new TypeError(`${what} must be ${allowed.join(" or ")}; received ${received(value)}`);
}
