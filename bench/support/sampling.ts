/**
 * How samples are taken of one contender in one cell.
 *
 * @module
 */

import type { Clock, Measured } from "./question.ts";
import { Samples, statsOf } from "./stats.ts";

/** More samples than this in one round tell nothing new. */
const MOST_SAMPLES = 100_000;

/** When to stop taking samples. */
export class Window {
  #end = 0;
  #least = 0;
  #closed = false;

  until(ms: number, least: number): this {
    this.#end = performance.now() + ms;
    this.#least = least;
    return this;
  }

  /** How long it is still open, in milliseconds, and for how many samples at least. */
  get left(): { readonly ms: number; readonly least: number } {
    return { ms: Math.max(0, this.#end - performance.now()), least: this.#least };
  }

  isOpen(taken: number, now: number): boolean {
    return !this.#closed && (now < this.#end || taken < this.#least) && taken < MOST_SAMPLES;
  }

  /** What still runs, if it ever comes back, ends. */
  close(): void {
    this.#closed = true;
  }
}

const noClock: Clock = { start() {}, end() {} };

/** Runs what will be measured until it is hot; how many microseconds a batch takes then. */
export async function warmUp(measured: Measured, window: Window, ms: number): Promise<number> {
  if ("sample" in measured) {
    if (ms > 0) await takeOwnSamples(measured.sample, new Samples(), window.until(ms / 2, 1));
    return Infinity;
  }
  let samples = new Samples();
  await takeSamples(measured, 1, samples, window.until(ms / 2, 1));
  samples = new Samples();
  await takeSamples(measured, 1, samples, window.until(ms / 2, 1));
  return statsOf([samples]).p50;
}

export async function takeSamples(
  measured: Measured,
  block: number,
  samples: Samples,
  window: Window,
): Promise<void> {
  if ("sample" in measured) return await takeOwnSamples(measured.sample, samples, window);
  if ("round" in measured) {
    for (const value of await measured.round({ ...window.left, block })) samples.add(value);
    return;
  }
  const { batch } = measured;
  const first = batch();
  if (!(first instanceof Promise)) return takeSyncSamples(batch, block, samples, window);
  await first;
  for (let now = performance.now(); window.isOpen(samples.length, now);) {
    const start = performance.now();
    for (let i = 0; i < block; i++) await batch();
    now = performance.now();
    samples.add(((now - start) * 1000) / block);
  }
}

function takeSyncSamples(
  batch: () => unknown,
  block: number,
  samples: Samples,
  window: Window,
): void {
  for (let now = performance.now(); window.isOpen(samples.length, now);) {
    const start = performance.now();
    for (let i = 0; i < block; i++) batch();
    now = performance.now();
    samples.add(((now - start) * 1000) / block);
  }
}

async function takeOwnSamples(
  sample: (clock: Clock) => Promise<number>,
  samples: Samples,
  window: Window,
): Promise<void> {
  while (window.isOpen(samples.length, performance.now())) samples.add(await sample(noClock));
}
