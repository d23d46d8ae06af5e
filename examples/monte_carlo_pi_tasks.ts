// The task of monte_carlo_pi.ts.

import { task } from "../mod.ts";
import { randomNumbers } from "./support/random.ts";

/** Throws darts at a square, and counts those that hit the quarter of a circle in it. */
export const throwDarts = task({
  f: ({ darts, seed }: { darts: number; seed: number }): number => {
    const random = randomNumbers(seed);
    let hits = 0;
    for (let dart = 0; dart < darts; dart++) {
      const [x, y] = [random(), random()];
      if (x * x + y * y < 1) hits++;
    }
    return hits;
  },
});
