// Runs tests/**/*_test.ts, unchanged, under Deno, Node and Bun:
//
//   deno run -A scripts/test.ts [deno|node|bun|browser|package ...] [--filter <part of a path> ...]
//
// Those of tests/browser/ are for Chromium, which Node drives. The tests of the npm package, tests/package/,
// start runtimes themselves, so they run once, under Deno, with the package as it was just built; or
// with the tarball that KNITTING_TARBALL names.
//
// The last line printed is the sum over all that ran: "N passed, N failed".
// `scripts/coverage.ts` runs them in the same way.

import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, sep } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { outputPath } from "./build_native.ts";
import { endChildrenOnSignals, endingOf, kill, startChild } from "./child.ts";
import { findChromium } from "./chromium.ts";
import { readProject, tarballOf } from "./npm_package.ts";
import { findRuntime, type Runtime, RUNTIME_NAMES, type RuntimeName } from "./runtimes.ts";
import { withStrippedTypes } from "./stripped_types.ts";
import { type Counts, noCounts, RUNNERS } from "./test_runners.ts";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Processes that run tests at one time. */
const AT_ONCE = availableParallelism();
/** For all files on one runtime. */
const RUN_LIMIT_MS = 20 * 60_000;

/** What can be run: the tests of the library on a runtime, those for browsers, or those of the package. */
const SUITES = [...RUNTIME_NAMES, "browser", "package"] as const;
type Suite = typeof SUITES[number];

/** Scripts run on Deno; but reports are those of each runtime. */
const FOR_DENO = /^tests\/scripts\/(?!test_runners_test)/;

/** Suites with tests of their own. */
const FOLDERS: { readonly [suite in Suite]?: string } = {
  browser: "tests/browser/",
  package: "tests/package/",
};

/** What to run, as the arguments of a script say it. */
export interface Selection {
  readonly suites: readonly Suite[];
  readonly files: readonly string[];
}

/** How to run it otherwise than `scripts/test.ts` does. */
export interface RunSettings {
  /** Options of a runtime's command. */
  readonly optionsOf?: (name: RuntimeName) => readonly string[];
  readonly limitMs?: number;
}

