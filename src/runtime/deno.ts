/**
 * Deno.
 *
 * @module
 */

import { countCopy } from "./kept_memory.ts";
import {
  adaptFunctions,
  type NativeFunction,
  type NativeSymbol,
  type NativeType,
} from "./native_module.ts";
import { nodeThread } from "./node_thread.ts";
import { RawMemory } from "./raw_memory.ts";
import { SHORT_TEXT, WIDE, writeShortOneByte } from "./short_text.ts";
import type { Files, Runtime } from "./runtime.ts";

const encoder = new TextEncoder();

/** The `Buffer` writers are loops in JavaScript here; `encodeInto` is native, and exact for ASCII. */
class DenoMemory extends RawMemory {
  override tryWriteOneByte(text: string, at: number, length: number): boolean {
    if (length <= SHORT_TEXT) return writeShortOneByte(this.bytes, text, at, length);
    if (WIDE.test(text)) return false;
    const { read } = encoder.encodeInto(text, this.bytes.subarray(at, at + length));
    return read === length || writeShortOneByte(this.bytes, text, at, length);
  }

  override writeTwoByte(text: string, at: number): void {
    const { bytes } = this;
    for (let i = 0; i < text.length; i++, at += 2) {
      const unit = text.charCodeAt(i);
      bytes[at] = unit;
      bytes[at + 1] = unit >> 8;
    }
  }

  override copyOut(at: number, lengthBytes: number): Uint8Array {
    countCopy(lengthBytes);
    return super.copyOut(at, lengthBytes);
  }
}

/** A message copies any text natively, which the loops above cannot match; it costs a few us. */
const MESSAGE_FROM_CHARACTERS = 2048;
/** Text that is not ASCII mostly shows it early; the whole of it would take too long to look at. */
const SAMPLE_CHARACTERS = 1024;
// deno-lint-ignore no-control-regex
const NOT_ASCII = /[^\x00-\x7f]/;

/** Moving memory costs some microseconds, however much it is; it saves one copy. */
const MOVE_FROM_BYTES = 262144;

/** Without `node:fs`, which takes Deno ten milliseconds to load. */
const denoFiles: Files = {
  exists(path) {
    try {
      Deno.statSync(path);
      return true;
    } catch {
      return false;
    }
  },
  realPath: (path) => Deno.realPathSync(path),
  entries: (folder) =>
    Array.from(Deno.readDirSync(folder), ({ name, isSymlink }) => ({ name, isLink: isSymlink })),
};

/** The adapter for Deno. */
export const adapter: Runtime = {
  name: "deno",
  rawMemory: (buffer) => new DenoMemory(buffer),
  hasPipes: true,
  prefersMessage: (text) =>
    text.length >= MESSAGE_FROM_CHARACTERS &&
    (WIDE.test(text) || NOT_ASCII.test(text.slice(0, SAMPLE_CHARACTERS))),
  prefersMove: (lengthBytes) => lengthBytes >= MOVE_FROM_BYTES,
  hasAsyncStacks: true,
  hasThreadFlags: false,
  passesErrors: true,
  startThread: nodeThread,
  files: denoFiles,
  bindFunctions,
  dropNative(paths) {
    for (const path of paths) Deno.permissions.revokeSync({ name: "ffi", path }); // not covered: only in worker processes, which end without writing coverage
  },
};

const FFI_TYPES: Readonly<Record<NativeType, Deno.NativeType>> = {
  i32: "i32",
  i64: "i64",
  u64: "u64",
  text: "buffer",
  buffer: "buffer",
};

function bindFunctions(
  path: string,
  symbols: Readonly<Record<string, NativeSymbol>>,
): Record<string, NativeFunction> {
  const table = Object.fromEntries(
    Object.entries(symbols).map(([name, { parameters, result }]) => [
      name,
      { parameters: parameters.map((type) => FFI_TYPES[type]), result: FFI_TYPES[result] },
    ]),
  );
  const { symbols: bound } = Deno.dlopen(path, table as Deno.ForeignLibraryInterface);
  return adaptFunctions(bound as Record<string, (...args: unknown[]) => unknown>, symbols);
}
