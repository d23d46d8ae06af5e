// Estimates pi: of darts that are thrown at a square, the part pi / 4 hits the circle in it. Each call throws
// a round of darts. On a terminal the estimate is plotted while the rounds come in.
//
//   deno run -A examples/monte_carlo_pi.ts [options]

import { createPool } from "../mod.ts";
import { throwDarts } from "./monte_carlo_pi_tasks.ts";
import { liveDrawing, plotAround } from "./support/drawing.ts";
import { run, runExample } from "./support/program.ts";
import { onHost } from "./support/results.ts";

await runExample({
  name: "monte_carlo_pi",
  about: "Estimates pi by throwing darts at a circle, and plots how the estimate gets better.",
  options: {
    darts: { help: "darts in each round", default: 1_000_000, most: 1e9 },
    rounds: { help: "rounds", default: 200, most: 10_000 },
    seed: { help: "other darts for another seed", default: 1, least: 0, most: 1e9 },
  },
}, async (settings) => {
  const { darts, rounds, seed } = settings;
  const inputs = Array.from({ length: rounds }, (_, round) => ({ darts, seed: seed + round }));

  /** The estimates after each round. */
  const estimatesOf = (hits: readonly number[]): number[] => {
    let sum = 0;
    return hits.map((count, round) => 4 * (sum += count) / (darts * (round + 1)));
  };

  const watch = async (counts: AsyncIterable<number>): Promise<number[]> => {
    const drawing = liveDrawing();
    const hits: number[] = [];
    for await (const count of counts) {
      hits.push(count);
      drawing.show(() => plotAround(Math.PI, estimatesOf(hits), rounds));
    }
    drawing.end();
    return hits;
  };

  const hits = await run(settings, {
    host: () => watch(onHost(inputs, throwDarts.f)),
    async pool() {
      const pool = createPool({ threads: settings.threads })({ throwDarts });
      try {
        return await watch(pool.map(inputs, pool.call.throwDarts));
      } finally {
        await pool.shutdown();
      }
    },
  });

  const estimates = estimatesOf(hits);
  const estimate = estimates.at(-1)!;
  console.log(plotAround(Math.PI, estimates, rounds).join("\n"));
  console.log(`\npi is about ${estimate.toFixed(6)} after ${darts * rounds} darts`);
  console.log(`off by ${Math.abs(estimate - Math.PI).toExponential(1)}`);
});
