/**
 * Memory that changes hands instead of being copied.
 *
 * @module
 */

import { addressOf } from "../native/address.ts";
import { runtime } from "../runtime/current.ts";
import {
  BUFFER_REFERENCE_KIND,
  type BufferReferenceMetadata,
  type BufferReferenceRuntime,
  checkMetadata,
  invalidMetadata,
  ORIGIN,
} from "./buffer_reference_metadata.ts";
import { Elsewhere } from "./elsewhere.ts";
import { OwnedBuffer } from "./owned_buffer.ts";
import { bufferWithToken, tokenOf } from "./tokens.ts";

/** How references that tasks return are kept; see `unsafe.BufferReferenceReturn` of `createPool`. */
export const BufferReferenceReturn = {
  /** They are the host's own. */
  Copy: "copy",
  /** The same, and views of them end with the pool. */
  Borrow: "borrow",
} as const;

/**
 * The memory of a reference; `undefined` for an object that only looks like one.
 *
 * @throws {KnittingError} if the memory is on another thread, or in another process
 */
export let ownedBy: (value: object) => OwnedBuffer | undefined;

/** Whether `value` is a reference, and not an object that looks like one. Runs no code of others. */
export let isReference: (value: object) => value is BufferReference;

/**
 * Owns the memory of an `ArrayBuffer`, and moves it: passed to a task, or returned by one, it takes the
 * memory with it, and no byte is copied. It may also be the body of an `Envelope`.
 *
 * Making one detaches the source, which is empty from then on. After it was sent, the reference of the
 * sender counts as released. What a task was given is released when its call has settled, unless it
 * was returned. Views of released memory read empty; memory is freed once and never read after that.
 *
 * Threads of one process only. It pays for large buffers, as a rule from 16 KiB on.
 *
 * @example
 * ```ts
 * import { createPool, isMain } from "@vixeny/knitting";
 * import { BufferReference } from "@vixeny/knitting/unsafe";
 *
 * export const invert = (reference: BufferReference) => {
 *   const pixels = reference.toUint8Array(); // what was moved here
 *   for (let i = 0; i < pixels.length; i++) pixels[i] = 255 - pixels[i]!;
 *   return reference; // moves back
 * };
 *
 * if (isMain) {
 *   await using pool = createPool({})({ invert });
 *   const pixels = Uint8Array.of(0, 64, 255);
 *   const inverted = await pool.call.invert(new BufferReference(pixels));
 *   console.log(pixels.length, [...inverted.toUint8Array()]); // 0 [ 255, 191, 0 ]
 *   inverted.release();
 * }
 * ```
 */
export class BufferReference {
  readonly #memory: OwnedBuffer | Elsewhere;

  /**
   * Takes the memory of `source` over. Of a view, the whole buffer behind it is moved, but only the
   * bytes of the view are shown. A resizable buffer is moved as it is, and cannot be resized any more.
   *
   * @param source an `ArrayBuffer`, or a view of one; detached
   * @throws {TypeError} for a `SharedArrayBuffer`, for anything else that is no `ArrayBuffer`, and for
   *   memory that is detached already or cannot be: that of WebAssembly, and that of small Buffers,
   *   which share one `ArrayBuffer`
   */
  constructor(source: ArrayBuffer | ArrayBufferView) {
    // Inside the library, memory that has an owner already comes this way.
    const isOwned = source instanceof OwnedBuffer || source instanceof Elsewhere;
    this.#memory = isOwned ? source : OwnedBuffer.takeFrom(source);
  }

  /** Bytes of the region; known also after the release. */
  get byteLength(): number {
    return this.#memory.byteLength;
  }

  /** First byte of the region in the buffer that was moved; known also after the release. */
  get byteOffset(): number {
    return this.#memory.byteOffset;
  }

  /** Whether it was made in this process, on this runtime. */
  get isLocal(): boolean {
    return this.origin === ORIGIN;
  }

  /** The runtime that it was made on. */
  get runtime(): BufferReferenceRuntime {
    return this.#memory instanceof OwnedBuffer ? runtime.name : this.#memory.runtime;
  }

