/**
 * Every way to write text to shared memory and to read it back.
 *
 * @module
 */

import { rawMemory } from "../../src/runtime/current.ts";
import { type FastBuffer, fastBuffer } from "../../src/runtime/raw_memory.ts";

/** Writes text at the start of the memory; returns the bytes it took. */
export type Write = (text: string) => number;
/** Reads text of so many bytes from the start of the memory. */
export type Read = (lengthBytes: number) => string;
/** What the bytes mean; names that `Buffer.from` knows. */
export type Format = "utf8" | "latin1" | "utf16le";

/** A way to write, or to read. */
export interface Way<F> {
  /** What it writes `text` as, or reads it from. */
  formatOf(text: string): Format;
  /** The function, for text of one format. */
  over(memory: SharedArrayBuffer, format: Format): F;
}

interface Slices extends FastBuffer {
  utf8Slice(start: number, end: number): string;
}

const encoder = new TextEncoder();

export const WRITERS = {
  /** What src/runtime/*.ts does. */
  adapter: way(adapterFormat, (memory): Write => {
    const raw = rawMemory(memory);
    return (text) => {
      if (raw.tryWriteOneByte(text, 0, text.length)) return text.length;
      raw.writeTwoByte(text, 0);
      return text.length * 2;
    };
  }),
  encodeInto: way("utf8", (memory): Write => {
    const bytes = new Uint8Array(memory);
    return (text) => encoder.encodeInto(text, bytes).written;
  }),
  latin1Write: way("latin1", (memory): Write => {
    const buffer = fastBuffer(memory);
    return (text) => buffer.latin1Write(text, 0, text.length);
  }),
  ucs2Write: way("utf16le", (memory): Write => {
    const buffer = fastBuffer(memory);
    return (text) => buffer.ucs2Write(text, 0, text.length * 2);
  }),
  oneByteLoop: way("latin1", (memory): Write => {
    const bytes = new Uint8Array(memory);
    return (text) => {
      for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
      return text.length;
    };
  }),
  twoByteLoop: way("utf16le", (memory): Write => {
    const units = new Uint16Array(memory);
    return (text) => {
      for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
      return text.length * 2;
    };
  }),
};

export const READERS = {
  adapter: way(adapterFormat, (memory, format): Read => {
    const raw = rawMemory(memory);
    return format === "latin1"
      ? (lengthBytes) => raw.readOneByte(0, lengthBytes)
      : (lengthBytes) => raw.readTwoByte(0, lengthBytes);
  }),
  latin1Slice: way("latin1", (memory): Read => {
    const buffer = fastBuffer(memory);
    return (lengthBytes) => buffer.latin1Slice(0, lengthBytes);
  }),
  ucs2Slice: way("utf16le", (memory): Read => {
    const buffer = fastBuffer(memory);
    return (lengthBytes) => buffer.ucs2Slice(0, lengthBytes);
  }),
  utf8Slice: way("utf8", (memory): Read => {
    const buffer = fastBuffer(memory) as Slices;
    return (lengthBytes) => buffer.utf8Slice(0, lengthBytes);
  }),
  TextDecoder: way("utf8", decoderOver("utf-8")),
  utf16Decoder: way("utf16le", decoderOver("utf-16le")),
};

function way<F>(format: Format | Way<F>["formatOf"], over: Way<F>["over"]): Way<F> {
  return { formatOf: typeof format === "string" ? () => format : format, over };
}

/** Not every adapter keeps all one-byte text at one byte a character. */
function adapterFormat(text: string): Format {
  const raw = rawMemory(new SharedArrayBuffer(text.length * 2));
  return raw.tryWriteOneByte(text, 0, text.length) ? "latin1" : "utf16le";
}

function decoderOver(encoding: string): (memory: SharedArrayBuffer) => Read {
  return (memory) => {
    const decoder = new TextDecoder(encoding, { ignoreBOM: true });
    const bytes = new Uint8Array(memory);
    return (lengthBytes) => decoder.decode(bytes.subarray(0, lengthBytes));
  };
}
