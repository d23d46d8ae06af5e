/**
 * The command line of a worker process: which program, and how it runs a module.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileSystem, process } from "./builtins.ts";
import { runtime } from "./current.ts";
import { environment } from "./environment.ts";
import { isInExecutable } from "./library_files.ts";
import { outputOf } from "./processes.ts";
import type { RuntimeName } from "./runtime.ts";
import { isSupported, oldestSupported } from "./supported.ts";
import { warnOnce } from "./warnings.ts";

/** What a worker process is to be run by. */
interface ProcessTarget {
  readonly runtime: RuntimeName;
  /** Goes before everything else; with a wrapper, this program's own path means nothing. */
  readonly prefix: readonly string[];
}

/** A program that runs modules. */
export interface ProcessProgram {
  readonly path: string;
  readonly runtime: RuntimeName;
  /** Its version, if it matters and could be found out. */
  readonly version: string | undefined;
}

/** What a worker process is started with. */
interface CommandParts {
  /** The module. */
  readonly entry: URL;
  /** A module whose project the process belongs to. */
  readonly caller: string;
  /** Flags of the runtime. */
  readonly flags: readonly string[];
}

/** Environment variables that name the programs. */
export const binaryVariables: Readonly<Record<RuntimeName, string>> = {
  node: "NODE_BINARY",
  deno: "DENO_BINARY",
  bun: "BUN_BINARY",
};

/** How long a program may take to say its version. */
const PROBE_MS = 2_000;
/** From here on Node has no flag to transform TypeScript beyond types. */
const NODE_WITHOUT_TRANSFORM = 26;
const CONFIG_FILES = ["deno.json", "deno.jsonc"];

/**
 * The program for a target: a variable says which, or it is this one, or it is looked up in the path.
 *
 * @throws {TypeError} for another runtime than that of an executable
 */
export function findProgram(target: ProcessTarget): ProcessProgram {
  const { runtime: name, prefix } = target;
  if (isInExecutable) return ownProgram(name); // not covered: only in a bundle, which tests/package/ runs
  const named = environment(binaryVariables[name]);
  const isOwn = !named && runtime.name === name && prefix.length === 0;
  const path = named || (isOwn ? process.execPath : name);
  const version = name !== "node"
    ? undefined
    : isOwn
    ? process.versions.node
    : probeVersion([...prefix, path]);
  return { path, runtime: name, version };
}

/** @throws {Error} if it is known to be too old to run a worker */
export function checkProgram({ path, runtime: name, version }: ProcessProgram): void {
  if (version === undefined || isSupported(name, version)) return;
  throw new Error(
    `Process workers need ${name} ${oldestSupported[name]} or later, and ${path} is ${version}: ` +
      `set ${binaryVariables[name]} to the path of a newer one`,
  );
}

/** An executable runs as a worker, too: its modules are in it. */
function ownProgram(name: RuntimeName): ProcessProgram { // not covered: only in a bundle, which tests/package/ runs
  if (name === runtime.name) return { path: process.execPath, runtime: name, version: undefined };
  throw new TypeError(
    `worker.processRuntime must be "${runtime.name}" in an executable of it, received "${name}"`,
  );
}

const versions = new Map<string, string | undefined>();

/** The version that a program says it has, asked once; `undefined` if it does not run. */
export function probeVersion(command: readonly string[]): string | undefined {
  const key = command.join("\0");
  if (!versions.has(key)) {
    const said = outputOf([...command, "--version"], PROBE_MS) ?? "";
    versions.set(key, /\d+\.\d+\.\d+/.exec(said)?.[0]);
  }
  return versions.get(key);
}

/** The flags that a user wants for workers: Node's have them, of others a process warning tells. */
export function flagsFor(
  { runtime: name }: ProcessProgram,
  flags: readonly string[] = [],
): readonly string[] {
  if (name === "node" || flags.length === 0) return flags;
  warnOnce(
    "KNT_WARN_EXEC_ARGV",
    `workerExecArgv has no effect on processes of ${name}: these are flags of Node`,
  );
  return [];
}

/** The whole command, without a prefix. */
export function commandOf(
  { path, runtime: name, version }: ProcessProgram,
  { entry, caller, flags }: CommandParts,
): readonly string[] {
  const module = entry.protocol === "file:" ? fileURLToPath(entry) : entry.href; // not covered: only where the library came from a URL, which tests/native/missing_library_test.ts does elsewhere
  switch (name) {
    case "node": {
      const transform = Number.parseInt(version ?? "0") < NODE_WITHOUT_TRANSFORM // not covered: only on Node 26 and newer
        ? ["--experimental-transform-types"]
        : [];
      return [path, "--no-warnings", ...transform, ...flags, module];
    }
    case "deno":
      return [path, "run", "--quiet", "--no-prompt", ...configOf(caller), ...flags, module];
    case "bun":
      return [path, ...flags, module];
  }
}

/** Deno looks for the configuration of a project beside the entry, which is not part of it. */
function configOf(caller: string): string[] {
  if (!caller.startsWith("file:")) return []; // not covered: only where the library came from a URL, which tests/native/missing_library_test.ts does elsewhere
  for (let folder = dirname(fileURLToPath(caller));; folder = dirname(folder)) {
    const found = CONFIG_FILES.map((name) => join(folder, name)).find((path) =>
      fileSystem().existsSync(path)
    );
    if (found !== undefined) return ["--config", found];
    if (folder === dirname(folder)) return []; // not covered: only for programs outside of any project
  }
}
