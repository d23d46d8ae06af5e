/**
 * Checks the options under `worker` that are about processes, and completes them.
 *
 * @module
 */

import { received } from "../errors.ts";
import { outputOf, passesHandles } from "../runtime/processes.ts";
import type { RuntimeName } from "../runtime/runtime.ts";
import { runtimeNames } from "../runtime/current.ts";
import { SANDBOX } from "../safety/bubblewrap.ts";
import { LIMITER, type ProcessLimits } from "../safety/process_limits.ts";
import {
  boolean,
  fields,
  type Given,
  integer,
  oneOf,
  optionalFields,
  optionalText,
} from "./checks.ts";
import type { ProcessOptions } from "./process_option_names.ts";
import type { ProcessSharedMemoryOptions } from "./worker_options.ts";

/** Options about processes, checked and complete. */
export interface ResolvedProcessOptions {
  readonly runtime: RuntimeName;
  /** What goes before the command. */
  readonly prefix: readonly string[];
  /** What names of memory begin with; `undefined` if memory is inherited. */
  readonly namePrefix: string | undefined;
  readonly unlink: boolean;
  readonly limits: ProcessLimits;
  /** Whether the kernel is to hold workers to their policy. */
  readonly sandboxed: boolean;
}

const DEFAULT_NAME_PREFIX = "kpw";
/** How long the program that sets limits may take to say its version. */
const LIMITER_MS = 2_000;

/**
 * @returns `undefined` for threads
 * @throws {TypeError} for wrong types, and for what would have no effect
 */
export function resolveProcess(o: Given<ProcessOptions>): ResolvedProcessOptions | undefined {
  const isProcess =
    oneOf("worker.runtime", o.runtime, "thread", ["thread", "process"]) === "process";
  const runtime = resolveRuntime(o.processRuntime);
  const prefix = resolvePrefix(o.processCommandPrefix);
  const memory = resolveMemory(o.processSharedMemory);
  const limits = resolveLimits(o.processLimits);
  const sandboxed = oneOf("worker.sandbox", o.sandbox, undefined, [SANDBOX]) !== undefined;
  if (!isProcess) {
    if (sandboxed) {
      throw new TypeError('worker.sandbox is for processes: worker.runtime: "process"');
    }
    if (prefix.length > 0) {
      // It may be what was to keep the worker in.
      throw new TypeError(
        'worker.processCommandPrefix is for processes: worker.runtime: "process"',
      );
    }
    if (o.processLimits === undefined) return undefined;
    throw new TypeError("worker.processLimits are for processes; for threads: resourceLimits");
  }
  if (sandboxed && memory.namePrefix !== undefined) {
    throw new TypeError(
      "worker.sandbox hides memory with a name: leave worker.processSharedMemory out",
    );
  }
  if (Object.values(limits).some((limit) => limit !== undefined)) checkLimiter(prefix);
  return { runtime, prefix, ...memory, limits, sandboxed };
}

/** What no runtime can start with is refused. */
function resolveLimits(limits: unknown): ProcessLimits {
  const o: Given<ProcessLimits> = optionalFields("worker.processLimits", limits, [
    "memoryMb",
    "cpuSeconds",
    "openFiles",
  ]);
  const least = (name: keyof ProcessLimits, value: number): number | undefined =>
    integer(`worker.processLimits.${name}`, o[name], undefined, value, 2 ** 31 - 1);
  return {
    memoryMb: least("memoryMb", 128),
    cpuSeconds: least("cpuSeconds", 1),
    openFiles: least("openFiles", 64),
  };
}

/** Behind a prefix it need not be this system's: then a worker that cannot start says why. */
function checkLimiter(prefix: readonly string[]): void {
  if (prefix.length > 0 || outputOf([LIMITER, "--version"], LIMITER_MS) !== undefined) return;
  throw new Error( // not covered: only where there is no prlimit
    `worker.processLimits cannot be set here: they need Linux, and the program ${LIMITER} of util-linux`,
  );
}

function resolveRuntime(name: unknown): RuntimeName {
  if (name === undefined) return "deno";
  const found = runtimeNames.find((runtime) => runtime === name);
  if (found !== undefined) return found;
  throw new TypeError(
    `Unsupported process worker runtime: ${received(name)}; expected one of: ${
      runtimeNames.join(", ")
    }`,
  );
}

function resolvePrefix(prefix: unknown): readonly string[] {
  if (prefix === undefined) return [];
  if (!Array.isArray(prefix)) {
    throw new TypeError(
      `processCommandPrefix must be an argv array; received ${received(prefix)}`,
    );
  }
  return prefix.map((word, index) => {
    if (typeof word === "string" && word !== "") return word;
    throw new TypeError(
      `processCommandPrefix[${index}] must be a non-empty string; received ${received(word)}`,
    );
  });
}

function resolveMemory(
  memory: unknown,
): Pick<ResolvedProcessOptions, "namePrefix" | "unlink"> {
  const written = typeof memory === "object" && memory !== null ? memory : { mode: memory };
  const o: Given<ProcessSharedMemoryOptions> = fields("worker.processSharedMemory", written, [
    "mode",
    "namePrefix",
    "unlinkOnShutdown",
  ]);
  const { mode = "inherit", namePrefix, unlinkOnShutdown } = o;
  if (mode !== "inherit" && mode !== "named") {
    throw new TypeError(
      `Unsupported processSharedMemory mode: ${received(mode)}; expected "inherit" or "named"`,
    );
  }
  const name = "worker.processSharedMemory.namePrefix";
  const wanted = optionalText(name, namePrefix, DEFAULT_NAME_PREFIX);
  if (wanted.includes("\0")) throw new TypeError(`${name} must have no NUL`);
  return {
    namePrefix: mode === "named" || !passesHandles ? wanted : undefined,
    unlink: boolean("worker.processSharedMemory.unlinkOnShutdown", unlinkOnShutdown, true),
  };
}
