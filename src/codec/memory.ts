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
  /** Bytes of all payloads that this side has sent. Numbers and the like, which lie in their slots, have none. */
  sentBytes = 0;
  #heardAt = 0;

  /** @param buffer its length is a multiple of 8 */
  constructor(buffer: ArrayBufferLike) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.longs = new BigInt64Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.raw = rawMemory(buffer);
  }

  /** The other side has said something: it has read what was sent before. */
  heard(): void {
    this.#heardAt = this.sentBytes;
  }

  /**
   * Milliseconds that the other side may need for payloads that were sent since: 0.1 for each MiB. It
   * copies what was copied here, and that takes about as long.
   */
  get copyMs(): number {
    return (this.sentBytes - this.#heardAt) * 1e-7;
  }
}
