/**
 * Memory that threads and processes share without copying.
 *
 * @module
 */

import { received } from "../errors.ts";
import { FileDescriptor } from "./file_descriptor.ts";
import { parseProcessSharedBufferMetadata, type ProcessSharedBufferMetadata } from "./metadata.ts";
import {
  getDefaultProcessSharedBufferPrimitives,
  type ProcessSharedBufferCreator,
  type ProcessSharedBufferMapper,
  type ProcessSharedBufferMapping,
  type ProcessSharedBufferOptions,
} from "./primitives.ts";

/** A property of every {@linkcode ProcessSharedBuffer}: tells what it is to who has another copy of the library. */
export const PROCESS_SHARED_BUFFER_BRAND: unique symbol = Symbol.for(
  "knitting.processSharedBuffer",
) as never;

/** A part of a memory object. */
export interface ProcessSharedBufferRange {
  /** Where it begins, in bytes. Default 0. */
  readonly byteOffset?: number;
  /** How many bytes. Default all that follow. */
  readonly byteLength?: number;
}

/** What {@linkcode ProcessSharedBuffer.view} can make. */
export type ProcessSharedBufferView =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** The class of a view: `Int32Array` and the like. */
export interface ProcessSharedBufferViewConstructor<T extends ProcessSharedBufferView> {
  /** Bytes of one element. */
  readonly BYTES_PER_ELEMENT: number;
  /** Makes a view. */
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): T;
}

/**
 * Memory that threads and processes share without copying. What one side writes, through a view, the
 * other sees; `Atomics.load`, `store`, `add`, `compareExchange` and the like work on it. Passed to a
 * task, or returned by one, it arrives as a `ProcessSharedBuffer` over the same memory.
 *
 * It needs the native library. `Atomics.wait` and `notify` do not work on it.
 *
 * Memory is given back by {@linkcode ProcessSharedBuffer.close}, or else when nothing refers to it any
 * more, in each thread; better do not wait for that. Names are removed with `unlinkSharedMemory` of the
 * {@linkcode getDefaultProcessSharedBufferPrimitives}, or when the process that made them ends, unless it
 * is killed by SIGKILL.
 *
 * @example
 * ```ts
 * import { createPool, isMain, task } from "@vixeny/knitting";
 * import { ProcessSharedBuffer } from "@vixeny/knitting/shared-memory";
 *
 * export const readFirst = task<ProcessSharedBuffer, number>({
 *   f: (shared) => Atomics.load(shared.view(Int32Array), 0),
 * });
 *
 * if (isMain) {
 *   await using pool = createPool({ threads: 1 })({ readFirst });
 *   using shared = ProcessSharedBuffer.create(64);
 *   Atomics.store(shared.view(Int32Array), 0, 42);
 *   console.log(await pool.call.readFirst(shared)); // 42
 * }
 * ```
 */
export class ProcessSharedBuffer {
  readonly #descriptor: FileDescriptor;
  /** Where this region begins in the memory object. */
  readonly byteOffset: number;
  /** Bytes of this region. */
  readonly byteLength: number;
  /** Shows what this is, in whatever copy of the library. */
  readonly [PROCESS_SHARED_BUFFER_BRAND] = true;

  /**
   * A region of a memory object.
   *
   * @param descriptor the memory object
   * @param range default all of it
   * @throws {RangeError} if the range is not inside
   */
  constructor(descriptor: FileDescriptor, range: ProcessSharedBufferRange = {}) {
    const { byteOffset = 0, byteLength = descriptor.size - byteOffset } = range;
    checkRange("ProcessSharedBuffer", byteOffset, byteLength, descriptor.size);
    this.#descriptor = descriptor;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
  }

  /**
   * Creates shared memory, or opens memory that has a name.
   *
   * @param options the size in bytes, or size, mode and name. New memory is filled with zeros; its size
   *   is rounded up to a multiple of 64.
   * @param primitives how it is created
   * @throws {KnittingError} `KNT_ERROR_NATIVE` without the native library; `KNT_ERROR_SHARED_MEMORY` if the
   *   system refuses, for example because the name is taken, or unknown
   * @throws {RangeError} for a size that is not positive, or a name that is too long
   * @throws {TypeError} for an unknown mode, a missing name, or one with a slash inside
   */
  static create(
    options: number | ProcessSharedBufferOptions,
    primitives: ProcessSharedBufferCreator = getDefaultProcessSharedBufferPrimitives(),
  ): ProcessSharedBuffer {
    if (typeof options !== "number" && (typeof options !== "object" || options === null)) {
      throw new TypeError(
        `ProcessSharedBuffer.create expects a size or options; received ${received(options)}`,
      );
    }
    return ProcessSharedBuffer.fromMapping(primitives.createSharedMemory(options));
  }

  /** All of a mapping. */
  static fromMapping(mapping: ProcessSharedBufferMapping): ProcessSharedBuffer {
    return new ProcessSharedBuffer(FileDescriptor.fromMapping(mapping));
  }

  /** A region of a memory object; see the constructor. */
  static fromDescriptor(
    descriptor: FileDescriptor,
    range?: ProcessSharedBufferRange,
  ): ProcessSharedBuffer {
    return new ProcessSharedBuffer(descriptor, range);
  }

  /**
   * From metadata, an object or JSON text. Nothing is mapped yet: that happens with the first view, and
   * fails if the memory object is not there any more.
   *
   * @throws {TypeError} if it is no metadata
   * @throws {RangeError} if a number in it makes no sense
   */
  static fromMetadata(metadata: ProcessSharedBufferMetadata | string): ProcessSharedBuffer {
    const { descriptor, byteOffset, byteLength } = parseProcessSharedBufferMetadata(metadata);
    return new ProcessSharedBuffer(new FileDescriptor(descriptor), { byteOffset, byteLength });
  }

