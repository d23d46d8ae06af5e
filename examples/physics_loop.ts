// Gas in two rooms with an open door: particles start in the left one and walk at random. Each call follows
// some of them to the end. On a terminal the picture gets clearer while the calls come back.
//
//   deno run -A examples/physics_loop.ts [options]

import { createPool } from "../mod.ts";
import { ROOMS, walk, WIDTH } from "./physics_loop_tasks.ts";
import { liveDrawing } from "./support/drawing.ts";
import { run, runExample } from "./support/program.ts";
import { onHost } from "./support/results.ts";

const PARTICLES_PER_CALL = 500;
const SHADES = " .:-=+*%@";

type Found = Uint32Array<ArrayBuffer>;

await runExample({
  name: "physics_loop",
  about:
    "Lets gas spread from one room into another, and draws where its particles are at the end.",
  options: {
    particles: { help: "particles", default: 100_000, most: 1e7 },
    steps: { help: "steps of each particle", default: 1000, most: 1e7 },
    seed: { help: "other walks for another seed", default: 1, least: 0, most: 1e9 },
  },
}, async (settings) => {
  const { particles, steps, seed } = settings;
  const inputs = Array.from({ length: Math.ceil(particles / PARTICLES_PER_CALL) }, (_, call) => {
    const left = particles - call * PARTICLES_PER_CALL;
    return { particles: Math.min(PARTICLES_PER_CALL, left), steps, seed: seed + call };
  });

  const addUp = async (pictures: AsyncIterable<Found>): Promise<Found> => {
    const drawing = liveDrawing();
    const sum = new Uint32Array(ROOMS.length * WIDTH);
    for await (const found of pictures) {
      found.forEach((count, cell) => sum[cell]! += count);
      drawing.show(() => picture(sum));
    }
    drawing.end();
    return sum;
  };

  const found = await run(settings, {
    host: () => addUp(onHost(inputs, walk.f)),
    async pool() {
      const pool = createPool({ threads: settings.threads })({ walk });
      try {
        return await addUp(pool.map(inputs, pool.call.walk, { ordered: false }));
      } finally {
        await pool.shutdown();
      }
    },
  });

  const door = ROOMS[1]!.indexOf("#", 1);
  const right = found.reduce((sum, count, cell) => cell % WIDTH > door ? sum + count : sum, 0);
  console.log(picture(found).join("\n"));
  console.log(`\n${right} of ${particles} particles are in the right room after ${steps} steps`);
});

/** The rooms, darker where there are more particles. */
function picture(found: Found): string[] {
  const most = Math.max(...found);
  return ROOMS.map((cells, row) =>
    cells.replace(/[^#]/g, (_, column) => {
      const part = found[row * WIDTH + column]! / most;
      return SHADES[Math.ceil(part * (SHADES.length - 1))]!;
    })
  );
}
