// Measures knitting and its peers, side by side, on every runtime:
//
//   deno task bench [name ...] [--runtime node,deno,bun] [--quick] [--json] [--filter <text>] [--into <file>]
//
// A name is that of a file in bench/ without "_bench.ts"; all by default. --filter keeps the cells
// whose names contain the text. --into keeps the results in a file, where those of the same question
// on the same runtime give way to them: a whole run takes long, and can be made in parts.
// See bench/README.md.

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, type } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import type { BenchMessage } from "../bench/support/messages.ts";
import { buildPrograms, tokioVersion } from "./bench_programs.ts";
import {
  addRun,
  lossesText,
  rowsOf,
  type Run,
  type RuntimeResult,
  type Setting,
  settingText,
  tableText,
  troublesOf,
} from "./bench_report.ts";
import { endChildrenOnSignals, runChild } from "./child.ts";
import { ProgressLine } from "./progress.ts";
import { chosen, findRuntime, type Runtime, RUNTIME_NAMES, type RuntimeName } from "./runtimes.ts";

const ROOT = new URL("..", import.meta.url);
/** What is measured beside knitting, or has a part in it, from npm. */
const PEERS = [
  "piscina",
  "tinypool",
  "workerpool",
  "poolifier",
  "comlink",
  "ws",
  "hono",
  "autocannon",
];
/** Longer than the longest step that a child gives up by itself. */
const SILENCE_MS = 60_000;
/** How long to look at what others compute. */
const BUSY_MS = 1_000;

interface Request {
  readonly names: readonly string[];
  readonly runtimes: readonly RuntimeName[];
  readonly filter: string | undefined;
  readonly quick: boolean;
  readonly json: boolean;
  readonly into: string | undefined;
}

/** @throws {Error} that says what was expected */
function parseRequest(args: readonly string[]): Request {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runtime: { type: "string" },
      filter: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      into: { type: "string" },
    },
  });
  const known = readdirSync(new URL("bench", ROOT))
    .filter((file) => file.endsWith("_bench.ts"))
    .map((file) => file.slice(0, -"_bench.ts".length))
    .sort();
  return {
    names: chosen("benchmark", positionals, known),
    runtimes: chosen("runtime", values.runtime?.split(",") ?? [], RUNTIME_NAMES),
    filter: values.filter,
    quick: values.quick,
    json: values.json,
    into: values.into,
  };
}

/** How much of the processors others use, while this program waits. */
async function busyShare(): Promise<number> {
  const read = () => {
    const times = cpus().map((cpu) => cpu.times);
    const idle = times.reduce((sum, one) => sum + one.idle, 0);
    const all = times.reduce((sum, one) => sum + one.idle + one.user + one.nice + one.sys, 0);
    return { idle, all };
  };
  const before = read();
  await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
  const after = read();
  return 1 - (after.idle - before.idle) / Math.max(1, after.all - before.all);
}

async function describeSetting(runtimes: readonly Runtime[], quick: boolean): Promise<Setting> {
  const read = (path: string) => JSON.parse(readFileSync(new URL(path, ROOT), "utf8"));
  return {
    date: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? "unknown",
      cores: availableParallelism(),
      os: `${type()} ${release()}`,
      load: loadavg()[0]!,
      busy: await busyShare(),
    },
    runtimes: Object.fromEntries(runtimes.map(({ name, version }) => [name, version])),
    libraries: {
      knitting: read("deno.json").version,
      ...Object.fromEntries(PEERS.map((name) => [
        name,
        read(`node_modules/${name}/package.json`).version,
      ])),
      ...tokioVersion(),
    },
    quick,
  };
}

/** One bench file on one runtime. What it cannot measure goes to `troubles`. */
async function measure(
  name: string,
  runtime: Runtime,
  { quick, filter }: Request,
  troubles: string[],
): Promise<{ asks: string; results: RuntimeResult[] }> {
  const progress = new ProgressLine();
  const results: RuntimeResult[] = [];
  let [asks, cells, done, step] = ["", 0, 0, "nothing yet"];
  const ending = await runChild<BenchMessage>({
    runtime,
    script: "bench/support/child.ts",
    args: [name, ...quick ? ["--quick"] : [], ...filter === undefined ? [] : ["--filter", filter]],
    silenceMs: SILENCE_MS,
    onMessage(message) {
      if (message.kind === "begin") ({ asks, cells } = message);
      else if (message.kind === "step") step = `${message.cell}, ${message.contender}`;
      else if (message.kind === "done") done++;
      else {
        const result = { runtime: runtime.name, ...message.result };
        results.push(result);
        troubles.push(...troublesOf(result));
      }
      progress.show(`${name} on ${runtime.name}: ${done} of ${cells} cells; ${step}`);
    },
  });
  progress.clear();
  if (ending !== undefined) {
    troubles.push(`${name} on ${runtime.name}: ${ending}; the last thing it did: ${step}`);
  }
  return { asks, results };
}

const toJson = (run: Run) => JSON.stringify(run, undefined, 1);

function addTo(file: string, run: Run): void {
  const before: Run | undefined = existsSync(file)
    ? JSON.parse(readFileSync(file, "utf8"))
    : undefined;
  writeFileSync(file, `${toJson(before === undefined ? run : addRun(before, run))}\n`);
}

async function main(request: Request): Promise<void> {
  const print = request.json ? () => {} : console.log;
  const troubles: string[] = [];
  const runtimes: Runtime[] = [];
  for (const name of request.runtimes) {
    try {
      runtimes.push(findRuntime(name));
    } catch (error) {
      troubles.push((error as Error).message);
    }
  }
  buildPrograms(request.names);
  const setting = await describeSetting(runtimes, request.quick);
  const all: RuntimeResult[] = [];
  print(settingText(setting));
  for (const name of request.names) {
    for (const runtime of runtimes) {
      const { asks, results } = await measure(name, runtime, request, troubles);
      all.push(...results);
      if (results.length === 0) continue;
      print(`\n## ${name} on ${runtime.name}: ${asks}\n${tableText(results.flatMap(rowsOf))}`);
    }
  }
  if (all.length === 0 && troubles.length === 0) troubles.push("no cell matches the filter");
  const run: Run = { ...setting, results: all.flatMap(rowsOf), troubles };
  if (request.into !== undefined) addTo(request.into, run);
  if (request.json) console.log(toJson(run));
  else if (all.length > 0) print(`\n## Summary\n\n${lossesText(all)}`);
  for (const trouble of troubles) console.error(`\nNot measured: ${trouble}`);
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
