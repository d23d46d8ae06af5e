/**
 * Flags for threads. Only Node lets a thread have flags of its own, and not every flag: those of V8
 * and of the whole process it refuses.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { process } from "./builtins.ts";
import { runtime } from "./current.ts";
import { isPermissionFlag } from "./node_permissions.ts";
import { warnOnce } from "./warnings.ts";
import type { ThreadSetup } from "./runtime.ts";
import { leastLimits } from "./thread_limits.ts";

/** What of a {@linkcode ThreadSetup} flags decide. */
type ThreadFlags = Pick<ThreadSetup, "execArgv" | "resourceLimits">;

/** Flags of V8 that have a thread's own limit for them, and the megabytes of a unit. */
const SIZES: Readonly<Record<string, readonly [limit: string, unitMb: number]>> = {
  "--max-old-space-size": ["maxOldGenerationSizeMb", 1],
  // The young generation is two semi-spaces, and one more for large objects.
  "--max-semi-space-size": ["maxYoungGenerationSizeMb", 3],
  "--stack-size": ["stackSizeMb", 1 / 1024],
};

/**
 * What threads are started with if these flags are wanted instead of those of the program. Flags of
 * sizes become limits; those that no thread can have are left out and reported by a process warning,
 * `KNT_WARN_EXEC_ARGV`, each once in a program.
 *
 * @param flags `undefined` for those of the program
 * @param limits take precedence over flags
 * @param permission flags of the permission model, instead of those of the program
 * @throws {Error} if Node does not take them: a thread never starts with less
 */
export function threadFlags(
  flags: readonly string[] | undefined,
  limits: ThreadFlags["resourceLimits"],
  permission: readonly string[] = [],
): ThreadFlags {
  if (flags === undefined) {
    return { execArgv: inheritedFlags(permission), resourceLimits: limits };
  }
  if (!runtime.hasThreadFlags) {
    warn(
      `workerExecArgv has no effect on ${runtime.name}: only Node gives threads flags of their own`,
    );
    return { execArgv: undefined, resourceLimits: limits };
  }
  const execArgv = [...taken(permission)];
  const sizes: Record<string, number> = {};
  for (const words of groups(flags)) {
    const size = sizeOf(words);
    if (size !== undefined) sizes[size.limit] = size.mb;
    else if (isTaken(words)) execArgv.push(...words);
    else {
      warn(
        `${words.join(" ")} is left out of workerExecArgv: a thread cannot have this flag. ` +
          "Flags of the program itself hold for its threads, too.",
      );
    }
  }
  return { execArgv, resourceLimits: { ...sizes, ...limits } };
}

/** Without flags a thread gets those of the program; with any, it gets no others than these. */
function inheritedFlags(permission: readonly string[]): readonly string[] | undefined {
  if (!runtime.hasThreadFlags) return undefined; // not covered: the runtimes go both ways, but lcov does not say which
  const own = [...groups(process.execArgv)];
  const kept = own.filter(([flag]) => !isPermissionFlag(flag!));
  if (permission.length === 0 && kept.length === own.length) return undefined;
  // What no thread can have is about the whole program, and holds for its threads, too.
  return [...taken(permission), ...kept.filter(isTaken).flat()];
}

function taken(permission: readonly string[]): readonly string[] {
  // Hundreds of them differ in their value alone.
  const kinds = new Map(permission.map((flag) => [flag.split("=", 1)[0], flag]));
  if (kinds.size === 0 || isTaken([...kinds.values()])) return permission;
  const refused = permission.filter((flag) => !isTaken([flag])); // not covered: only on versions of Node that take no permissions for threads
  throw new Error( // not covered: only on versions of Node that take no permissions for threads
    `this version of Node does not take flags of its permission model for threads: ${refused}`,
  );
}

/** Each flag with the words that follow it, which may be its value; every one once. */
function groups(flags: readonly string[]): Iterable<readonly string[]> {
  const all: string[][] = [];
  for (const word of flags) {
    if (word.startsWith("-") || all.length === 0) all.push([word]);
    else all.at(-1)!.push(word);
  }
  return new Map(all.map((words) => [words.join(" "), words])).values();
}

/** `--max_old_space_size=64`, in whatever spelling, as a limit; `undefined` if it cannot be one. */
function sizeOf(words: readonly string[]): { limit: string; mb: number } | undefined {
  const [, name, value] = /^(--[\w-]+)[= ](\d+)$/.exec(words.join(" ")) ?? [];
  const size = SIZES[name?.replaceAll("_", "-") ?? ""];
  if (size === undefined) return undefined;
  const [limit, unitMb] = size;
  const mb = Number(value) * unitMb;
  return mb > 0 && mb >= (leastLimits[limit] ?? 0) ? { limit, mb } : undefined;
}

const UNKNOWN = "--no-such-flag-in-node";

/**
 * Whether a thread can have these flags. Node is asked rather than a list; with an unknown flag in
 * front no thread ever starts, and the question is whether Node minds anything else.
 */
function isTaken(flags: readonly string[]): boolean {
  expected ??= refusal([UNKNOWN]);
  return refusal([UNKNOWN, ...flags]) === expected;
}

/** What Node says of the unknown flag. */
let expected: string | undefined;

function refusal(execArgv: string[]): string {
  try {
    new Worker("", { eval: true, execArgv });
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`Node has started a thread with the flag ${UNKNOWN}`); // not covered: only if Node takes a flag that there is not
}

function warn(message: string): void {
  warnOnce("KNT_WARN_EXEC_ARGV", message);
}
