// Checks orders, one JSON text a line, against a schema.
//
//   deno run -A examples/zod_validation.ts [file] [options]

import { existsSync, readFileSync } from "node:fs";
import { createPool } from "../mod.ts";
import { run, runExample, UserError } from "./support/program.ts";
import { collect, onHost } from "./support/results.ts";
import { type Order, validateOrder } from "./zod_validation_tasks.ts";

await runExample({
  name: "zod_validation",
  about: "Checks JSON lines against a schema, with the library Zod.",
  options: {
    orders: { help: "orders to make up if there is no file", default: 50_000, most: 1_000_000 },
  },
  positionals: { value: "file", help: "orders, one JSON text a line", most: 1 },
}, async (settings) => {
  const [file] = settings.positionals;
  const lines = file === undefined ? makeOrders(settings.orders) : readLines(file);

  const validations = await run(settings, {
    host: () => collect(onHost(lines, validateOrder.f), lines.length),
    async pool() {
      const pool = createPool({ threads: settings.threads })({ validateOrder });
      try {
        return await collect(pool.map(lines, pool.call.validateOrder), lines.length);
      } finally {
        await pool.shutdown();
      }
    },
  });

  let valid = 0;
  let cents = 0;
  const faults = new Map<string, number>();
  for (const validation of validations) {
    if (validation.ok) {
      valid++;
      for (const item of validation.order.items) cents += item.cents * item.count;
      continue;
    }
    for (const issue of validation.issues) faults.set(issue, (faults.get(issue) ?? 0) + 1);
  }
  console.log(`${valid} of ${lines.length} orders are valid, worth $${(cents / 100).toFixed(2)}`);
  for (const [issue, count] of [...faults].sort()) console.log(`${count} times ${issue}`);
});

function readLines(file: string): string[] {
  if (!existsSync(file)) throw new UserError(`Cannot find the file ${file}`);
  return readFileSync(file, "utf8").split("\n").filter((line) => line.trim() !== "");
}

/** Good orders, and in each hundred of them three that are not. */
function makeOrders(count: number): string[] {
  return Array.from({ length: count }, (_, number) => {
    const order: Order = {
      id: crypto.randomUUID(),
      email: number % 100 === 17 ? "nobody" : `customer${number}@example.com`,
      placed: new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString(),
      items: [
        { name: "wool", cents: 750, count: number % 100 === 42 ? 0 : 1 + number % 5 },
        { name: "needles", cents: 1200, count: 1 },
      ],
    };
    const line = JSON.stringify(order);
    return number % 100 === 93 ? line.slice(0, -1) : line;
  });
}
