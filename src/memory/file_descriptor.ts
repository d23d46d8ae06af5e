/**
 * A memory object of the system, mapped or not yet. All regions of it share one.
 *
 * @module
 */

import type { RuntimeName } from "../runtime/runtime.ts";
import type { FileDescriptorMetadata } from "./metadata.ts";
import { closedError } from "./native_primitives.ts";
import {
  getDefaultProcessSharedBufferPrimitives,
  type ProcessSharedBufferKind,
  type ProcessSharedBufferMapper,
  type ProcessSharedBufferMapping,
} from "./primitives.ts";

/** A memory object of the system. */
export class FileDescriptor {
  /** Handle of the memory object, in the process that created this. */
  readonly fd: number;
  /** The name, if it has one. */
  readonly name: string | undefined;
  /** Size in bytes. */
  readonly size: number;
  /** The same. */
  readonly byteLength: number;
  /** The runtime that mapped it first. */
  readonly runtime: RuntimeName | undefined;
  /** What its buffer is there. */
  readonly kind: ProcessSharedBufferKind | undefined;
  /** The address there, modulo 64. */
  readonly baseAddressMod64: number | undefined;
  #mapping: ProcessSharedBufferMapping | undefined;

  /**
   * A memory object that is not mapped yet.
   *
   * @param source what is known of it
   */
  constructor(source: Omit<FileDescriptorMetadata, "version">) {
    this.fd = source.fd;
    this.name = source.name;
    this.size = source.size;
    this.byteLength = source.byteLength;
    this.runtime = source.runtime;
    this.kind = source.kind;
    this.baseAddressMod64 = source.baseAddressMod64;
  }

  /** The memory of a mapping. */
  static fromMapping(mapping: ProcessSharedBufferMapping): FileDescriptor {
    return new FileDescriptor(mapping).attach(mapping);
  }

  /** Where it is mapped in this thread, if it is. */
  get mapping(): ProcessSharedBufferMapping | undefined {
    return this.#mapping;
  }

  /** Says where it is mapped. */
  attach(mapping: ProcessSharedBufferMapping): this {
    this.#mapping = mapping;
    return this;
  }

  /** Where it is mapped; maps it if it is not. */
  map(
    mapper: ProcessSharedBufferMapper = getDefaultProcessSharedBufferPrimitives(),
  ): ProcessSharedBufferMapping {
    const { fd, name, size } = this;
    return this.#mapping ??= mapper.mapSharedMemory({
      fd,
      size,
      ...(name !== undefined && { name }),
    });
  }

  /**
   * All of the memory.
   *
   * @throws {KnittingError} `KNT_ERROR_RELEASED` after it was closed
   */
  getBuffer(mapper?: ProcessSharedBufferMapper): ArrayBuffer | SharedArrayBuffer {
    const { buffer } = this.map(mapper);
    if (buffer instanceof ArrayBuffer && buffer.detached) {
      throw closedError(", or its buffer was moved elsewhere");
    }
    return buffer;
  }

  /**
   * The same as a `SharedArrayBuffer`.
   *
   * @throws {TypeError} where the runtime cannot make one
   */
  getSAB(mapper?: ProcessSharedBufferMapper): SharedArrayBuffer {
    const buffer = this.getBuffer(mapper);
    if (buffer instanceof SharedArrayBuffer) return buffer;
    const { sab, runtime, kind } = this.map(mapper);
    if (sab !== undefined) return sab; // not covered: the runtimes go both ways, but lcov does not say which
    throw new TypeError(`${runtime} mapping is ${kind}; a native SAB wrapper is required`);
  }

  /** Gives the memory up, if it is mapped and can be. */
  close(): void {
    this.#mapping?.close?.();
  }

  /** This in words. */
  toMetadata(): FileDescriptorMetadata {
    const { fd, size, byteLength, runtime, kind, baseAddressMod64, name } = this;
    return {
      version: 1,
      fd,
      size,
      byteLength,
      ...(runtime !== undefined && { runtime }),
      ...(kind !== undefined && { kind }),
      ...(baseAddressMod64 !== undefined && { baseAddressMod64 }),
      ...(name !== undefined && { name }),
    };
  }

  /** The same; for `JSON.stringify`. */
  toJSON(): FileDescriptorMetadata {
    return this.toMetadata();
  }

  /** This as JSON text. */
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
