// Finds the primes that come after a power of ten. Each call tests some numbers that follow each other.
//
//   deno run -A examples/big_primes.ts [options]

import { createPool } from "../mod.ts";
import { primesFrom } from "./big_primes_tasks.ts";
import { run, runExample } from "./support/program.ts";
import { collect, onHost } from "./support/results.ts";

/** Numbers in one call: long enough that the call itself costs nothing beside it. */
const NUMBERS_PER_CALL = 100;

await runExample({
  name: "big_primes",
  about: "Finds the primes that come after a power of ten, with the test of Miller and Rabin.",
  options: {
    digits: { help: "start at 10 to this power", default: 200, most: 2000 },
    span: { help: "how many numbers to test", default: 10_000, most: 1_000_000 },
  },
}, async (settings) => {
  const start = 10n ** BigInt(settings.digits);
  const ranges = Array.from({ length: Math.ceil(settings.span / NUMBERS_PER_CALL) }, (_, index) => {
    const offset = index * NUMBERS_PER_CALL;
    return {
      first: start + BigInt(offset),
      count: Math.min(NUMBERS_PER_CALL, settings.span - offset),
    };
  });

  const primes = await run(settings, {
    host: () => collect(onHost(ranges, primesFrom.f), ranges.length),
    async pool() {
      const pool = createPool({ threads: settings.threads })({ primesFrom });
      try {
        return await collect(pool.map(ranges, pool.call.primesFrom), ranges.length);
      } finally {
        await pool.shutdown();
      }
    },
  });

  for (const prime of primes.flat()) console.log(`10^${settings.digits} + ${prime - start}`);
});
