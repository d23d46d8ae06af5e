// The task of physics_loop.ts.

import { task } from "../mod.ts";
import { randomNumbers } from "./support/random.ts";

/** Two rooms and a door between them. */
export const ROOMS: readonly string[] = [
  "################################################################",
  "#                              #                               #",
  "#                              #                               #",
  "#                              #                               #",
  "#                              #                               #",
  "#                                                              #",
  "#                                                              #",
  "#                                                              #",
  "#                              #                               #",
  "#                              #                               #",
  "#                              #                               #",
  "#                              #                               #",
  "################################################################",
];
export const WIDTH: number = ROOMS[0]!.length;

const isWall = Uint8Array.from(ROOMS.join(""), (cell) => cell === "#" ? 1 : 0);
const STEPS = [1, -1, WIDTH, -WIDTH];
const START = WIDTH * Math.floor(ROOMS.length / 2) + Math.floor(WIDTH / 4);

/** Lets particles walk at random from the middle of the left room; how many end up in each cell. */
export const walk = task({
  f: ({ particles, steps, seed }: { particles: number; steps: number; seed: number }) => {
    const random = randomNumbers(seed);
    const found = new Uint32Array(isWall.length);
    for (let particle = 0; particle < particles; particle++) {
      let cell = START;
      for (let step = 0; step < steps; step++) {
        const next = cell + STEPS[Math.floor(random() * 4)]!;
        if (!isWall[next]) cell = next; // it bounces off walls
      }
      found[cell]!++;
    }
    return found;
  },
});
