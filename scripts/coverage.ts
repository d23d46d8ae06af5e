// Says which lines and branches of the library the tests reach, on each runtime:
//
//   deno run -A scripts/coverage.ts [--add | --print] [--uncovered] [deno|node|bun ...] [--filter <part of a path> ...]
//
// The tests run as `scripts/test.ts` runs them. What a run found stays in coverage/<runtime>/, as an
// lcov file; `--add` adds to what is there, so that parts can be run one after the other, as long as
// the lines of the sources are the same. `--print` runs nothing, and looks at what is there.
//
// `--uncovered` lists the lines that nothing has reached, and the lines with a branch that nothing has
// reached; then those that no runtime has reached, apart from what the sources explain by
// `// not covered: why` (`not_covered.ts`). A branch is known where V8 names one: not `?.`, not defaults
// of parameters.
//
// Deno sees threads and processes, too, if they end by themselves and inherit the variable of the
// environment that asks for coverage. Node sees only those of them that are not restricted: its
// permission model turns the inspector off, and coverage with it (nodejs/node#48534). Bun sees the main
// thread alone, and no branches.

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import process from "node:process";
import {
  branchShare,
  type FileCoverage,
  lineShare,
  missedBranches,
  missedLines,
  ranges,
  readLcov,
  type Share,
  sumOf,
} from "./lcov.ts";
import { findRuntime, RUNTIME_NAMES, type RuntimeName } from "./runtimes.ts";
import { readReasons } from "./not_covered.ts";
import { endChildrenOnSignals } from "./child.ts";
import { conclude, ROOT, runEverywhere, runToEnd, select } from "./test.ts";
import { type Counts, RUNNERS } from "./test_runners.ts";

/** Everything takes longer while it is counted. */
const RUN_LIMIT_MS = 30 * 60_000;
const FOLDER = join(ROOT, "coverage");
const LIBRARY = /^(src\/.*|metrics|mod|opentelemetry|task|shared_memory|unsafe)\.ts$/;

/** What a runtime has reached, by path. */
type Reached = Map<string, FileCoverage>;

const folderOf = (name: RuntimeName) => join(FOLDER, name);
/** What the runtime itself writes, until it is an lcov file among the others. */
const rawFolderOf = (name: RuntimeName) => join(folderOf(name), "raw");

function lcovFiles(name: RuntimeName): string[] {
  return readdirSync(folderOf(name)).filter((file) => file.endsWith(".lcov"));
}

/** What a process wrote that was killed meanwhile; Deno reads all files or none. */
function removeUnfinished(folder: string): void {
  for (const file of readdirSync(folder).filter((file) => file.endsWith(".json"))) {
    const path = join(folder, file);
    if (!readFileSync(path, "latin1").endsWith("}")) rmSync(path);
  }
}

async function keepResult(name: RuntimeName): Promise<void> {
  const { path, args } = RUNNERS[name].lcov(rawFolderOf(name));
  removeUnfinished(rawFolderOf(name));
  if (args !== undefined) await runToEnd(findRuntime(name).path, args, RUN_LIMIT_MS);
  // A run that was stopped has written none.
  if (existsSync(path)) renameSync(path, join(folderOf(name), `${lcovFiles(name).length}.lcov`));
  rmSync(rawFolderOf(name), { recursive: true });
}

function readReached(name: RuntimeName): Reached {
  const reached: Reached = new Map();
  for (const file of lcovFiles(name)) {
    const text = readFileSync(join(folderOf(name), file), "utf8");
    // Deno writes absolute paths.
    const local = text.replace(/^SF:(.*)$/gm, (_, path) => `SF:${localPath(path)}`);
    readLcov(
      local,
      reached,
      (path) => LIBRARY.test(path) ? readFileSync(join(ROOT, path), "utf8") : undefined,
    );
  }
  return reached;
}

function localPath(path: string): string {
  return relative(ROOT, resolve(ROOT, path)).split(sep).join("/");
}

function add(a: Share, b: Share): Share {
  return { reached: a.reached + b.reached, total: a.total + b.total };
}

/** Never rounded up to 100. */
function percent({ reached, total }: Share): string {
  return total === 0 ? "-" : (Math.floor(1000 * reached / total) / 10).toFixed(1);
}

/** A row of the table: lines and branches on each runtime, over some files. */
function row(title: string, reached: readonly Reached[], paths: readonly string[]): string {
  const cells = reached.flatMap((files) =>
    [lineShare, branchShare].map((share) => {
      const shares = paths.map((path) => files.get(path)).filter((file) => file !== undefined);
      return percent(shares.map(share).reduce(add, { reached: 0, total: 0 }));
    })
  );
  return title.padEnd(44) + cells.map((cell) => cell.padStart(9)).join("");
}

