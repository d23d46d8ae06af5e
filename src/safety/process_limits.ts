/**
 * Limits of a worker's process, as words before its command: `prlimit` sets them and becomes the command,
 * so they are there before any of its code runs, and every program that it starts has them, too.
 *
 * The limit of memory is that of data (RLIMIT_DATA). That of addresses would keep engines from starting:
 * they reserve tens of gigabytes, and use little. That of resident memory does nothing on Linux.
 *
 * @module
 */

import type { Target } from "./target.ts";

/** What a process may use; `undefined` is no limit. */
export interface ProcessLimits {
  readonly memoryMb: number | undefined;
  readonly cpuSeconds: number | undefined;
  readonly openFiles: number | undefined;
}

/** How much Bun may reserve for compiled code, in MiB. It is 1,024, or nothing where there is less. */
const BUN_CODE_MB = 128;

/**
 * What a runtime reserves at its start without using it, and the system counts all the same, in MiB: the
 * range for compiled code, and the least that Bun takes for its cages where memory is limited.
 */
const RESERVED_MB: Readonly<Record<Target["runtime"], number>> = {
  node: 0,
  deno: 512,
  bun: 256 + BUN_CODE_MB,
};

const BYTES_PER_MB = 2 ** 20;

/** The words; none without limits. */
export function limitWords(
  { memoryMb, cpuSeconds, openFiles }: ProcessLimits,
  runtime: Target["runtime"],
): readonly string[] {
  const bytes = memoryMb === undefined
    ? undefined
    : Math.floor((memoryMb + RESERVED_MB[runtime]) * BYTES_PER_MB);
  // The hard limit, too: it cannot be raised again, and the system does not ask before it ends a process.
  const words = Object.entries({ data: bytes, cpu: cpuSeconds, nofile: openFiles })
    .filter(([, limit]) => limit !== undefined)
    .map(([name, limit]) => `--${name}=${limit}:${limit}`);
  return words.length === 0 ? [] : [LIMITER, ...words, "--"];
}

/** What the environment must say. Without a compiler, Bun has no foreign functions, which workers need. */
export function limitVariables(
  { memoryMb }: ProcessLimits,
  runtime: Target["runtime"],
): Readonly<Record<string, string>> {
  if (runtime !== "bun" || memoryMb === undefined) return {};
  return { BUN_JSC_jitMemoryReservationSize: String(BUN_CODE_MB * BYTES_PER_MB) };
}

/** The program that sets limits. */
export const LIMITER = "prlimit";
