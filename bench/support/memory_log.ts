/**
 * How much memory this process has, over time.
 *
 * @module
 */

import process from "node:process";

/** Bytes. */
export interface MemoryUse {
  /** What the operating system counts: all threads, and shared memory that was touched. */
  readonly rss: number;
  /** Objects of the main thread. */
  readonly heap: number;
}

/** The first and the last quarter of a run; medians, because collectors let both swing. */
export interface MemoryTrend {
  readonly first: MemoryUse;
  readonly last: MemoryUse;
}

/** Takes samples while a run goes on. */
export class MemoryLog {
  readonly #samples: MemoryUse[] = [];

  sample(): void {
    const { rss, heapUsed } = process.memoryUsage();
    this.#samples.push({ rss, heap: heapUsed });
  }

  trend(): MemoryTrend {
    const quarter = Math.max(1, Math.floor(this.#samples.length / 4));
    return {
      first: medians(this.#samples.slice(0, quarter)),
      last: medians(this.#samples.slice(-quarter)),
    };
  }
}

function medians(samples: readonly MemoryUse[]): MemoryUse {
  const median = (of: (use: MemoryUse) => number): number =>
    samples.map(of).sort((a, b) => a - b)[samples.length >> 1] ?? 0;
  return { rss: median(({ rss }) => rss), heap: median(({ heap }) => heap) };
}