  /** `"<runtime>:<process id>"` of where it was made. */
  get origin(): string {
    return this.#memory instanceof OwnedBuffer ? ORIGIN : this.#memory.origin;
  }

  /**
   * Address of the first byte, to look at. `0n` where it is not known: after the memory was released or
   * moved, and without the native library.
   */
  get pointer(): bigint {
    const isHere = this.#memory instanceof OwnedBuffer && this.#memory.isAlive;
    return isHere ? addressOf(this.toUint8Array()) : 0n;
  }

  /** Always `undefined`: what it was made from has no memory any more. */
  get source(): undefined {
    return undefined;
  }

  /**
   * The bytes, without a copy. They are this memory, until it is released or moved; then the view
   * reads empty.
   *
   * @throws {KnittingError} `KNT_ERROR_RELEASED` after that
   */
  // Uint8Array<ArrayBuffer>, in words that TypeScript can read before 5.7, too.
  toUint8Array(): ReturnType<Uint8ArrayConstructor["of"]> {
    const memory = this.#here();
    return new Uint8Array(memory.whole(), memory.byteOffset, memory.byteLength);
  }

  /**
   * The buffer itself, without a copy, if the region is all of it; else a copy of the region.
   *
   * @throws {KnittingError} `KNT_ERROR_RELEASED` after the memory was released or moved
   */
  toArrayBuffer(): ArrayBuffer {
    return this.#here().exact();
  }

  /** Frees the memory at once; views of it read empty from then on. Releasing again does nothing. */
  release(): void {
    if (this.#memory instanceof OwnedBuffer) this.#memory.release();
  }

  /** The same as {@linkcode BufferReference.release}, for `using`. */
  [Symbol.dispose](): void {
    this.release();
  }

  /**
   * The reference told as JSON. It names the memory for {@linkcode BufferReference.fromMetadata} on
   * this thread, and does not keep it alive.
   *
   * @throws {KnittingError} `KNT_ERROR_RELEASED` after the memory was released or moved
   */
  toMetadata(): BufferReferenceMetadata {
    const memory = this.#here();
    memory.whole();
    const { byteOffset, byteLength } = memory;
    return {
      kind: BUFFER_REFERENCE_KIND,
      origin: ORIGIN,
      runtime: runtime.name,
      pointer: String(this.pointer),
      token: tokenOf(memory),
      byteOffset,
      byteLength,
    };
  }

  /**
   * A second reference to the memory that `metadata` names: released or moved, both are. Metadata of
   * another thread or process, and what was made up, gives a reference that throws when it is read.
   *
   * @throws {TypeError} if it is no metadata, or tells of another region than its memory has
   */
  static fromMetadata(metadata: BufferReferenceMetadata): BufferReference {
    checkMetadata(metadata);
    const { byteOffset, byteLength, origin, token } = metadata;
    const isHere = origin === ORIGIN && metadata.runtime === runtime.name;
    const memory = isHere ? bufferWithToken(token) : undefined;
    if (memory === undefined) return referenceTo(new Elsewhere(metadata));
    if (memory.byteOffset !== byteOffset || memory.byteLength !== byteLength) {
      throw invalidMetadata(
        "byteOffset and byteLength are not those of the memory with this token",
      );
    }
    return referenceTo(memory);
  }

  #here(): OwnedBuffer {
    if (this.#memory instanceof OwnedBuffer) return this.#memory;
    throw this.#memory.error();
  }

  static {
    ownedBy = (value) => #memory in value ? value.#here() : undefined;
    isReference = (value): value is BufferReference => #memory in value;
  }
}

/** Whether there is memory here that can be read through a reference. */
export function hasMemory(reference: BufferReference): boolean {
  return ownedBy(reference)?.isAlive === true;
}

/** Detaches every view that was taken of a reference that has memory here; it gives new ones. */
export function revokeViews(reference: BufferReference): void {
  ownedBy(reference)?.revoke();
}

/** A reference to memory that has come here. */
export function referenceTo(memory: OwnedBuffer | Elsewhere): BufferReference {
  return new BufferReference(memory as never);
}
