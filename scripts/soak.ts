// Runs millions of calls on every runtime and looks for lost wake-ups, wrong answers and leaks:
//
//   deno task soak [--runtime node,deno,bun] [--calls 10000000] [--sparse 20000] [--operated 1000000] [--seed 1]
//
// --sparse is one in 500 of the calls if not given, and --operated, calls of a pool whose workers come and go
// while streams, signals and priorities are in use, one in 10. It fails if a call took more than two seconds (ten, where a worker
// may have to start first) or gave a wrong answer, or if memory grew in a run that is long enough to tell.

import process from "node:process";
import { parseArgs } from "node:util";
import type { PhaseReport, SoakMessage } from "../bench/support/soak_messages.ts";
import { endChildrenOnSignals, runChild } from "./child.ts";
import { figure } from "./figure.ts";
import { ProgressLine } from "./progress.ts";
import { chosen, findRuntime, type Runtime, RUNTIME_NAMES, type RuntimeName } from "./runtimes.ts";

/** Longer than the child takes to find out that calls never settle. */
const SILENCE_MS = 90_000;
const SPARSE_SHARE = 1 / 500;
const OPERATED_SHARE = 1 / 10;
const MiB = 1024 * 1024;
/** In shorter phases the first quarter is spent on heaps that grow to the size they need. */
const FLAT_FROM_CALLS: Readonly<Record<string, number>> = { mixed: 4_000_000, operated: 500_000 };
/** Memory may swing by this much, and by this share, between the quarters of a run. */
const SWING_BYTES = 32 * MiB;
const SWING_SHARE = 0.25;

interface Request {
  readonly runtimes: readonly RuntimeName[];
  readonly calls: number;
  readonly sparse: number;
  readonly operated: number;
  readonly seed: number;
}

/** @throws {Error} that says what was expected */
function parseRequest(args: readonly string[]): Request {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runtime: { type: "string" },
      calls: { type: "string", default: "10000000" },
      sparse: { type: "string" },
      operated: { type: "string" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
    },
  });
  const calls = count("calls", values.calls);
  return {
    runtimes: chosen("runtime", values.runtime?.split(",") ?? [], RUNTIME_NAMES),
    calls,
    sparse: values.sparse === undefined
      ? Math.ceil(calls * SPARSE_SHARE)
      : count("sparse", values.sparse),
    operated: values.operated === undefined
      ? Math.ceil(calls * OPERATED_SHARE)
      : count("operated", values.operated),
    seed: count("seed", values.seed),
  };
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} must be a whole number, received "${text}"`);
}

/** Prints what it finds; what is wrong goes to `troubles`. */
async function soak(runtime: Runtime, request: Request, troubles: string[]): Promise<void> {
  const progress = new ProgressLine();
  const started = performance.now();
  const trouble = (text: string) => {
    progress.clear();
    troubles.push(`${runtime.name}: ${text}`);
    console.error(`${runtime.name}: ${text}`);
  };
  let phases = 0;
  const { calls, sparse, operated, seed } = request;
  const ending = await runChild<SoakMessage>({
    runtime,
    script: "bench/soak.ts",
    args: Object.entries({ calls, sparse, operated, seed }).flatMap(([name, value]) => [
      `--${name}`,
      `${value}`,
    ]),
    silenceMs: SILENCE_MS,
    onMessage(message) {
      if (message.kind === "trouble") trouble(message.text);
      else if (message.kind === "progress") {
        const { phase, done, of } = message;
        const seconds = ((performance.now() - started) / 1000).toFixed(0);
        progress.show(
          `${runtime.name}, ${phase}: ${done} of ${of} calls ` +
            `(${((100 * done) / of).toFixed(0)} %), ${seconds} s`,
        );
      } else {
        phases++;
        progress.clear();
        console.log(row(runtime, message.report));
        for (const text of judge(message.report)) trouble(text);
      }
    },
  });
  progress.clear();
  if (ending !== undefined) trouble(ending);
  if (phases < 3) trouble("did not get through all phases");
}

const HEAD = [
  "| runtime | phase | calls | seconds | calls a second | wrong | lost | p50 us | p99 us " +
  "| slowest ms | RSS MiB, first to last quarter | heap MiB, first to last quarter |",
  "| --- | --- |" + " --: |".repeat(10),
].join("\n");

function row({ name, version }: Runtime, report: PhaseReport): string {
  const { phase, calls, seconds, wrong, lost, p50, p99, slowest, memory } = report;
  const trend = (kind: "rss" | "heap") =>
    [memory.first, memory.last].map((use) => figure(use[kind] / MiB)).join(" to ");
  const cells = [
    `${name} ${version}`,
    phase,
    calls,
    figure(seconds),
    figure(calls / seconds),
    wrong,
    lost,
    figure(p50),
    figure(p99),
    figure(slowest / 1000),
    trend("rss"),
    trend("heap"),
  ];
  return `| ${cells.join(" | ")} |`;
}

function judge({ phase, calls, wrong, lost, memory }: PhaseReport): string[] {
  const troubles: string[] = [];
  if (wrong > 0) troubles.push(`${phase}: ${wrong} wrong answers`);
  if (lost > 0) troubles.push(`${phase}: ${lost} lost wake-ups`);
  for (const kind of ["rss", "heap"] as const) {
    const growth = memory.last[kind] - memory.first[kind];
    const isMuch = growth > Math.max(SWING_BYTES, SWING_SHARE * memory.first[kind]);
    if (isMuch && calls >= (FLAT_FROM_CALLS[phase] ?? Infinity)) {
      troubles.push(`${phase}: ${kind} grew by ${(growth / MiB).toFixed(0)} MiB`);
    }
  }
  return troubles;
}

async function main(request: Request): Promise<void> {
  const troubles: string[] = [];
  console.log(`Soak: seed ${request.seed}\n\n${HEAD}`);
  for (const name of request.runtimes) {
    let runtime: Runtime;
    try {
      runtime = findRuntime(name);
    } catch (error) {
      troubles.push((error as Error).message);
      console.error((error as Error).message);
      continue;
    }
    await soak(runtime, request, troubles);
  }
  console.log(`\n${troubles.length === 0 ? "All is well" : `${troubles.length} troubles`}`);
  process.exitCode = troubles.length > 0 ? 1 : 0;
}

if (import.meta.main) {
  endChildrenOnSignals();
  try {
    await main(parseRequest(process.argv.slice(2)));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
  }
}
