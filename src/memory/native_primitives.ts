/**
 * Shared memory of the native library: what `ProcessSharedBuffer` is made of by default.
 *
 * @module
 */

import { KnittingError, received } from "../errors.ts";
import { HeldMemory } from "../native/held_memory.ts";
import { nativeLibrary } from "../native/library.ts";
import { checked } from "../native/system_error.ts";
import { runtime } from "../runtime/current.ts";
import type { RuntimeName } from "../runtime/runtime.ts";
import { forgetName, knowName } from "./known_memory.ts";
import type {
  ProcessSharedBufferMapping,
  ProcessSharedBufferOptions,
  ProcessSharedBufferPrimitives,
} from "./primitives.ts";

/** Sizes are multiples of a cache line. */
const LINE_BYTES = 64;
const MAX_HANDLE = 2 ** 31 - 1;
/** `KNIT_ENODEV` of ../../ffi/knitting.h: it is no memory, or can be made shorter. */
const ENODEV = 19;

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

/** Shared memory of the native library. */
export const nativePrimitives: Required<ProcessSharedBufferPrimitives> = {
  createSharedMemory(options) {
    const { size, mode, name } = checkedOptions(options);
    if (mode === "open") return known(mapByName(name, size));
    const { call } = nativeLibrary();
    if (mode === "anonymous") {
      return mapped(call.knit_memory_create(size), size, `create ${size} bytes of shared memory`);
    }
    const plain = checkedName(name);
    const what = `create the shared memory "${plain}"`;
    return known(mapped(call.knit_memory_create_named(plain, size), size, what, { name: plain }));
  },

  mapSharedMemory({ fd, name, size, duplicateFd = true }) {
    if (name !== undefined) return known(mapByName(name, size));
    const whole = checkedSize(size);
    const given = checkedHandle(fd);
    const handle = duplicateFd ? nativeLibrary().call.knit_handle_duplicate(given) : given;
    return mapped(handle, whole, `map the handle ${given}`, { owned: duplicateFd });
  },

  unlinkSharedMemory(name) {
    const plain = checkedName(name);
    forgetName(plain);
    return nativeLibrary().call.knit_memory_unlink(plain) === 0;
  },
};

/** The program itself names it, so its workers may. */
function known(mapping: NativeMapping): NativeMapping {
  knowName(mapping.name!, mapping.identity);
  return mapping;
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
  const result = call.knit_handle_reopen(processId, checkedHandle(fd));
  if (result === -ENODEV) {
    throw new KnittingError(
      "KNT_ERROR_SHARED_MEMORY",
      `Cannot ${what}: it was given up, or its size can be changed, so it was not made by knitting`,
    );
  }
  const handle = checked(result, what);
  if (call.knit_memory_identity(handle) !== identity) {
    call.knit_handle_close(handle);
    throw closedError(": its memory was given up before it was received");
  }
  return mapped(handle, whole, what);
}

/** Maps memory by its name. */
export function mapByName(name: unknown, size: number): NativeMapping {
  const plain = checkedName(name);
  const whole = checkedSize(size);
  const handle = nativeLibrary().call.knit_memory_open_named(plain);
  return mapped(handle, whole, `open the shared memory "${plain}"`, { name: plain });
}

/**
 * @param what for the message of the error, as in "Cannot <what>"
 * @param extra `owned`: whether the handle is closed if it cannot be mapped
 */
function mapped(
  handle: number,
  size: number,
  what: string,
  { name, owned = true }: { name?: string; owned?: boolean } = {},
): NativeMapping {
  return new NativeMapping(HeldMemory.open(checked(handle, what), size, what, owned), name);
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
