// How each runtime runs test files, says what came of it, and collects coverage.

import { availableParallelism } from "node:os";
import type { RuntimeName } from "./runtimes.ts";

/** For runtimes that can stop a single test (Bun) or file (Node); Bun's default is 5 s. */
const TEST_LIMIT_MS = 4 * 60_000;

/** Of what is said about a failure in the summary. */
const MESSAGE_LENGTH = 400;

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** What failed, by name, and how. */
  failures: string[];
}

export function noCounts(): Counts {
  return { passed: 0, failed: 0, skipped: 0, failures: [] };
}

export interface Runner {
  /** Which files go into one process of the runtime; as many as `atOnce` of them run at one time. */
  processes(files: readonly string[], atOnce: number): (readonly string[])[];
  /** The command; `report` is a file to write, `options` come before the files. */
  args(files: readonly string[], report: string, options: readonly string[]): string[];
  /** Reads the report, a file in the runtime's own machine-readable format. */
  parse(report: string): Counts;
  /** Options of the command that make it collect coverage in an empty folder. */
  coverage(folder: string): string[];
  /** Where the lcov file is then, and the arguments that make the runtime write it, if any. */
  lcov(folder: string): { path: string; args?: string[] };
}

export const RUNNERS: Record<RuntimeName, Runner> = {
  deno: {
    // Threads that tests block for good go on here until the program ends (denoland/deno#35657), and
    // take the processors from the files that follow.
    processes: (files) => files.map((file) => [file]),
    args: (files, report, options) => [
      "test",
      "--allow-all",
      "--no-check", // `deno task check` does it
      "--preload=scripts/deno_test_guard.ts",
      `--junit-path=${report}`,
      ...options,
      ...files,
    ],
    parse: parseDenoReport,
    coverage: (folder) => [`--coverage=${folder}`, "--coverage-raw-data-only"],
    lcov: (folder) => {
      const path = `${folder}/lcov.info`;
      return { path, args: ["coverage", "--quiet", "--lcov", `--output=${path}`, folder] };
    },
  },
  node: {
    processes: (files) => [files], // it starts one for each of them by itself
    args: (files, report, options) => [
      "--disable-warning=ExperimentalWarning",
      "--test",
      `--test-concurrency=${availableParallelism()}`,
      `--test-timeout=${TEST_LIMIT_MS}`,
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=tap",
      `--test-reporter-destination=${report}`,
      ...options,
      ...files,
    ],
    parse: parseNodeReport,
    coverage: (folder) => [
      "--experimental-test-coverage",
      "--test-coverage-include=*.ts",
      "--test-coverage-include=src/**",
      "--test-reporter=lcov",
      `--test-reporter-destination=${folder}/lcov.info`,
    ],
    lcov: (folder) => ({ path: `${folder}/lcov.info` }),
  },
  bun: {
    processes: (files, atOnce) =>
      Array.from(
        { length: Math.min(atOnce, files.length) },
        (_, part) => files.filter((_, index) => index % atOnce === part),
      ),
    args: (files, report, options) => [
      "test",
      `--timeout=${TEST_LIMIT_MS}`,
      "--reporter=junit",
      `--reporter-outfile=${report}`,
      ...options,
      ...files.map((file) => `./${file}`), // without "./" Bun takes it for a pattern
    ],
    parse: parseBunReport,
    coverage: (folder) => [
      "--coverage",
      "--coverage-reporter=lcov",
      `--coverage-dir=${folder}`,
    ],
    lcov: (folder) => ({ path: `${folder}/lcov.info` }),
  },
};

/** JUnit, but suites and parents of subtests are test cases too, and have no mark. */
function parseDenoReport(report: string): Counts {
  const cases = [...report.matchAll(/<testcase name="([^"]*)"[^>]*>(.*?)<\/testcase>/gs)]
    .map(([, name, body]) => ({
      name: name ?? "",
      message: body?.match(/<failure message="(?:Uncaught )?([^"]*)"/)?.[1] ?? "",
      failed: body?.includes("<failure") ?? false,
      skipped: body?.includes("<skipped") ?? false,
    }));
  const counts = noCounts();
  for (const { name, message, failed, skipped } of cases) {
    const children = cases.filter((other) => other.name.startsWith(`${name} &gt; `));
    // A parent counts only when it failed by itself, not because of a child.
    if (children.length > 0 && (!failed || children.some((child) => child.failed))) continue;
    counts[failed ? "failed" : skipped ? "skipped" : "passed"]++;
    if (failed) counts.failures.push(describeFailure(unescapeXml(name), unescapeXml(message)));
  }
  return counts;
}

/** TAP, whose summary lines at the end have the sums; parents of what failed are "not ok" too. */
function parseNodeReport(report: string): Counts {
  const count = (label: string) =>
    Number(report.match(new RegExp(`^# ${label} (\\d+)$`, "m"))?.[1] ?? 0);
  const failures = [...report.matchAll(/^ *not ok \d+ - (.*)\n *---\n((?: .*\n)*?) *\.\.\.$/gm)]
    .filter(([, , details]) => !details?.includes("failureType: 'subtestsFailed'"));
  return {
    passed: count("pass"),
    failed: count("fail") + count("cancelled"),
    skipped: count("skipped") + count("todo"),
    failures: failures.map(([, name = "", details = ""]) => {
      const [, quoted, block] = details.match(/^ *error: (?:'(.*)'|\|-\n((?: .*\n)+?) *code:)/m) ??
        [];
      return describeFailure(name, quoted ?? block ?? "");
    }),
  };
}

/** JUnit, whose root element has the sums. */
function parseBunReport(report: string): Counts {
  const root = report.match(/<testsuites [^>]*>/)?.[0] ?? "";
  const count = (label: string) => Number(root.match(new RegExp(` ${label}="(\\d+)"`))?.[1] ?? 0);
  const failed = count("failures");
  const skipped = count("skipped");
  const failures = [...report.matchAll(
    /<testcase name="([^"]*)"[^>]*[^/]>\s*<failure(?: type="([^"]*)")?(?: message="([^"]*)")?/g,
  )].map(([, name = "", type = "", message = type]) =>
    describeFailure(unescapeXml(name), unescapeXml(message))
  );
  return { passed: count("tests") - failed - skipped, failed, skipped, failures };
}

/** One line, because a summary has room for no more. */
function describeFailure(name: string, message: string): string {
  const line = message.trim().replaceAll(/\s+/g, " ").slice(0, MESSAGE_LENGTH);
  return line === "" ? name : `${name} (${line})`;
}

const XML_ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

function unescapeXml(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&(\w+);/g, (entity, name) => XML_ENTITIES[name] ?? entity);
}
