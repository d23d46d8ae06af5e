/**
 * One block of memory with every view the codec reads and writes through.
 *
 * @module
 */

import { rawMemory } from "../runtime/current.ts";
import type { RawMemory } from "../runtime/raw_memory.ts";

/** Views of all of `buffer`. */
export class Memory {
  readonly buffer: ArrayBufferLike;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly longs: BigInt64Array;
  readonly bytes: Uint8Array;
  readonly raw: RawMemory;

  /** @param buffer its length is a multiple of 8 */
  constructor(buffer: ArrayBufferLike) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.longs = new BigInt64Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.raw = rawMemory(buffer);
  }
}
