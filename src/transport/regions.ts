/**
 * Memory for payloads that do not fit in a slot. The producer alone allocates, so nothing is locked;
 * memory is free again once the slot that named it has been taken.
 *
 * Slots are taken in order, so regions are freed in the order in which they were allocated. When
 * nothing is in use the next region starts at the lowest address: bytes that were just read are
 * still in the cache, while cycling through the whole region would miss it every time
 * (`bench/payload_bench.ts`, strings and bytes one at a time).
 *
 * There is room for the largest payload, but most of it is not used, and what was never used costs nothing but
 * addresses: operating systems give memory to a page when it is first written. Payloads that fit stay
 * within the usual bytes, however many are sent; only a larger one goes beyond.
 *
 * @module
 */

import { alignUp } from "./layout.ts";

/** Allocates `[0, capacity)` in first-in first-out order. */
export class Regions {
  readonly capacity: number;
  readonly usual: number;
  /** One entry per region in use, oldest at `#oldest & #mask`; at most one region per slot. */
  readonly #starts: Float64Array;
  readonly #slots: Int32Array;
  readonly #mask: number;
  #oldest = 0;
  #newest = 0;
  /** First byte after the newest region. */
  #tail = 0;
  /** `#tail` before the newest region was allocated. */
  #tailBefore = 0;

  /**
   * @param capacity bytes to hand out
   * @param slotCount how many regions can be in use at one time; a power of two
   * @param usual bytes that are used as long as no payload is larger
   */
  constructor(capacity: number, slotCount: number, usual: number = capacity) {
    this.capacity = capacity;
    this.usual = usual;
    this.#starts = new Float64Array(slotCount);
    this.#slots = new Int32Array(slotCount);
    this.#mask = slotCount - 1;
  }

  /** Whether nothing is in use. */
  get empty(): boolean {
    return this.#oldest === this.#newest;
  }

  /** Frees the regions of all slots before `taken` (a count of slots, modulo 2^32). */
  free(taken: number): void {
    while (
      this.#oldest !== this.#newest && ((taken - this.#slots[this.#oldest & this.#mask]!) | 0) > 0
    ) this.#oldest = (this.#oldest + 1) | 0;
  }

  /**
   * Allocates for the slot with number `slot`.
   *
   * @returns the first byte, or -1 if there is no room now
   */
  allocate(bytes: number, slot: number): number {
    const start = this.#fit(alignUp(bytes));
    if (start < 0) return -1;
    const entry = this.#newest & this.#mask;
    this.#starts[entry] = start;
    this.#slots[entry] = slot;
    this.#newest = (this.#newest + 1) | 0;
    this.#tailBefore = this.#tail;
    this.#tail = start + alignUp(bytes);
    return start;
  }

  /** Takes back the newest region, if it was allocated for `slot`. */
  undo(slot: number): void {
    if (this.empty || this.#slots[(this.#newest - 1) & this.#mask] !== slot) return;
    this.#newest = (this.#newest - 1) | 0;
    this.#tail = this.#tailBefore;
  }

  #fit(bytes: number): number {
    if (this.empty) return bytes <= this.capacity ? 0 : -1;
    const head = this.#starts[this.#oldest & this.#mask]!;
    if (this.#tail <= head) return this.#tail + bytes <= head ? this.#tail : -1;
    if (this.#tail + bytes <= this.usual) return this.#tail;
    if (bytes <= head) return 0;
    // What follows a large payload goes behind it: otherwise it would wait until that has been read.
    const isBeyond = bytes > this.usual || this.#tail > this.usual;
    return isBeyond && this.#tail + bytes <= this.capacity ? this.#tail : -1;
  }
}
