/**
 * What a `ProcessSharedBuffer` needs of the system: how memory is created, mapped and unlinked. The
 * default is the native library; a test, or an embedder, can bring something else.
 *
 * @module
 */

import type { RuntimeName } from "../runtime/runtime.ts";
import { nativePrimitives } from "./native_primitives.ts";

/** What kind of buffer a mapping gives. */
export type ProcessSharedBufferKind = "shared-array-buffer" | "external-array-buffer";

/** Shared memory, mapped into this program. */
export interface ProcessSharedBufferMapping {
  /** The runtime that mapped it. */
  readonly runtime: RuntimeName;
  /** Handle of the memory object in this process. */
  readonly fd: number;
  /** The name, if it has one. */
  readonly name?: string;
  /** Size in bytes. */
  readonly size: number;
  /** The same. */
  readonly byteLength: number;
  /** All of the memory. */
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  /** What {@linkcode buffer} is. */
  readonly kind: ProcessSharedBufferKind;
  /** A `SharedArrayBuffer` over the same memory, where the runtime can make one. */
  readonly sab?: SharedArrayBuffer | undefined;
  /** {@linkcode buffer}, if it is an `ArrayBuffer`. */
  readonly arrayBuffer?: ArrayBuffer;
  /** The address modulo 64. */
  readonly baseAddressMod64?: number;
  /** The address, for diagnostics. */
  readonly unsafePointer?: unknown;
  /** Gives the memory up: all views are detached, and read as empty. A second call does nothing. */
  close?(): void;
}

/** What is to be created or opened. */
export interface ProcessSharedBufferOptions {
  /** Bytes; rounded up to a multiple of 64. */
  readonly size: number;
  /**
   * `"anonymous"` makes memory without a name, which crosses through pools alone; `"create"` makes memory
   * with a name that must be free; `"open"` opens memory that has one. Default `"anonymous"`.
   */
  readonly mode?: "anonymous" | "create" | "open";
  /**
   * 1 to 240 bytes, on macOS to 30; no slash but one in front. Whoever knows the name, and is the same
   * user, has the memory, and on Linux can make it shorter, which ends programs that touch what is gone:
   * make it hard to guess.
   */
  readonly name?: string;
}

/** What is to be mapped. */
export interface ProcessSharedBufferMapOptions {
  /** Handle of the memory object in this process; not looked at if there is a name. */
  readonly fd: number;
  /** The name to open instead. */
  readonly name?: string;
  /** Bytes to map. */
  readonly size: number;
  /**
   * Whether to map a duplicate of `fd` and leave `fd` to the caller. Default `true`. With `false`, `fd` is
   * closed together with the mapping; it is left alone if it cannot be mapped.
   */
  readonly duplicateFd?: boolean;
}

/** Creates memory. */
export interface ProcessSharedBufferCreator {
  /** Creates or opens shared memory, and maps it. */
  createSharedMemory(options: number | ProcessSharedBufferOptions): ProcessSharedBufferMapping;
}

/** Maps memory. */
export interface ProcessSharedBufferMapper {
  /** Maps shared memory that is there. */
  mapSharedMemory(options: ProcessSharedBufferMapOptions): ProcessSharedBufferMapping;
}

/** Everything a {@linkcode ProcessSharedBuffer} needs of the system. */
export interface ProcessSharedBufferPrimitives
  extends ProcessSharedBufferCreator, ProcessSharedBufferMapper {
  /** Removes a name; whether there was one to remove. Who has the memory open keeps it. */
  unlinkSharedMemory?(name: string): boolean;
}

let primitives: ProcessSharedBufferPrimitives = nativePrimitives;

/**
 * How `ProcessSharedBuffer` creates and maps memory, unless it is told otherwise.
 *
 * @returns those that were set with {@linkcode setDefaultProcessSharedBufferPrimitives}, or the native ones
 *
 * @example
 * ```ts
 * import { getDefaultProcessSharedBufferPrimitives } from "@vixeny/knitting/shared-memory";
 *
 * const removed = getDefaultProcessSharedBufferPrimitives().unlinkSharedMemory?.("no-such-memory");
 * console.log(removed); // false
 * ```
 */
export function getDefaultProcessSharedBufferPrimitives(): ProcessSharedBufferPrimitives {
  return primitives;
}

/**
 * Changes how `ProcessSharedBuffer` creates and maps memory in this thread.
 *
 * @param changed the new ones; `undefined` for the native ones
 *
 * @example
 * ```ts
 * import { setDefaultProcessSharedBufferPrimitives } from "@vixeny/knitting/shared-memory";
 *
 * setDefaultProcessSharedBufferPrimitives(undefined); // back to the native ones
 * ```
 */
export function setDefaultProcessSharedBufferPrimitives(
  changed: ProcessSharedBufferPrimitives | undefined,
): void {
  primitives = changed ?? nativePrimitives;
}
