// A program of one runtime calls a function that runs on another: Node calls Bun, or whichever two they are.
//
//   node examples/cross_runtime.ts --runtime bun [options]

import { createPool } from "../mod.ts";
import { summarize, type Summary } from "./cross_runtime_tasks.ts";
import { run, runExample } from "./support/program.ts";
import { randomNumbers } from "./support/random.ts";
import { thisRuntimeInWords } from "./support/runtime.ts";

await runExample({
  name: "cross_runtime",
  about: "Lets a process of another runtime compute something.",
  options: {
    runtime: { help: "on what", value: "NAME", default: "bun", oneOf: ["bun", "deno", "node"] },
    numbers: { help: "how many numbers to send there", default: 100_000, most: 1_000_000 },
    seed: { help: "other numbers for another seed", default: 1, least: 0, most: 1e9 },
  },
}, async (settings) => {
  const random = randomNumbers(settings.seed);
  const numbers = Float64Array.from({ length: settings.numbers }, random);
  let computedOn = "";
  const keep = (result: { summary: Summary; runtime: string }): Summary => {
    computedOn = result.runtime;
    return result.summary;
  };

  const { mean, deviation } = await run(settings, {
    host: async () => keep(await summarize.f(numbers)),
    async pool() {
      const pool = createPool({
        threads: settings.threads,
        worker: { runtime: "process", processRuntime: settings.runtime },
        permission: "unsafe", // it is our own code, which may do what this program may do
      })({ summarize });
      try {
        return keep(await pool.call.summarize(numbers));
      } finally {
        await pool.shutdown();
      }
    },
  });

  console.log(`mean ${mean.toFixed(6)}, deviation ${deviation.toFixed(6)}`);
  console.log(`asked by ${thisRuntimeInWords()}, computed by ${computedOn}`);
});
