/**
 * What a `ProcessSharedBuffer` is made of: how memory is created, mapped and unlinked. The default ones
 * use the native library; a test, or an embedder, can bring others.
 *
 * @module
 */

import { KnittingError, received } from "../errors.ts";
import { HeldMemory } from "../native/held_memory.ts";
import { nativeLibrary } from "../native/library.ts";
import { checked } from "../native/system_error.ts";
import { runtime } from "../runtime/current.ts";
import type { RuntimeName } from "../runtime/runtime.ts";

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

/** Sizes are multiples of a cache line. */
const LINE_BYTES = 64;
const MAX_HANDLE = 2 ** 31 - 1;

/** A mapping made by the native library. */
export class NativeMapping implements ProcessSharedBufferMapping {
  readonly runtime: RuntimeName = runtime.name;
  readonly kind = "external-array-buffer";
  readonly baseAddressMod64 = 0;
  readonly name?: string;
  readonly fd: number;
  readonly size: number;
  /** The memory itself. */
  readonly held: HeldMemory;
  #sab: SharedArrayBuffer | undefined;
  #identity: number | undefined;

  constructor(held: HeldMemory, name: string | undefined) {
    this.held = held;
    this.fd = held.handle;
    this.size = held.buffer.byteLength;
    if (name !== undefined) this.name = name;
  }

  get byteLength(): number {
    return this.size;
  }

  get buffer(): ArrayBuffer {
    return this.held.buffer;
  }

  get arrayBuffer(): ArrayBuffer {
    return this.held.buffer;
  }

  get sab(): SharedArrayBuffer | undefined {
    if (this.held.closed) return undefined;
    return this.#sab ??= this.held.sharedBuffer();
  }

  /** A number by which processes tell this memory from other memory. */
  get identity(): number {
    return this.#identity ??= nativeLibrary().call.knit_memory_identity(this.fd);
  }

  get unsafePointer(): bigint {
    return BigInt(this.held.closed ? 0 : this.held.address);
  }

  close(): void {
    this.#sab = undefined;
    this.held.close();
  }
}

const nativePrimitives: Required<ProcessSharedBufferPrimitives> = {
  createSharedMemory(options) {
    const { size, mode, name } = checkedOptions(options);
    const { call } = nativeLibrary();
    if (mode === "anonymous") {
      const what = `create ${size} bytes of shared memory`;
      return new NativeMapping(open(call.knit_memory_create(size), size, what), undefined);
    }
    const plain = checkedName(name);
    const what = `${mode} the shared memory "${plain}"`;
    const handle = mode === "open"
      ? call.knit_memory_open_named(plain)
      : call.knit_memory_create_named(plain, size);
    return new NativeMapping(open(handle, size, what), plain);
  },

  mapSharedMemory({ fd, name, size, duplicateFd = true }) {
    if (name !== undefined) return mapByName(name, size);
    const whole = checkedSize(size);
    const given = checkedHandle(fd);
    const handle = duplicateFd ? nativeLibrary().call.knit_handle_duplicate(given) : given;
    const held = open(handle, whole, `map the handle ${given}`, duplicateFd);
    return new NativeMapping(held, undefined);
  },

  unlinkSharedMemory(name) {
    return nativeLibrary().call.knit_memory_unlink(checkedName(name)) === 0;
  },
};

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

/**
 * Maps memory that another process has, by its handle there.
 *
 * @param identity of that memory: the process may have closed the handle, and use its number again
 * @throws {KnittingError} `KNT_ERROR_SHARED_MEMORY` if that process could make the memory shorter later,
 *   which would end this one when it touches what is gone
 */
export function mapFromProcess(
  processId: number,
  fd: number,
  size: number,
  identity: number,
): NativeMapping {
  const what = `map the memory that process ${processId} has shared`;
  const whole = checkedSize(size);
  const { call } = nativeLibrary();
  const handle = checked(call.knit_handle_reopen(processId, checkedHandle(fd)), what);
  if (call.knit_memory_identity(handle) !== identity) {
    call.knit_handle_close(handle);
    throw closedError(": its memory was given up before it was received");
  }
  if (call.knit_memory_is_fixed(handle) !== 1) {
    call.knit_handle_close(handle);
    throw new KnittingError(
      "KNT_ERROR_SHARED_MEMORY",
      `Cannot ${what}: it has no name, and its size can be changed, so it was not made by knitting`,
    );
  }
  return new NativeMapping(open(handle, whole, what), undefined);
}

/** Maps memory by its name. */
export function mapByName(name: string, size: number): NativeMapping {
  const plain = checkedName(name);
  const whole = checkedSize(size);
  const handle = nativeLibrary().call.knit_memory_open_named(plain);
  return new NativeMapping(open(handle, whole, `open the shared memory "${plain}"`), plain);
}

function open(handle: number, size: number, what: string, owned = true): HeldMemory {
  return HeldMemory.open(checked(handle, what), size, what, owned);
}

function checkedOptions(options: number | ProcessSharedBufferOptions) {
  const { size, mode = "anonymous", name } = typeof options === "number"
    ? { size: options }
    : options;
  if (mode !== "anonymous" && mode !== "create" && mode !== "open") {
    throw new TypeError(
      `shared memory mode must be "anonymous", "create" or "open"; received ${received(mode)}`,
    );
  }
  return { size: Math.ceil(checkedSize(size) / LINE_BYTES) * LINE_BYTES, mode, name };
}

function checkedSize(size: unknown): number {
  if (typeof size !== "number") {
    throw new TypeError(`shared memory size must be a number; received ${received(size)}`);
  }
  const whole = Math.trunc(size);
  if (!(whole > 0 && Number.isFinite(whole))) {
    throw new RangeError(`shared memory size must be positive; received ${size}`);
  }
  if (whole > Number.MAX_SAFE_INTEGER) {
    throw new RangeError(`shared memory size must be below 2^53; received ${size}`);
  }
  return whole;
}

/** Where numbers are cut to 32 bits, a larger one would be another handle. */
function checkedHandle(fd: unknown): number {
  if (typeof fd === "number" && Number.isInteger(fd) && fd >= 0 && fd <= MAX_HANDLE) return fd;
  throw new RangeError(`fd must be an integer from 0 to ${MAX_HANDLE}; received ${received(fd)}`);
}

/** The name without its slash. */
function checkedName(name: unknown): string {
  if (name === undefined || name === "") {
    throw new TypeError("named shared memory requires a name");
  }
  if (typeof name !== "string") {
    throw new TypeError(`shared memory name must be a string; received ${received(name)}`);
  }
  const plain = name.startsWith("/") ? name.slice(1) : name;
  if (plain === "" || plain === "." || plain === ".." || /[/\\\0]/.test(plain)) {
    throw new TypeError(
      `shared memory name must have no "/", "\\" or NUL after a leading "/"; received ${
        received(name)
      }`,
    );
  }
  const most = nativeLibrary().call.knit_name_length();
  if (new TextEncoder().encode(plain).length > most) {
    throw new RangeError(
      `shared memory name must have at most ${most} bytes on this system; received ${
        received(name)
      }`,
    );
  }
  return plain;
}

/** What is said when memory is used that was given up. */
export function closedError(detail: string): KnittingError {
  return new KnittingError("KNT_ERROR_RELEASED", `ProcessSharedBuffer is closed${detail}`);
}
