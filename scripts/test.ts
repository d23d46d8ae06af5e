// Runs tests/**/*_test.ts, unchanged, under Deno, Node and Bun:
//
//   deno run -A scripts/test.ts [deno|node|bun ...] [--filter <part of a path> ...]
//
// The last line printed is the sum over the runtimes that ran: "N passed, N failed".

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { outputPath } from "./build_native.ts";
import { endChildrenOnSignals, endingOf, kill, startChild } from "./child.ts";
import { findRuntime, type Runtime, RUNTIME_NAMES, type RuntimeName } from "./runtimes.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RUN_LIMIT_MS = 10 * 60_000;
/** For runtimes that can stop a single test (Bun) or file (Node); Bun's default is 5 s. */
const TEST_LIMIT_MS = 4 * 60_000;

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

interface Runner {
  args(files: readonly string[], report: string): string[];
  /** Reads the report, a file in the runtime's own machine-readable format. */
  parse(report: string): Counts;
}

const RUNNERS: Record<RuntimeName, Runner> = {
  deno: {
    args: (files, report) => [
      "test",
      "--allow-all",
      "--no-check", // `deno task check` does it
      "--preload=scripts/deno_test_guard.ts",
      `--junit-path=${report}`,
      ...files,
    ],
    parse: parseDenoReport,
  },
  node: {
    args: (files, report) => [
      "--disable-warning=ExperimentalWarning",
      "--test",
      "--test-concurrency=1",
      `--test-timeout=${TEST_LIMIT_MS}`,
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=tap",
      `--test-reporter-destination=${report}`,
      ...files,
    ],
    parse: parseNodeReport,
  },
  bun: {
    args: (files, report) => [
      "test",
      `--timeout=${TEST_LIMIT_MS}`,
      "--reporter=junit",
      `--reporter-outfile=${report}`,
      ...files.map((file) => `./${file}`), // without "./" Bun takes it for a pattern
    ],
    parse: parseBunReport,
  },
};

/** JUnit, but suites and parents of subtests are test cases too, and have no mark. */
function parseDenoReport(report: string): Counts {
  const cases = [...report.matchAll(/<testcase name="([^"]*)"[^>]*>(.*?)<\/testcase>/gs)]
    .map(([, name, body]) => ({
      name: name ?? "",
      failed: body?.includes("<failure") ?? false,
      skipped: body?.includes("<skipped") ?? false,
    }));
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, failed, skipped } of cases) {
    const children = cases.filter((other) => other.name.startsWith(`${name} &gt; `));
    // A parent counts only when it failed by itself, not because of a child.
    if (children.length > 0 && (!failed || children.some((child) => child.failed))) continue;
    counts[failed ? "failed" : skipped ? "skipped" : "passed"]++;
  }
  return counts;
}

/** TAP, of which the summary lines at the end are enough. */
function parseNodeReport(report: string): Counts {
  const count = (label: string) =>
    Number(report.match(new RegExp(`^# ${label} (\\d+)$`, "m"))?.[1] ?? 0);
  return {
    passed: count("pass"),
    failed: count("fail") + count("cancelled"),
    skipped: count("skipped") + count("todo"),
  };
}

/** JUnit, whose root element has the sums. */
function parseBunReport(report: string): Counts {
  const root = report.match(/<testsuites [^>]*>/)?.[0] ?? "";
  const count = (label: string) => Number(root.match(new RegExp(` ${label}="(\\d+)"`))?.[1] ?? 0);
  const failed = count("failures");
  const skipped = count("skipped");
  return { passed: count("tests") - failed - skipped, failed, skipped };
}

async function runTests(runtime: Runtime, files: readonly string[]): Promise<Counts> {
  const runner = RUNNERS[runtime.name];
  const folder = mkdtempSync(join(tmpdir(), "knitting-test-"));
  const report = join(folder, "report");
  const startedMs = Date.now();
  const trouble: string[] = [];
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    console.log(`\n=== ${runtime.name} ${runtime.version} ===\n`);
    const ending = await runToEnd(runtime.path, runner.args(files, report));
    try {
      counts = runner.parse(readFileSync(report, "utf8"));
    } catch {
      trouble.push("wrote no report");
    }
    // Exit code 1 is how runtimes say what the counts say already.
    const expected = counts.failed > 0 ? "exit code 1" : "exit code 0";
    if (ending !== expected) trouble.push(ending);
    if (counts.passed + counts.failed === 0) trouble.push("ran no test");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (trouble.length > 0) counts.failed = Math.max(counts.failed, 1);
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  const why = trouble.length > 0 ? ` (${trouble.join(", ")})` : "";
  console.log(`\n${runtime.name} ${runtime.version}: ${describe(counts)}${why}, ${seconds} s`);
  return counts;
}

/** Runs a command with our stdio and resolves to how it ended, in words. */
async function runToEnd(command: string, args: string[]): Promise<string> {
  const child = startChild(command, args, "inherit");
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill(child);
  }, RUN_LIMIT_MS);
  const ending = await endingOf(child);
  clearTimeout(timer);
  return isLate ? `stopped after the limit of ${RUN_LIMIT_MS / 60_000} minutes` : ending;
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

async function main(args: readonly string[]): Promise<void> {
  const split = args.indexOf("--filter");
  const names = split < 0 ? args : args.slice(0, split);
  const filters = split < 0 ? [] : args.slice(split + 1);
  const unknown = names.find((name) => !RUNTIME_NAMES.includes(name as RuntimeName));
  if (unknown !== undefined) {
    console.error(`Unknown argument "${unknown}": expected ${RUNTIME_NAMES.join(", ")}, --filter`);
    process.exit(2);
  }

  endChildrenOnSignals();

  const files = withoutLibrary(findTests(filters));
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const name of names.length > 0 ? names as RuntimeName[] : RUNTIME_NAMES) {
    let counts: Counts;
    try {
      // No file means no test, which fails like any other run without tests.
      if (files.length === 0) throw new Error(`${name}: no test file matches`);
      counts = await runTests(findRuntime(name), files);
    } catch (error) {
      console.error(`\n${(error as Error).message}`);
      counts = { passed: 0, failed: 1, skipped: 0 };
    }
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  if (total.skipped > 0) console.log(`\n${total.skipped} skipped`);
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
}

if (import.meta.main) await main(process.argv.slice(2));
