/**
 * Node.
 *
 * @module
 */

import process from "node:process";
import { loadAddon } from "./native_module.ts";
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

/** `latin1Write` and `ucs2Write` are memory copies here; reading UTF-8 is not. */
class NodeMemory implements RawMemory {
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

/** Moving memory costs a few microseconds, however much it is; it saves one copy. */
const MOVE_FROM = 262144;

/** The adapter for Node. */
export const node: Runtime = {
  name: "node",
  rawMemory: (buffer) => new NodeMemory(buffer),
  prefersMessage: () => false,
  prefersMove: (lengthBytes) => lengthBytes >= MOVE_FROM,
  hasAsyncStacks: true,
  hasThreadFlags: true,
  bindFunctions: loadAddon,
  dropNative,
};

/** Not every version can. */
function dropNative(paths: readonly string[]): void {
  const { permission } = process as { permission?: { drop?(scope: string): void } };
  if (paths.length > 0) permission?.drop?.("addon");
}
