// Finds and runs the compilers and other tools that scripts/check_native.ts tries the native library with.

import { spawnSync } from "node:child_process";
import process from "node:process";
import { runtimeEnvironment } from "./runtimes.ts";

/** A tool that is not there; what needs it is skipped. */
export class MissingTool extends Error {
  constructor(name: string) {
    super(`${name} is not installed`);
    this.name = "MissingTool";
  }
}

/** Newest first: Debian and LLVM put the version into the name, or into the folder. */
const VERSIONS = Array.from({ length: 15 }, (_, index) => 25 - index);

const found = new Map<string, string | undefined>();

/**
 * The command for the first of the tools that is installed, under its name or one with a version.
 *
 * @throws {MissingTool} if none is
 */
export function findTool(...names: readonly string[]): string {
  for (const name of names) {
    if (!found.has(name)) {
      const candidates = [
        name,
        ...VERSIONS.flatMap((version) => [
          `${name}-${version}`,
          `/usr/lib/llvm-${version}/bin/${name}`,
        ]),
      ];
      found.set(name, candidates.find((path) => spawnSync(path, ["--version"]).status === 0));
    }
    const path = found.get(name);
    if (path !== undefined) return path;
  }
  throw new MissingTool(names.join(" or "));
}

/** Runs npm to its end; what it printed. */
export function npm(args: readonly string[]): string {
  // On Windows it is a script, which only a shell can run. It runs on the first node on PATH.
  const [command, ...rest] = process.platform === "win32" ? ["cmd", "/c", "npm"] : ["npm"];
  return run(command!, [...rest, ...args], { PATH: runtimeEnvironment().PATH! });
}

/**
 * Runs a command to its end; what it printed.
 *
 * @throws {Error} with what it printed, if it fails, does not end in time, or cannot be started
 */
export function run(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): string {
  const result = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, ...environment },
    timeout: 400_000,
    killSignal: "SIGKILL",
  });
  const { status, signal, error } = result;
  // What the shell of a test prints lies in both.
  const output = `${result.stdout ?? ""}${result.stderr ?? ""}`;
  if (status === 0) return output;
  const ending = error?.message ?? (signal === null ? `exit code ${status}` : `ended by ${signal}`);
  throw new Error(`${[command, ...args].join(" ")}\n${output}${ending}`);
}
