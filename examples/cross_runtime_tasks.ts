// The task of cross_runtime.ts.

import { task } from "../mod.ts";
import { thisRuntimeInWords } from "./support/runtime.ts";

export interface Summary {
  readonly mean: number;
  readonly deviation: number;
}

/** What numbers are like, and which runtime says so. */
export const summarize = task({
  f: (numbers: Float64Array): { summary: Summary; runtime: string } => {
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    const variance = numbers.reduce((sum, n) => sum + (n - mean) ** 2, 0) / numbers.length;
    return { summary: { mean, deviation: Math.sqrt(variance) }, runtime: thisRuntimeInWords() };
  },
});
