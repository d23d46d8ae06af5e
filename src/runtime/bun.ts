/**
 * Bun.
 *
 * @module
 */

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
};
