// How are bytes best copied into shared memory and out of it? `adapter` is what src/runtime/*.ts does; V8
// copies shared memory by words, which is what `set` and `slice` show; what `Buffer` has is a memcpy on Node.

import { Buffer } from "node:buffer";
import { rawMemory } from "../src/runtime/current.ts";
import { bytesOf, sizeName } from "./support/payloads.ts";
import { question } from "./support/question.ts";

const SIZES = [256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576];
const MEMORY_BYTES = 2 * 1024 * 1024;
/** Where the bytes lie. */
const AT = 64;

/** Copies `bytes` to `AT`, or as many from there. */
type Copy = (bytes: Uint8Array) => unknown;

const INTO: Record<string, (memory: SharedArrayBuffer) => Copy> = {
  adapter: (memory) => {
    const raw = rawMemory(memory);
    return (bytes) => raw.copyIn(bytes, AT, bytes.length);
  },
  set: (memory) => {
    const room = new Uint8Array(memory);
    return (bytes) => room.set(bytes, AT);
  },
  "Buffer.fill": (memory) => {
    const room = Buffer.from(memory);
    return (bytes) => room.fill(bytes, AT, AT + bytes.length);
  },
};

const OUT: Record<string, (memory: SharedArrayBuffer) => Copy> = {
  adapter: (memory) => {
    const raw = rawMemory(memory);
    return ({ length }) => raw.copyOut(AT, length);
  },
  slice: (memory) => {
    const bytes = new Uint8Array(memory);
    return ({ length }) => bytes.slice(AT, AT + length);
  },
  "Buffer.copy": (memory) => {
    const buffer = Buffer.from(memory);
    return ({ length }) => {
      const copy = Buffer.allocUnsafeSlow(length);
      buffer.copy(copy, 0, AT, AT + length);
      return copy;
    };
  },
};

const copies = question("copy", "How are bytes best copied into shared memory and out of it?");

for (const [title, ways] of [["into", INTO], ["out of", OUT]] as const) {
  const group = copies.group(
    `${title} shared memory`,
    Object.entries(ways).map(([name, over]) => ({
      name,
      open: () => over(new SharedArrayBuffer(MEMORY_BYTES)),
    })),
  );
  for (const size of SIZES) {
    group.cell(`${title} ${sizeName(size)}`, (copy) => {
      const bytes = bytesOf(size);
      return { batch: () => kept = copy(bytes) };
    }, { sync: true, roundMs: 50 });
  }
}

/** What nobody reads might not be computed. */
export let kept: unknown;
