/**
 * Checks the options under `worker` that are about processes, and completes them.
 *
 * @module
 */

import { received } from "../errors.ts";
import { passesHandles } from "../runtime/processes.ts";
import type { RuntimeName } from "../runtime/runtime.ts";
import { boolean, fields, oneOf, text } from "./checks.ts";

/** Options about processes, checked and complete. */
export interface ResolvedProcessOptions {
  readonly runtime: RuntimeName;
  /** What goes before the command. */
  readonly prefix: readonly string[];
  /** What names of memory begin with; `undefined` if memory is inherited. */
  readonly namePrefix: string | undefined;
  readonly unlink: boolean;
}

/** Options under `worker` that mean nothing to threads. */
export const processOptionNames = [
  "processRuntime",
  "processCommandPrefix",
  "processSharedMemory",
] as const;

type RawOptions = { readonly [name in typeof processOptionNames[number] | "runtime"]?: unknown };

const DEFAULT_NAME_PREFIX = "kpw";

/**
 * @returns `undefined` for threads
 * @throws {TypeError} for wrong types, and for what would have no effect
 */
export function resolveProcess(o: RawOptions): ResolvedProcessOptions | undefined {
  const isProcess =
    oneOf("worker.runtime", o.runtime, "thread", ["thread", "process"]) === "process";
  const runtime = resolveRuntime(o.processRuntime);
  const prefix = resolvePrefix(o.processCommandPrefix);
  const memory = resolveMemory(o.processSharedMemory);
  return isProcess ? { runtime, prefix, ...memory } : undefined;
}

function resolveRuntime(name: unknown): RuntimeName {
  const known = ["node", "deno", "bun"] as const;
  if (name === undefined) return "deno";
  const found = known.find((runtime) => runtime === name);
  if (found !== undefined) return found;
  throw new TypeError(
    `Unsupported process worker runtime: ${received(name)}; expected one of: ${known.join(", ")}`,
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
  const o = typeof memory === "object" && memory !== null
    ? fields("worker.processSharedMemory", memory, ["mode", "namePrefix", "unlinkOnShutdown"])
    : { mode: memory };
  const { mode = "inherit", namePrefix, unlinkOnShutdown } = o as Record<string, unknown>;
  if (mode !== "inherit" && mode !== "named") {
    throw new TypeError(
      `Unsupported processSharedMemory mode: ${received(mode)}; expected "inherit" or "named"`,
    );
  }
  const name = "worker.processSharedMemory.namePrefix";
  const wanted = namePrefix === undefined ? DEFAULT_NAME_PREFIX : text(name, namePrefix);
  if (wanted.includes("\0")) throw new TypeError(`${name} must have no NUL`);
  return {
    namePrefix: mode === "named" || !passesHandles ? wanted : undefined,
    unlink: boolean("worker.processSharedMemory.unlinkOnShutdown", unlinkOnShutdown, true),
  };
}
