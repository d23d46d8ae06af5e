// Adds up the orders in a large CSV file by city. The file is read in pieces that end where a line does, and
// each is parsed in a worker. However large it is, only what the workers have in hand is in memory.
//
//   deno run -A examples/large_csv.ts [file] [options]

import cliProgress from "cli-progress";
import { once } from "node:events";
import { createWriteStream, existsSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createPool } from "../mod.ts";
import { addUpOrders, COLUMNS, merge, type Sales } from "./large_csv_tasks.ts";
import { piecesOfLines } from "./support/lines.ts";
import { run, runExample, UserError } from "./support/program.ts";
import { randomNumbers } from "./support/random.ts";
import { onHost } from "./support/results.ts";

const PIECE_BYTES = 256 * 1024;
const HEADER = COLUMNS.join() + "\n";

const CITIES = ["Bogotá", "Cairo", "Hà Nội", "Lagos", "Lisbon", "Osaka", "Pune", "Tromsø"];
const PRODUCTS = ["lamp", "chair", '"Best of 1985", LP', "notes\non paper", "tea, green", "mug"];

await runExample({
  name: "large_csv",
  about: "Adds up the orders in a large CSV file by city: in a file of yours, or in one it writes.",
  options: {
    rows: { help: "orders in the file that it writes", default: 500_000, most: 1e9 },
    seed: { help: "other orders for another seed", default: 1, least: 0, most: 1e9 },
    keep: { help: "where to keep the file that it writes", value: "FILE" },
  },
  positionals: { value: "file", help: "a file like the one that --keep keeps", most: 1 },
}, async (settings) => {
  const { rows, seed, keep, positionals: [given] } = settings;
  if (given !== undefined && !existsSync(given)) {
    throw new UserError(`Cannot find the file ${given}`);
  }
  const file = given ?? keep ?? join(tmpdir(), `knitting-orders-${process.pid}.csv`);
  try {
    if (given === undefined) await writeOrders(file, rows, seed);
    const sales = await run(settings, {
      host: () => sum(onHost(linesOf(file), addUpOrders.f)),
      async pool() {
        const pool = createPool({ threads: settings.threads })({ addUpOrders });
        try {
          // The sum needs no order: a piece that takes long holds up none.
          return await sum(pool.map(linesOf(file), pool.call.addUpOrders, { ordered: false }));
        } finally {
          await pool.shutdown();
        }
      },
    });
    report(file, sales);
  } finally {
    if (given === undefined && keep === undefined) rmSync(file, { force: true });
  }
});

/** The orders, in pieces; with a bar on standard error while they are taken. */
async function* linesOf(file: string): AsyncGenerator<Uint8Array, void, void> {
  const options = { stream: process.stderr, clearOnComplete: true };
  const bar = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic);
  bar.start(statSync(file).size, 0);
  let isFirst = true;
  try {
    for await (const lines of piecesOfLines(file, PIECE_BYTES)) {
      yield isFirst ? withoutHeader(file, lines) : lines;
      isFirst = false;
      bar.increment(lines.length);
    }
  } finally {
    bar.stop();
  }
}

function withoutHeader(file: string, lines: Uint8Array): Uint8Array {
  const header = new TextDecoder().decode(lines.subarray(0, HEADER.length));
  if (header !== HEADER) throw new UserError(`${file} does not begin with ${HEADER.trim()}`);
  return lines.subarray(HEADER.length);
}

async function sum(parts: AsyncIterable<Sales>): Promise<Sales> {
  const sales: Sales = {};
  for await (const part of parts) {
    for (const [city, found] of Object.entries(part)) sales[city] = merge(sales[city], found);
  }
  return sales;
}

function report(file: string, sales: Sales): void {
  const rows = Object.entries(sales).sort(([, a], [, b]) => b.cents - a.cents);
  const orders = rows.reduce((sum, [, { orders }]) => sum + orders, 0);
  console.log(`${orders} orders, ${(statSync(file).size / 1024 ** 2).toFixed(1)} MiB`);
  for (const [city, { orders, cents, most }] of rows) {
    const product = JSON.stringify(most.product);
    console.log(
      city.padEnd(8) + `${orders}`.padStart(9) + money(cents).padStart(17) +
        `   at most ${money(most.cents)} for ${product}`,
    );
  }
}

function money(cents: number): string {
  return (cents / 100).toFixed(2);
}

/** Writes a file with random orders. */
async function writeOrders(file: string, rows: number, seed: number): Promise<void> {
  const random = randomNumbers(seed);
  const any = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!;
  const stream = createWriteStream(file);
  let text = HEADER;
  for (let order = 1; order <= rows; order++) {
    const date = new Date(Date.UTC(2026, 0, 1 + Math.floor(random() * 365)));
    const price = (1 + random() * 500).toFixed(2);
    const count = 1 + Math.floor(random() * 9);
    const fields = [
      order,
      date.toISOString().slice(0, 10),
      any(CITIES),
      any(PRODUCTS),
      count,
      price,
    ];
    text += fields.map(quoted).join() + "\n";
    if (text.length < PIECE_BYTES && order < rows) continue;
    if (!stream.write(text)) await once(stream, "drain");
    text = "";
  }
  stream.end();
  await once(stream, "close");
}

/** A field as it stands in the file. */
function quoted(field: string | number): string {
  const text = String(field);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
