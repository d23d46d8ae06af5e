/**
 * Percentiles of any number of values in memory that does not grow.
 *
 * @module
 */

/** Buckets for each doubling: a percentile is at most 4.5 % too high. */
const STEPS = 16;
/** Up to 2^40. */
const DOUBLINGS = 40;

/** Counts positive values. */
export class Histogram {
  /** The largest value. */
  max = 0;
  readonly #buckets = new Float64Array(STEPS * DOUBLINGS);
  #count = 0;

  add(value: number): void {
    const bucket = Math.ceil(Math.log2(value) * STEPS);
    this.#buckets[Math.min(Math.max(bucket, 0), this.#buckets.length - 1)]!++;
    this.#count++;
    if (value > this.max) this.max = value;
  }

  /** The upper edge of the bucket that holds it. */
  percentile(share: number): number {
    let left = Math.ceil(this.#count * share);
    const bucket = this.#buckets.findIndex((count) => (left -= count) <= 0);
    return Math.min(2 ** (bucket / STEPS), this.max);
  }
}
