import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProgramOptions, runProgram } from "./program.ts";

/** Where an example is. */
export function exampleUrl(name: string): URL {
  return new URL(`../../examples/${name}.ts`, import.meta.url);
}

/** What an example prints when all goes well. */
export async function outputOf(
  name: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<{ stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await runProgram(exampleUrl(name), { ...options, args });
  assert.equal(code, 0, `${name} ended with ${code}:\n${stdout}\n${stderr}`);
  return { stdout, stderr };
}

/**
 * What an example prints with `--time`: it has then worked on the main thread and on a pool, and has
 * come to the same result.
 */
export async function outputOfBoth(name: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await outputOf(name, [...args, "--threads", "1", "--time"]);
  const times = /^main thread +\d+\.\d{3} s\npool of 1 +\d+\.\d{3} s {3}\d+\.\d\d times as fast/m;
  assert.match(stderr, times);
  return stdout;
}

/** Runs `work` with a folder that is gone afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "knitting-example-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