function pathsOf(reached: readonly Reached[]): string[] {
  return [...new Set(reached.flatMap((files) => [...files.keys()]))].sort();
}

/** `src/pool` for its files, and the file itself for those of no room. */
function roomOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

function printTable(names: readonly RuntimeName[], reached: readonly Reached[]): void {
  const paths = pathsOf(reached);
  console.log(`\n${"".padEnd(44)}${names.map((name) => name.padStart(18)).join("")}`);
  console.log("".padEnd(44) + names.map(() => "  lines %     br. %").join(""));
  const rooms = Object.groupBy(paths, roomOf);
  for (const [room, files = []] of Object.entries(rooms)) {
    console.log(row(room, reached, files));
    if (files[0] === room) continue;
    for (const file of files) console.log(row(`  ${file.slice(room.length + 1)}`, reached, [file]));
  }
  console.log(row("all", reached, paths));
}

function printUncovered(name: RuntimeName, reached: Reached): void {
  console.log(`\nNot reached on ${name}:\n`);
  for (const [path, file] of [...reached].sort()) {
    printLines(path, missedLines(file), missedBranches(file));
  }
}

function printLines(path: string, lines: readonly number[], branches: readonly number[]): void {
  if (lines.length > 0) console.log(`${path}: ${ranges(lines)}`);
  if (branches.length > 0) console.log(`${path}: branches of ${ranges(branches)}`);
}

/**
 * What the runtimes have reached of a file, together. Which lines have code, the first one says: Deno, where it
 * has the file, because Node counts lines of types, too.
 */
function together(path: string, reached: readonly Reached[]): FileCoverage {
  const runs = reached.map((files) => files.get(path)).filter((file) => file !== undefined);
  const { hits, branches } = sumOf(runs);
  return { hits: new Map([...hits].filter(([line]) => runs[0]!.hits.has(line))), branches };
}

/** Whether the runtime names branches at all. */
function namesBranches(reached: Reached): boolean {
  return [...reached.values()].some(({ branches }) => branches.size > 0);
}

/** What none of the runtimes has reached, apart from what the sources explain; and then that, by the reason. */
function printUncoveredOnAll(reached: readonly Reached[]): void {
  const explained = new Map<string, string[]>();
  const counts = { lines: 0, branches: 0 };
  console.log("\nNot reached on any of them:\n");
  for (const path of pathsOf(reached)) {
    const reasons = readReasons(readFileSync(join(ROOT, path), "utf8"));
    const missed = {
      lines: missedLines(together(path, reached)),
      branches: missedBranches(together(path, reached.filter(namesBranches))),
    };
    const places = Object.groupBy(
      [...missed.lines, ...missed.branches].filter((line) => reasons.has(line)),
      (line) => reasons.get(line)!,
    );
    for (const [reason, lines = []] of Object.entries(places)) {
      explained.set(reason, [...explained.get(reason) ?? [], `${path}: ${ranges(lines)}`]);
    }
    const lines = missed.lines.filter((line) => !reasons.has(line));
    const others = missed.branches.filter((line) => !reasons.has(line));
    printLines(path, lines, others);
    counts.lines += lines.length;
    counts.branches += others.length;
  }
  console.log("\nExplained:\n");
  for (const [reason, places] of explained) console.log(`${reason}\n  ${places.join("\n  ")}`);
  console.log(`\n${counts.lines} lines unexplained, and branches of ${counts.branches} others`);
}

/** Runs the tests, and keeps what came of it. */
async function run(
  names: readonly RuntimeName[],
  files: readonly string[],
  adds: boolean,
): Promise<Counts> {
  endChildrenOnSignals();
  for (const name of names) {
    rmSync(adds ? rawFolderOf(name) : folderOf(name), { recursive: true, force: true });
    mkdirSync(rawFolderOf(name), { recursive: true });
  }
  const counts = await runEverywhere({ suites: names, files }, {
    optionsOf: (name) => RUNNERS[name].coverage(rawFolderOf(name)),
    limitMs: RUN_LIMIT_MS,
  });
  for (const name of names) await keepResult(name);
  return counts;
}

async function main(args: readonly string[]): Promise<void> {
  const own = new Set(args.filter((arg) => ["--add", "--print", "--uncovered"].includes(arg)));
  const { suites, files } = select(args.filter((arg) => !own.has(arg)));
  // The tests of the package reach the package, not these sources.
  const names = RUNTIME_NAMES.filter((name) => suites.includes(name));
  const counts = own.has("--print") ? undefined : await run(names, files, own.has("--add"));
  const reached = names.map(readReached);
  printTable(names, reached);
  if (own.has("--uncovered")) {
    names.forEach((name, index) => printUncovered(name, reached[index]!));
    if (names.length > 1) printUncoveredOnAll(reached);
  }
  if (counts !== undefined) conclude(counts);
}

if (import.meta.main) await main(process.argv.slice(2));
