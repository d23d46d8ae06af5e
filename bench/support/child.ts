/**
 * Runs one bench file on the runtime it is started with, and writes what it finds as
 * {@linkcode BenchMessage}s:
 *
 *     <runtime> bench/support/child.ts <name> [--quick] [--filter <part of a cell's name>]
 *
 * @module
 */

import process from "node:process";
import { BLOCK, FULL, Meter, QUICK } from "./measure.ts";
import type { BenchMessage } from "./messages.ts";
import { collect } from "./question.ts";

async function main([name, ...options]: readonly string[]): Promise<void> {
  const filter = options.includes("--filter") ? options[options.indexOf("--filter") + 1]! : "";
  const question = await collect(new URL(`../${name}_bench.ts`, import.meta.url));
  const groups = question.groups.map((group) => ({
    group,
    cells: group.cells.filter((cell) => cell.name.includes(filter)),
  }));
  const count = groups.reduce((sum, { cells }) => sum + cells.length, 0);
  say({ kind: "begin", asks: question.asks, cells: count });

  const budget = options.includes("--quick") ? QUICK : FULL;
  const meter = new Meter(
    budget,
    (cell, contender) => say({ kind: "step", cell, contender }),
  );
  for (const { group, cells } of groups) {
    for (const cell of cells) {
      const passes = await meter.measure(group, cell);
      passes.forEach((outcomes, pass) =>
        say({
          kind: "result",
          result: {
            question: question.name,
            group: group.title,
            cell: pass === 0 ? cell.name : `${cell.name}, ${BLOCK} in a row`,
            unit: cell.unit ?? "us",
            ideal: cell.ideal,
            outcomes,
          },
        })
      );
      say({ kind: "done" });
    }
    await meter.close(group);
  }
}

function say(message: BenchMessage): void {
  process.stdout.write(JSON.stringify(message) + "\n");
}

await main(process.argv.slice(2));
// A contender that hung may have left threads behind. The callback: everything above is written.
process.stdout.write("", () => process.exit(0));
