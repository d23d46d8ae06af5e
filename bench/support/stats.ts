/**
 * Samples and what is said about them.
 *
 * @module
 */

/** The figures of one contender in one cell. */
export interface Stats {
  readonly p50: number;
  readonly p99: number;
  readonly mean: number;
  readonly samples: number;
  /** p50 of every round: how far they are apart tells how quiet the machine was. */
  readonly rounds: readonly number[];
}

/** Samples of one round, without garbage while they are taken. */
export class Samples {
  #values = new Float64Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Float64Array(this.#length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length++] = value;
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }
}

/** Percentiles over the samples of all rounds. */
export function statsOf(rounds: readonly Samples[]): Stats {
  const all = new Float64Array(rounds.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const { values } of rounds) {
    all.set(values, at);
    at += values.length;
  }
  all.sort();
  return {
    p50: percentile(all, 0.5),
    p99: percentile(all, 0.99),
    mean: all.reduce((sum, value) => sum + value, 0) / all.length,
    samples: all.length,
    rounds: rounds.map(({ values }) => percentile(values.slice().sort(), 0.5)),
  };
}

/** The smallest sample that is not exceeded by this share of them ("nearest rank"). */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}
