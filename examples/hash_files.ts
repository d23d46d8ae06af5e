// Computes SHA-256 and a Brotli compression of many files: first on the main thread, then on a pool.
// Compares the times, and how late timers of the main thread are meanwhile.
//
//   deno task start [folder] [--threads N]
//
// Also runs as `deno run -A`, `node` (22.18 or newer) or `bun`, followed by examples/hash_files.ts.

import cliProgress from "cli-progress";
import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createPool } from "../mod.ts";
import { type File, findFiles, type FoundFiles, MAX_FILE_BYTES } from "./find_files.ts";
import { type FileSummary, summarize } from "./hash_files_tasks.ts";
import { runExample, type Settings, UserError } from "./support/program.ts";

/** Files in flight for each thread: enough to keep it busy, few enough to keep memory small. */
const FILES_PER_THREAD = 4;
const TIMER_MS = 5;

interface Measurement {
  /** One for each file, in the order of the files. */
  readonly summaries: readonly FileSummary[];
  readonly ms: number;
  /** How late timers were, in milliseconds, sorted. */
  readonly timerDelays: readonly number[];
}

// Workers import the module of the task, not this one. So nothing here needs a guard with `isMain`.
async function hashFiles({ threads, positionals }: Settings): Promise<void> {
  const folder = resolve(positionals[0] ?? fileURLToPath(new URL("..", import.meta.url)));
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UserError(`Cannot find the folder ${folder}`);
  }
  const found = findFiles(folder);
  const files = [...found.own, ...found.libraries];
  if (files.length === 0) throw new UserError(`There are no files in ${folder}`);
  // Once for nothing, so that both runs find the files in the system's cache.
  for (const { path } of files) await readFile(path);

  // The first Ctrl-C ends the run before the next file, the second one ends the program at once.
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new UserError("Stopped", 130)));

  const atOnce = threads * FILES_PER_THREAD;
  const alone = await measure("Main thread", files, atOnce, stop.signal, summarize.f);

  const pool = createPool({ threads })({ summarize });
  let pooled: Measurement;
  try {
    pooled = await measure("Pool", files, atOnce, stop.signal, pool.call.summarize);
  } finally {
    // Where the syntax is understood, `await using pool = ...` does the same.
    await pool.shutdown();
  }

  compare(files, alone.summaries, pooled.summaries);
  printReport(found, alone, pooled, threads);
}

/** Runs all files through `summary`, `atOnce` at a time. */
async function measure(
  title: string,
  files: readonly File[],
  atOnce: number,
  stop: AbortSignal,
  summary: (bytes: Uint8Array) => FileSummary | Promise<FileSummary>,
): Promise<Measurement> {
  const summaries: FileSummary[] = [];
  const progress = showProgress(title, files);
  const timers = watchTimers();
  const start = performance.now();
  // All loops take from this iterator; when one of them throws, it ends for the others, too.
  const remaining = (function* () {
    yield* files.entries();
  })();
  const work = async (): Promise<void> => {
    for (const [index, { path, bytes }] of remaining) {
      const content = await readFile(path);
      stop.throwIfAborted();
      summaries[index] = await summary(content);
      progress.add(bytes);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
    return { summaries, ms: performance.now() - start, timerDelays: timers.end() };
  } finally {
    timers.end();
    progress.end();
  }
}

/** Measures how late a timer is that should tick all the time. */
function watchTimers(): { end(): readonly number[] } {
  const delays: number[] = [];
  let last = performance.now();
  const tick = (): void => {
    const now = performance.now();
    let delay = now - last - TIMER_MS;
    // Ticks that were due in between have waited as well, each of them one period less.
    do delays.push(Math.max(0, delay)); while ((delay -= TIMER_MS) > 0);
    last = now;
  };
  const timer = setInterval(tick, TIMER_MS);
  return {
    end() {
      clearInterval(timer);
      if (performance.now() - last > TIMER_MS) tick();
      return delays.sort((a, b) => a - b);
    },
  };
}

/** A bar on a terminal, a line for each quarter elsewhere. */
function showProgress(
  title: string,
  files: readonly File[],
): { add(bytes: number): void; end(): void } {
  const total = totalBytes(files);
  let done = 0;
  if (process.stdout.isTTY) {
    const bar = new cliProgress.SingleBar({
      format: `${title.padEnd(11)} {bar} {percentage} %`,
      stream: process.stdout,
    }, cliProgress.Presets.shades_classic);
    bar.start(total, 0);
    return { add: (bytes) => bar.update(done += bytes), end: () => bar.stop() };
  }
  let quarters = 0;
  return {
    add(bytes) {
      done += bytes;
      while (quarters < 4 && done >= total * (quarters + 1) / 4) {
        console.log(`${title.padEnd(11)} ${++quarters * 25} %`);
      }
    },
    end() {},
  };
}

function compare(
  files: readonly File[],
  alone: readonly FileSummary[],
  pooled: readonly FileSummary[],
): void {
  for (const [index, { path }] of files.entries()) {
    const a = alone[index]!;
    const b = pooled[index]!;
    if (a.digest !== b.digest || a.compressedBytes !== b.compressedBytes) {
      throw new UserError(`Main thread and pool do not agree on ${path}. Did it change meanwhile?`);
    }
  }
}

function printReport(
  { own, libraries, tooLarge }: FoundFiles,
  alone: Measurement,
  pooled: Measurement,
  threads: number,
): void {
  const bytes = totalBytes(own) + totalBytes(libraries);
  const compressed = alone.summaries.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0);
  const percent = (100 * compressed / Math.max(1, bytes)).toFixed(1);
  const facts = [
    ["files", `${own.length + libraries.length}`],
    ["", `${own.length} of the folder, ${libraries.length} sources of installed libraries`],
    ["bytes", inMiB(bytes)],
    ["compressed", `${inMiB(compressed)}, ratio ${percent} %`],
    ["results", "equal on the main thread and on the pool"],
  ];
  if (tooLarge > 0) facts.push(["left out", `${tooLarge} larger than ${inMiB(MAX_FILE_BYTES)}`]);
  const speedUp = (alone.ms / pooled.ms).toFixed(2);
  const delays = (q: number): string[] =>
    [alone, pooled].map(({ timerDelays }) => `${quantile(timerDelays, q).toFixed(1)} ms`);
  const table = [
    ["", "main thread", `pool of ${threads}`],
    ["time", inSeconds(alone.ms), inSeconds(pooled.ms), `${speedUp} times as fast`],
    ["timers late, p50", ...delays(0.5)],
    ["timers late, p99", ...delays(0.99)],
    ["timers late, worst", ...delays(1)],
  ];
  console.log();
  for (const [name = "", fact] of facts) console.log(`${name.padEnd(12)}${fact}`);
  console.log();
  for (const [name = "", a = "", b = "", note = ""] of table) {
    console.log(`${name.padEnd(20)}${a.padStart(12)}${b.padStart(12)}   ${note}`.trimEnd());
  }
}

function inMiB(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(2)} MiB`;
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function totalBytes(files: readonly File[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.ceil(sorted.length * q) - 1] ?? 0;
}

await runExample({
  name: "hash_files",
  about: "Hashes and compresses the files of a folder, on the main thread and then on a pool.",
  positionals: { value: "folder", help: "whose files (default: this project)", most: 1 },
  alwaysBoth: true,
}, hashFiles);
