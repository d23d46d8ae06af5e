// The task of tsp.ts.

import { task } from "../mod.ts";
import { randomNumbers } from "./support/random.ts";

export interface Tour {
  readonly length: number;
  /** The numbers of the cities, in the order of the tour. */
  readonly order: number[];
}

/** Coordinates: x and y of the first city, x and y of the second, and so on. */
type Cities = Float64Array<ArrayBuffer>;

/** Begins with a random tour, and untangles it as long as that makes it shorter. */
export const findTour = task({
  f: ({ cities, seed }: { cities: Cities; seed: number }): Tour => {
    const order = shuffled(cities.length / 2, randomNumbers(seed));
    const distance = (a: number, b: number): number => {
      const [from, to] = [2 * order[a % order.length]!, 2 * order[b % order.length]!];
      return Math.hypot(cities[from]! - cities[to]!, cities[from + 1]! - cities[to + 1]!);
    };
    // Two legs of the tour are replaced by two others: what lies between them is walked backwards.
    for (let isBetter = true; isBetter;) {
      isBetter = false;
      for (let first = 0; first < order.length - 2; first++) {
        for (let second = first + 2; second < order.length; second++) {
          const now = distance(first, first + 1) + distance(second, second + 1);
          const then = distance(first, second) + distance(first + 1, second + 1);
          if (then > now - 1e-9) continue;
          reverse(order, first + 1, second);
          isBetter = true;
        }
      }
    }
    return { length: order.reduce((sum, _, leg) => sum + distance(leg, leg + 1), 0), order };
  },
});

function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, city) => city);
  for (let last = count - 1; last > 0; last--) swap(order, last, Math.floor(random() * (last + 1)));
  return order;
}

function reverse(order: number[], from: number, to: number): void {
  for (; from < to; from++, to--) swap(order, from, to);
}

function swap(order: number[], a: number, b: number): void {
  [order[a], order[b]] = [order[b]!, order[a]!];
}
