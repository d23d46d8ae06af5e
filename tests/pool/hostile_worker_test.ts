// One worker of two writes what it likes into the memory of its lane while calls go through both.
// Whatever it does, the host goes on, every call settles, and what the other worker ran is right.
// Two seeds; 100 with KNITTING_LONG=1.

import process from "node:process";
import { describe, it } from "node:test";
import { runHostile } from "../support/hostile_run.ts";

const SEEDS = process.env.KNITTING_LONG === "1"
  ? Array.from({ length: 100 }, (_, i) => i + 1)
  : [1, 2];

describe("a thread that writes anything anywhere in its lane", () => {
  for (const seed of SEEDS) {
    it(`fails its own calls alone (seed ${seed})`, async () => {
      await runHostile(seed, {}, (bytes) => new SharedArrayBuffer(bytes));
    });
  }
});
