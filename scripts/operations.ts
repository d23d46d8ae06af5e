// Counts what calls cost in operations, on every runtime, and compares that with what is known:
//
//   deno task operations [node,deno,bun] [--accept]
//
// The counts are the same on every run, however busy the machine is. More than before is a failure;
// --accept writes what was found to bench/operations.json, for whoever reviews the change to see.

import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import type { Operations, OperationsMessage } from "../bench/support/operations.ts";
import { endChildrenOnSignals, runChild } from "./child.ts";
import { findRuntime, RUNTIME_NAMES, type RuntimeName } from "./runtimes.ts";

const FILE = new URL("../bench/operations.json", import.meta.url);
const SILENCE_MS = 120_000;
/**
 * How much more is still the same, as a part. A side may look in vain once more before it sleeps, and
 * what engines allocate also depends on what they have compiled.
 */
const TOLERANCE: Partial<Record<keyof Operations, number>> = { loads: 0.06, heapBytes: 0.15 };
const LEAST_TOLERANCE = 0.005;
/** Programs that count at most, if one says more. */
const MOST_TRIES = 3;

/** By cell. */
type Cells = Record<string, Operations>;
type Known = Partial<Record<RuntimeName, Cells>>;

async function count(name: RuntimeName): Promise<Cells> {
  const cells: Cells = {};
  const trouble = await runChild<OperationsMessage>({
    runtime: findRuntime(name),
    script: "bench/support/operations.ts",
    args: [],
    silenceMs: SILENCE_MS,
    onMessage: ({ cell, operations }) => void (cells[cell] = operations),
  });
  if (trouble !== undefined) throw new Error(`${name}: ${trouble}`);
  return cells;
}

/** The same counts, with the least of what both have allocated: that is what the code that was compiled best needs. */
function leastHeap(found: Cells, again: Cells): Cells {
  return Object.fromEntries(
    Object.entries(found).map(([cell, operations]) => {
      const heaps = [operations.heapBytes, again[cell]?.heapBytes ?? null];
      const heapBytes = heaps.includes(null) ? null : Math.min(...heaps as number[]);
      return [cell, { ...operations, heapBytes }];
    }),
  );
}

/** What is more than it was, and what is less, in words. */
function compare(before: Cells, now: Cells): { worse: string[]; better: string[] } {
  const worse: string[] = [];
  const better: string[] = [];
  for (const cell of new Set([...Object.keys(before), ...Object.keys(now)])) {
    const [old, found] = [before[cell], now[cell]];
    if (old === undefined || found === undefined) {
      worse.push(`${cell}: ${found === undefined ? "is gone" : "is new"}`);
      continue;
    }
    for (const key of Object.keys(found) as (keyof Operations)[]) {
      const [from, to] = [old[key] ?? 0, found[key] ?? 0];
      if (Math.abs(to - from) <= from * (TOLERANCE[key] ?? LEAST_TOLERANCE)) continue;
      (to > from ? worse : better).push(`${cell}: ${key} ${from} -> ${to}`);
    }
  }
  return { worse, better };
}

function tableText(cells: Cells): string {
  const keys: (keyof Operations)[] = [
    "loads",
    "stores",
    "swaps",
    "notifies",
    "sleeps",
    "bytes",
    "heapBytes",
  ];
  const rows = [["for one call", ...keys]];
  for (const [cell, operations] of Object.entries(cells)) {
    rows.push([cell, ...keys.map((key) => String(operations[key] ?? "-"))]);
  }
  return rows.map(([cell, ...values]) =>
    cell!.padEnd(20) + values.map((value) => value.padStart(10)).join("")
  ).join("\n");
}

async function main(args: readonly string[]): Promise<void> {
  const accepts = args.includes("--accept");
  const [wanted] = args.filter((arg) => arg !== "--accept");
  const names = (wanted?.split(",") ?? RUNTIME_NAMES) as RuntimeName[];
  const unknown = names.find((name) => !RUNTIME_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new Error(`Unknown runtime "${unknown}": expected ${RUNTIME_NAMES.join(", ")}`);
  }
  const known: Known = JSON.parse(readFileSync(FILE, "utf8"));
  const isWorse = (name: RuntimeName, found: Cells): boolean =>
    compare(known[name] ?? {}, found).worse.length > 0;
  for (const name of names) {
    let found = await count(name);
    // Now and then an engine compiles something later than it usually does, or not at all.
    for (let tries = 1; tries < MOST_TRIES && isWorse(name, found); tries++) {
      found = leastHeap(found, await count(name));
    }
    console.log(`\n${name}\n${tableText(found)}`);
    const { worse, better } = compare(known[name] ?? {}, found);
    for (const line of better) console.log(`less: ${line}`);
    for (const line of worse) console.log(`MORE: ${line}`);
    if (worse.length > 0 && !accepts) process.exitCode = 1;
    known[name] = found;
  }
  if (accepts) writeFileSync(FILE, JSON.stringify(known, undefined, 2) + "\n");
  else if (process.exitCode === 1) {
    console.error("\nCalls cost more than before. If that is right: deno task operations --accept");
  }
}

if (import.meta.main) {
  endChildrenOnSignals();
  await main(process.argv.slice(2));
}
