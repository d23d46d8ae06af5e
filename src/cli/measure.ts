/**
 * How long calls take.
 *
 * @module
 */

import type { Latency, Ratios } from "./report.ts";

/** How long to look at each of the three questions, and how often at least. */
export interface Effort {
  readonly eachMs: number;
  readonly silences: number;
}

const FEWEST = 5;
const BATCH = 100;
const SILENCE_MS = 10;

/** Measures something that takes a number and gives it back. */
export async function measure(
  call: (value: number) => Promise<unknown>,
  { eachMs, silences }: Effort,
): Promise<Latency> {
  const batch = (): Promise<unknown> =>
    Promise.all(Array.from({ length: BATCH }, (_, i) => call(i)));
  await repeated(() => call(0), eachMs / 2);
  const single = await repeated(() => call(0), eachMs);
  await repeated(batch, eachMs / 2);
  const batches = await repeated(batch, eachMs);
  const rested: number[] = [];
  for (let i = 0; i < silences; i++) {
    await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
    const startMs = performance.now();
    await call(i);
    rested.push(performance.now() - startMs);
  }
  return {
    single: {
      calls: single.length,
      p50Us: microseconds(quantile(single, 0.5)),
      p99Us: microseconds(quantile(single, 0.99)),
    },
    batchOf100: {
      batches: batches.length,
      p50UsPerCall: microseconds(quantile(batches, 0.5) / BATCH),
    },
    afterSilence: { calls: rested.length, p50Us: microseconds(quantile(rested, 0.5)) },
  };
}

/** How many times as long one took as the other. */
export function ratios(one: Latency, other: Latency): Ratios {
  return {
    singleP50: ratio(one.single.p50Us, other.single.p50Us),
    singleP99: ratio(one.single.p99Us, other.single.p99Us),
    batchOf100: ratio(one.batchOf100.p50UsPerCall, other.batchOf100.p50UsPerCall),
    afterSilence: ratio(one.afterSilence.p50Us, other.afterSilence.p50Us),
  };
}

/** The milliseconds that each run took, one after the other, for so long. */
async function repeated(run: () => Promise<unknown>, forMs: number): Promise<number[]> {
  const taken: number[] = [];
  const endMs = performance.now() + forMs;
  for (let nowMs = performance.now(); nowMs < endMs || taken.length < FEWEST;) {
    await run();
    const laterMs = performance.now();
    taken.push(laterMs - nowMs);
    nowMs = laterMs;
  }
  return taken;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;
}

function microseconds(ms: number): number {
  return rounded(ms * 1000);
}

function ratio(one: number, other: number): number {
  return rounded(one / other);
}

/** To three digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