  /** The same. */
  static parse(text: string): ProcessSharedBuffer {
    return ProcessSharedBuffer.fromMetadata(text);
  }

  /** Whether `value` is one, and not an object that only looks like one. */
  static is(value: unknown): value is ProcessSharedBuffer {
    return typeof value === "object" && value !== null && #descriptor in value;
  }

  /** The memory object. */
  get descriptor(): FileDescriptor {
    return this.#descriptor;
  }

  /** Handle of the memory object, in the process that created this. */
  get fd(): number {
    return this.descriptor.fd;
  }

  /** Bytes of the whole memory object. */
  get size(): number {
    return this.descriptor.size;
  }

  /**
   * A region of this region, over the same memory.
   *
   * @param byteOffset where it begins in this one
   * @param byteLength default all that follow
   * @throws {RangeError} if it is not inside
   */
  subbuffer(
    byteOffset: number,
    byteLength: number = this.byteLength - byteOffset,
  ): ProcessSharedBuffer {
    checkRange("ProcessSharedBuffer.subbuffer", byteOffset, byteLength, this.byteLength);
    return new ProcessSharedBuffer(this.descriptor, {
      byteOffset: this.byteOffset + byteOffset,
      byteLength,
    });
  }

  /**
   * This region as a typed array; nothing is copied.
   *
   * @param View `Int32Array` or the like
   * @param mapper how to map the memory if it is not yet mapped
   * @throws {RangeError} if region and elements do not fit together
   * @throws {KnittingError} `KNT_ERROR_RELEASED` after the memory was closed
   */
  view<T extends ProcessSharedBufferView>(
    View: ProcessSharedBufferViewConstructor<T>,
    mapper?: ProcessSharedBufferMapper,
  ): T {
    const { BYTES_PER_ELEMENT: bytes } = View;
    if (this.byteOffset % bytes !== 0) {
      throw new RangeError(
        `ProcessSharedBuffer.view byteOffset is not aligned for this view: ${this.byteOffset} is ` +
          `not a multiple of ${bytes}`,
      );
    }
    if (this.byteLength % bytes !== 0) {
      throw new RangeError(
        `ProcessSharedBuffer.view byteLength is not aligned for this view: ${this.byteLength} is ` +
          `not a multiple of ${bytes}`,
      );
    }
    return new View(this.getBuffer(mapper), this.byteOffset, this.byteLength / bytes);
  }

  /** This region as bytes; nothing is copied. */
  bytes(mapper?: ProcessSharedBufferMapper): Uint8Array {
    return this.view(Uint8Array, mapper);
  }

  /** This region as a `DataView`; nothing is copied. */
  dataView(mapper?: ProcessSharedBufferMapper): DataView {
    return new DataView(this.getBuffer(mapper), this.byteOffset, this.byteLength);
  }

  /**
   * The whole memory object, of which this is a region.
   *
   * @throws {KnittingError} `KNT_ERROR_RELEASED` after the memory was closed
   */
  getBuffer(mapper?: ProcessSharedBufferMapper): ArrayBuffer | SharedArrayBuffer {
    return this.descriptor.getBuffer(mapper);
  }

  /**
   * The same as a `SharedArrayBuffer`, which stays valid after {@linkcode close}.
   *
   * @throws {TypeError} where the runtime cannot make one; Deno cannot
   */
  getSAB(mapper?: ProcessSharedBufferMapper): SharedArrayBuffer {
    return this.descriptor.getSAB(mapper);
  }

  /** The same. */
  getSharedArrayBuffer(mapper?: ProcessSharedBufferMapper): SharedArrayBuffer {
    return this.getSAB(mapper);
  }

  /** {@linkcode getSAB} with the place of this region in it. */
  getRegion(
    mapper?: ProcessSharedBufferMapper,
  ): { sab: SharedArrayBuffer; byteOffset: number; byteLength: number } {
    return { sab: this.getSAB(mapper), byteOffset: this.byteOffset, byteLength: this.byteLength };
  }

  /**
   * Gives the memory up, for all regions of it in this thread: their views are detached and read as
   * empty. Other threads and processes keep theirs. A second call does nothing.
   *
   * Asynchronous functions of the runtime that got a view, such as `zlib.deflate`, must be through: some
   * go on with memory that is gone, and the program crashes.
   */
  close(): void {
    this.descriptor.close();
  }

  /** The same. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** This in words. It does not keep the memory. */
  toMetadata(): ProcessSharedBufferMetadata {
    const { descriptor, byteOffset, byteLength } = this;
    return { version: 1, descriptor: descriptor.toMetadata(), byteOffset, byteLength };
  }

  /** The same; for `JSON.stringify`. */
  toJSON(): ProcessSharedBufferMetadata {
    return this.toMetadata();
  }

  /** The same as JSON text. */
  stringify(): string {
    return JSON.stringify(this.toMetadata());
  }

  /** The same. */
  stringifyMetadata(): string {
    return this.stringify();
  }

  /** The same. */
  toString(): string {
    return this.stringify();
  }
}

function checkRange(what: string, byteOffset: number, byteLength: number, size: number): void {
  if (!Number.isInteger(byteOffset) || byteOffset < 0 || byteOffset > size) {
    throw new RangeError(`${what} byteOffset is out of bounds: ${byteOffset} of ${size}`);
  }
  if (!Number.isInteger(byteLength) || byteLength < 0 || byteOffset + byteLength > size) {
    throw new RangeError(
      `${what} byteLength is out of bounds: ${byteLength} from ${byteOffset} of ${size}`,
    );
  }
}
