/**
 * Bun.
 *
 * @module
 */

import { createRequire } from "node:module";
import {
  adaptFunctions,
  type NativeFunction,
  type NativeSymbol,
  type NativeType,
} from "./native_module.ts";
import {
  copyBytes,
  type FastBuffer,
  fastBuffer,
  type RawMemory,
  SHORT_TEXT,
  WIDE,
  writeShortOneByte,
} from "./raw_memory.ts";
import type { Runtime } from "./runtime.ts";

/** All native calls are cheap here; finding out whether text is wide is a scan, but a fast one. */
class BunMemory implements RawMemory {
  readonly #buffer: FastBuffer;
  readonly #bytes: Uint8Array;

  constructor(buffer: ArrayBufferLike) {
    this.#buffer = fastBuffer(buffer);
    this.#bytes = new Uint8Array(buffer);
  }

  tryWriteOneByte(text: string, at: number, length: number): boolean {
    if (length <= SHORT_TEXT) return writeShortOneByte(this.#bytes, text, at, length);
    if (WIDE.test(text)) return false;
    this.#buffer.latin1Write(text, at, length);
    return true;
  }

  writeTwoByte(text: string, at: number): void {
    this.#buffer.ucs2Write(text, at, text.length * 2);
  }

  readOneByte(at: number, lengthBytes: number): string {
    return this.#buffer.latin1Slice(at, at + lengthBytes);
  }

  readTwoByte(at: number, lengthBytes: number): string {
    return this.#buffer.ucs2Slice(at, at + lengthBytes);
  }

  copyOut(at: number, lengthBytes: number): ArrayBuffer {
    return copyBytes(this.#bytes, at, lengthBytes);
  }
}

/** A message hands text over by reference, at a cost that does not depend on its length. */
const MESSAGE_FROM = 1024;

/** The adapter for Bun. */
export const bun: Runtime = {
  name: "bun",
  rawMemory: (buffer) => new BunMemory(buffer),
  prefersMessage: (text) => text.length >= MESSAGE_FROM,
  prefersMove: () => false,
  hasAsyncStacks: false,
  hasThreadFlags: false,
  bindFunctions,
  dropNative() {}, // there are no permissions
};

const FFI_TYPES: Readonly<Record<NativeType, string>> = {
  i32: "i32",
  i64: "i64",
  u64: "u64",
  text: "ptr",
  buffer: "ptr",
};

/** The part of `bun:ffi` that is used here. */
interface BunFfi {
  dlopen(
    path: string,
    table: Record<string, { args: string[]; returns: string }>,
  ): { symbols: Record<string, (...args: unknown[]) => unknown> };
}

function bindFunctions(
  path: string,
  symbols: Readonly<Record<string, NativeSymbol>>,
): Record<string, NativeFunction> {
  const { dlopen }: BunFfi = createRequire(import.meta.url)("bun:ffi");
  const table = Object.fromEntries(
    Object.entries(symbols).map(([name, { parameters, result }]) => [
      name,
      { args: parameters.map((type) => FFI_TYPES[type]), returns: FFI_TYPES[result] },
    ]),
  );
  return adaptFunctions(dlopen(path, table).symbols, symbols);
}
