// The programs that benchmarks compare with, in C and in Rust: builds those that are asked for, and tells
// the benchmarks where they are, or why they are not.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { type BuiltPrograms, PROGRAMS_VARIABLE } from "../bench/support/program.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUTPUT = ".tmp/bench";

interface Recipe {
  /** The questions that need it. */
  readonly questions: readonly string[];
  readonly folder: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Relative to the folder for all output. */
  readonly binary: string;
}

const RECIPES: Readonly<Record<string, Recipe>> = {
  floor: {
    questions: ["latency", "payload", "sizes", "tokio"],
    folder: "bench/floor",
    command: "cc",
    args: ["-O2", "-Wall", "-Wextra", "-pthread", "-o", `${ROOT}${OUTPUT}/floor`, "floor.c"],
    binary: "floor",
  },
  tokio: {
    questions: ["tokio"],
    folder: "bench/tokio",
    command: "cargo",
    args: ["build", "--release", "--offline", "--quiet", "--target-dir", `${ROOT}${OUTPUT}/tokio`],
    binary: "tokio/release/tokio-echo",
  },
};

/** Builds what these questions need; child processes of this one find it. */
export function buildPrograms(questions: readonly string[]): void {
  const built: BuiltPrograms = {};
  for (const [name, recipe] of Object.entries(RECIPES)) {
    if (recipe.questions.some((one) => questions.includes(one))) built[name] = build(recipe);
  }
  process.env[PROGRAMS_VARIABLE] = JSON.stringify(built);
}

/** The one that was built last, if ever. */
export function tokioVersion(): { readonly tokio?: string } {
  const path = `${ROOT}bench/tokio/Cargo.lock`;
  if (!existsSync(path)) return {};
  const found = readFileSync(path, "utf8").match(/name = "tokio"\nversion = "(.*)"/);
  return found === null ? {} : { tokio: found[1]! };
}

function build({ folder, command, args, binary }: Recipe): BuiltPrograms[string] {
  mkdirSync(`${ROOT}${OUTPUT}`, { recursive: true });
  const { error, status, stderr } = spawnSync(command, args, {
    cwd: `${ROOT}${folder}`,
    encoding: "utf8",
  });
  if (error !== undefined) return { gap: `no ${command}` };
  if (status === 0) return { path: `${ROOT}${OUTPUT}/${binary}` };
  console.error(stderr);
  return { gap: `${command} cannot build it` };
}
