/**
 * Histograms of durations: the buckets of each power of two nanoseconds are equally wide, so every duration is
 * known to about three per cent, from nanoseconds to weeks, in a fixed number of buckets. That is how HDR
 * histograms do it.
 *
 * A histogram is a row of doubles, in memory that may be shared; one side writes it.
 *
 * ```text
 *   double 0    sum of all durations, in ms
 *          1    the longest, in ms
 *          2    how many have not been measured since the last that stands for them
 *          3    how long that took, and so they, in ms
 *          4    BUCKETS counts
 * ```
 *
 * @module
 */

/** Powers of two of the number of buckets for each power of two of nanoseconds. */
const FINE_BITS = 4;
const FINE: number = 1 << FINE_BITS;
/** What is more than 2^31 ns is counted in units of so many powers of two. */
const COARSE_BITS = 20;
/** The longest duration that has a bucket of its own is 2^51 ns, 26 days. */
export const BUCKETS: number = (31 + COARSE_BITS - FINE_BITS + 1) * FINE;

const SUM = 0;
const MAX = 1;
const UNTIMED = 2;
const USUAL = 3;
const COUNTS = 4;
/** Doubles of a histogram: those of different tasks do not share a cache line. */
export const HISTOGRAM_DOUBLES: number = Math.ceil((COUNTS + BUCKETS) / 8) * 8;

/** The bucket for a duration. */
export function bucketOf(ms: number): number {
  const ns = ms * 1e6;
  if (!(ns >= 1)) return 0;
  const coarse = ns < 2 ** 31 ? 0 : COARSE_BITS;
  const units = Math.min(coarse === 0 ? ns : ns / 2 ** COARSE_BITS, 2 ** 31 - 1) | 0;
  if (units < FINE) return units;
  const power = 31 - Math.clz32(units);
  return (power + coarse - FINE_BITS + 1) * FINE + ((units >>> (power - FINE_BITS)) & (FINE - 1));
}

/** The duration in the middle of a bucket, in milliseconds. */
export function middleOf(bucket: number): number {
  if (bucket < FINE) return (bucket + 0.5) / 1e6;
  const width = 2 ** ((bucket >>> FINE_BITS) - 1);
  return (FINE + (bucket & (FINE - 1)) + 0.5) * width / 1e6;
}

/**
 * Adds `count` durations of `ms` each.
 *
 * @param at index of the first double
 */
export function record(values: Float64Array, at: number, ms: number, count: number): void {
  const long = ms > 0 ? ms : 0; // clocks may be set back
  values[at + SUM]! += long * count;
  if (long > values[at + MAX]!) values[at + MAX] = long;
  values[at + COUNTS + bucketOf(long)]! += count;
}

/** Counts some that have not been measured, and are taken to be as long as the last that stood for others. */
export function recordUntimed(values: Float64Array, at: number, count: number): void {
  values[at + SUM]! += values[at + USUAL]! * count;
  values[at + UNTIMED]! += count;
}

/** Adds `count` durations of `ms` each, which stand for those that have not been measured since the last ones. */
export function recordSample(values: Float64Array, at: number, ms: number, count: number): void {
  const untimed = values[at + UNTIMED]!;
  values[at + UNTIMED] = 0;
  values[at + USUAL] = ms > 0 ? ms : 0;
  record(values, at, ms, count);
  values[at + COUNTS + bucketOf(ms)]! += untimed; // how long they were in all has been added
}

/** Adds one histogram to another. */
export function addTo(
  target: Float64Array,
  targetAt: number,
  source: Float64Array,
  sourceAt: number,
): void {
  target[targetAt + SUM]! += source[sourceAt + SUM]!;
  target[targetAt + MAX] = Math.max(target[targetAt + MAX]!, source[sourceAt + MAX]!);
  target[targetAt + UNTIMED]! += source[sourceAt + UNTIMED]!;
  for (let i = COUNTS; i < COUNTS + BUCKETS; i++) target[targetAt + i]! += source[sourceAt + i]!;
}

/** What a histogram says, in milliseconds. */
export interface Timing {
  /** How many durations, with those that were counted and not timed. */
  readonly count: number;
  /** Their sum. */
  readonly totalMs: number;
  /** Their mean. */
  readonly meanMs: number;
  /** So long or shorter took half of them. */
  readonly p50Ms: number;
  /** The same for 90 of 100. */
  readonly p90Ms: number;
  /** The same for 99 of 100. */
  readonly p99Ms: number;
  /** The same for 999 of 1000. */
  readonly p999Ms: number;
  /** The longest that was timed. */
  readonly maxMs: number;
}

/** What a histogram says; all zero if nothing was recorded. */
export function timingOf(values: Float64Array, at = 0): Timing {
  const max = values[at + MAX]!;
  let timed = 0;
  for (let i = 0; i < BUCKETS; i++) timed += values[at + COUNTS + i]!;
  const count = timed + values[at + UNTIMED]!;
  const total = values[at + SUM]!;
  const percentile = (part: number): number => {
    let left = Math.ceil(part * timed);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= values[at + COUNTS + bucket]!;
      if (left <= 0) return Math.min(middleOf(bucket), max);
    }
    return max;
  };
  const isEmpty = timed === 0;
  return {
    count,
    totalMs: total,
    meanMs: isEmpty ? 0 : total / count,
    p50Ms: isEmpty ? 0 : percentile(0.5),
    p90Ms: isEmpty ? 0 : percentile(0.9),
    p99Ms: isEmpty ? 0 : percentile(0.99),
    p999Ms: isEmpty ? 0 : percentile(0.999),
    maxMs: max,
  };
}
