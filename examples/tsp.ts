// The travelling salesman: a short round trip through many cities. Each call begins with another random tour
// and improves it as far as it gets; the shortest of all is the answer.
//
//   deno run -A examples/tsp.ts --svg tour.svg [options]

import { writeFileSync } from "node:fs";
import { createPool } from "../mod.ts";
import { run, runExample } from "./support/program.ts";
import { randomNumbers } from "./support/random.ts";
import { collect, onHost } from "./support/results.ts";
import { findTour, type Tour } from "./tsp_tasks.ts";

/** The cities lie in a square of this size. */
const SIZE = 1000;

await runExample({
  name: "tsp",
  about: "Looks for the shortest round trip through random cities, from many beginnings.",
  options: {
    cities: { help: "cities", default: 150, least: 4, most: 5000 },
    restarts: { help: "tours to begin with", default: 100, most: 1e6 },
    seed: { help: "other cities for another seed", default: 1, least: 0, most: 1e9 },
    svg: { help: "file to draw the tour to", value: "FILE" },
  },
}, async (settings) => {
  const random = randomNumbers(settings.seed);
  const cities = Float64Array.from({ length: settings.cities * 2 }, () => random() * SIZE);
  const inputs = Array.from({ length: settings.restarts }, (_, seed) => ({ cities, seed }));

  const tours = await run(settings, {
    host: () => collect(onHost(inputs, findTour.f), inputs.length),
    async pool() {
      const pool = createPool({ threads: settings.threads })({ findTour });
      try {
        return await collect(pool.map(inputs, pool.call.findTour), inputs.length);
      } finally {
        await pool.shutdown();
      }
    },
  });

  const best = tours.reduce((a, b) => a.length <= b.length ? a : b);
  const average = tours.reduce((sum, { length }) => sum + length, 0) / tours.length;
  console.log(`the shortest of ${tours.length} tours through ${settings.cities} cities`);
  console.log(`length   ${best.length.toFixed(1)}`);
  console.log(`average  ${average.toFixed(1)}`);
  if (settings.svg === undefined) return;
  writeFileSync(settings.svg, drawTour(cities, best));
  console.log(`drawn to ${settings.svg}`);
});

function drawTour(cities: Float64Array, { order }: Tour): string {
  const points = order.map((city) => [cities[2 * city]!, cities[2 * city + 1]!].map(inSvg));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-20 -20 ${SIZE + 40} ${SIZE + 40}">
<rect x="-20" y="-20" width="100%" height="100%" fill="white"/>
<path d="M${
    points.map(([x, y]) => `${x} ${y}`).join("L")
  }Z" fill="none" stroke="#06c" stroke-width="3"/>
${points.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="6"/>`).join("\n")}
</svg>
`;
}

function inSvg(coordinate: number): string {
  return coordinate.toFixed(1);
}