async function runTests(
  runtime: Runtime,
  files: readonly string[],
  { limitMs = RUN_LIMIT_MS, optionsOf }: RunSettings,
): Promise<Counts> {
  const startedMs = Date.now();
  const { name, version } = runtime;
  console.log(`\n=== ${name} ${version} ===\n`);
  const options = optionsOf?.(name) ?? [];
  const total = noCounts();
  const troubles: string[] = [];
  const parts = RUNNERS[name].processes(files, AT_ONCE);
  const rest = parts.values();
  const runRest = async () => {
    for (const part of rest) {
      const leftMs = startedMs + limitMs - Date.now();
      const { trouble, ...counts } = await runPart(
        runtime,
        part,
        options,
        leftMs,
        parts.length > 1,
      );
      add(total, counts);
      if (trouble !== undefined) {
        troubles.push(part.length === 1 ? `${part[0]} ${trouble}` : trouble);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runRest));
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  const why = troubles.length > 0 ? ` (${troubles.join(", ")})` : "";
  console.log(`\n${name} ${version}: ${describe(total)}${why}, ${seconds} s`);
  total.failures = total.failures.map((failure) => `${name}: ${failure}`);
  return total;
}

/** Runs files in one process; `trouble` is what the counts do not say. */
async function runPart(
  runtime: Runtime,
  files: readonly string[],
  options: readonly string[],
  limitMs: number,
  isOneOfMany: boolean,
): Promise<Counts & { trouble: string | undefined }> {
  const runner = RUNNERS[runtime.name];
  const folder = mkdtempSync(join(tmpdir(), "knitting-test-"));
  const report = join(folder, "report");
  const trouble: string[] = [];
  let counts = noCounts();
  try {
    const args = runner.args(files, report, options);
    const ending = isOneOfMany
      ? await runAndPrint(runtime.path, args, limitMs, join(folder, "output"))
      : await runToEnd(runtime.path, args, limitMs);
    try {
      counts = runner.parse(readFileSync(report, "utf8"));
    } catch {
      trouble.push("wrote no report");
    }
    // Exit code 1 is how runtimes say what the counts say already.
    const expected = counts.failed > 0 ? "exit code 1" : "exit code 0";
    if (ending !== expected) trouble.push(ending);
    if (counts.passed + counts.failed + counts.skipped === 0) trouble.push("ran no test");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (trouble.length === 0) return { ...counts, trouble: undefined };
  const failures = [...counts.failures, `${files.join(", ")}: ${trouble.join(", ")}`];
  const failed = Math.max(counts.failed, 1);
  return { ...counts, failed, failures, trouble: trouble.join(", ") };
}

function add(total: Counts, { passed, failed, skipped, failures }: Counts): void {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  total.failures.push(...failures);
}

/** Runs a command like {@linkcode runToEnd}, and prints what it wrote when it has ended. */
async function runAndPrint(
  command: string,
  args: readonly string[],
  limitMs: number,
  path: string,
): Promise<string> {
  const output = openSync(path, "w");
  try {
    return await runToEnd(command, args, limitMs, output);
  } finally {
    closeSync(output);
    process.stdout.write(readFileSync(path));
  }
}

/** Runs a command with our stdio, in the root of the project, and resolves to how it ended, in words. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  limitMs: number,
  output: "inherit" | number = "inherit",
): Promise<string> {
  const child = startChild(command, args, output);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill(child);
  }, limitMs);
  const ending = await endingOf(child);
  clearTimeout(timer);
  return isLate ? `stopped after ${Math.round(limitMs / 1000)} s, the limit` : ending;
}

/** What the tests of shared memory, and of the native library itself, import. */
const NEEDS_LIBRARY = /"[./]+\/(shared_memory|src\/native\/\w+|src\/memory\/crossing)\.ts"/;

/** Without the library, and a compiler to build it, the rest is tested. */
function withoutLibrary(files: readonly string[]): string[] {
  if (existsSync(outputPath(process.platform, process.arch))) return [...files];
  const needsLibrary = (file: string) =>
    file.startsWith("tests/native/") || NEEDS_LIBRARY.test(readFileSync(join(ROOT, file), "utf8"));
  const { left = [], kept = [] } = Object.groupBy(
    files,
    (file) => needsLibrary(file) ? "left" : "kept",
  );
  if (left.length > 0) {
    console.log(`There is no native library; left out:\n  ${left.join("\n  ")}`);
  }
  return kept;
}

function findTests(filters: readonly string[]): string[] {
  return readdirSync(join(ROOT, "tests"), { recursive: true, encoding: "utf8" })
    .map((path) => `tests/${path.split(sep).join("/")}`)
    .filter((path) => path.endsWith("_test.ts"))
    .filter((path) => filters.length === 0 || filters.some((part) => path.includes(part)))
    .sort();
}

function describe({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed` + (skipped > 0 ? `, ${skipped} skipped` : "");
}

/** Reads `[runtime ...] [--filter <part of a path> ...]`; what is wrong ends the program. */
export function select(args: readonly string[]): Selection {
  const split = args.indexOf("--filter");
  const names = split < 0 ? args : args.slice(0, split);
  const filters = split < 0 ? [] : args.slice(split + 1);
  const unknown = names.find((name) => !SUITES.includes(name as Suite));
  if (unknown !== undefined) {
    console.error(`Unknown argument "${unknown}": expected ${SUITES.join(", ")}, --filter`);
    process.exit(2);
  }
  const files = withoutLibrary(findTests(filters));
  if (names.length > 0) return { suites: names as Suite[], files };
  const matching = SUITES.filter((suite) => filesOf(suite, files).length > 0);
  return { suites: matching.length > 0 ? matching : SUITES, files };
}

function filesOf(suite: Suite, files: readonly string[]): string[] {
  const own = FOLDERS[suite];
  if (own !== undefined) return files.filter((file) => file.startsWith(own));
  const others = Object.values(FOLDERS);
  return files.filter((file) => !others.some((folder) => file.startsWith(folder)))
    .filter((file) => suite === "deno" || !FOR_DENO.test(file));
}

/** Builds the package, unless there is one to test. */
async function providePackage(): Promise<void> {
  if (process.env["KNITTING_TARBALL"]) return;
  console.log("\n=== npm package ===\n");
  const build = ["run", "-A", "scripts/build_npm.ts"];
  const ending = await runToEnd(findRuntime("deno").path, build, RUN_LIMIT_MS);
  if (ending !== "exit code 0") throw new Error(`The npm package cannot be built: ${ending}`);
  process.env["KNITTING_TARBALL"] = tarballOf(readProject().version);
}

/** Without Chromium these tests are left out, which is said. */
async function runInBrowser(files: readonly string[]): Promise<Counts> {
  const chromium = findChromium();
  if (chromium !== undefined) {
    console.log(`\n=== Chromium ${chromium.version} ===`);
    return await runTests(findRuntime("node"), files, {});
  }
  console.log(
    "\nThere is no Chromium, neither on PATH nor named by CHROMIUM_BINARY; left out:\n  " +
      files.join("\n  "),
  );
  return noCounts();
}

async function runSuite(
  suite: Suite,
  all: readonly string[],
  settings: RunSettings,
): Promise<Counts> {
  const files = filesOf(suite, all);
  // No file means no test, which fails like any other run without tests.
  if (files.length === 0) throw new Error(`${suite}: no test file matches`);
  if (suite === "browser") return await runInBrowser(files);
  if (suite !== "package") return await runOn(findRuntime(suite), files, settings);
  await providePackage();
  return await runTests(findRuntime("deno"), files, settings);
}

function runOn(
  runtime: Runtime,
  files: readonly string[],
  settings: RunSettings,
): Promise<Counts> {
  const run = () => runTests(runtime, files, settings);
  const isAsItIs = process.env["KNITTING_LONG"] === "1" || settings.optionsOf !== undefined;
  return runtime.name === "node" && !isAsItIs ? withStrippedTypes(runtime, run) : run();
}

/** Runs the suites, one after the other. */
export async function runEverywhere(
  { suites, files }: Selection,
  settings: RunSettings = {},
): Promise<Counts> {
  const total = noCounts();
  for (const suite of suites) {
    let counts: Counts;
    try {
      counts = await runSuite(suite, files, settings);
    } catch (error) {
      console.error(`\n${(error as Error).message}`);
      counts = { ...noCounts(), failed: 1, failures: [`${suite}: ${(error as Error).message}`] };
    }
    add(total, counts);
  }
  return total;
}

/** Prints the sum and what failed, and makes the program fail if a test has. */
export function conclude({ passed, failed, skipped, failures }: Counts): void {
  if (failures.length > 0) console.log(`\nfailed:\n  ${failures.join("\n  ")}`);
  if (skipped > 0) console.log(`\n${skipped} skipped`);
  console.log(`\n${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

if (import.meta.main) {
  endChildrenOnSignals();
  conclude(await runEverywhere(select(process.argv.slice(2))));
}
