/**
 * What a worker runs on, and what the library needs there.
 *
 * @module
 */

/** What a policy is turned into flags for, and judged for. */
export interface Target {
  readonly worker: "thread" | "process";
  readonly runtime: "node" | "deno" | "bun";
  /** As in `22.18.0`; `undefined` if it is not known, and then nothing newer is relied on. */
  readonly version: string | undefined;
  /** Whether a sandbox of the system holds the policy, too. */
  readonly sandboxed: boolean;
}

/** What the library itself must be able to do in a worker. */
export interface Needs {
  /** Files and folders: its own code. */
  readonly read: readonly string[];
  /** Native libraries; only at the start, in workers that are processes. */
  readonly ffi: readonly string[];
  /** Its environment variables, for workers that are processes. */
  readonly env: readonly string[];
}

const LABELS: Readonly<Record<Target["runtime"], string>> = {
  node: "Node",
  deno: "Deno",
  bun: "Bun",
};

/** How a target is called in messages. */
export function labelOf({ runtime, version }: Target): string {
  const label = LABELS[runtime];
  return runtime === "node" && version !== undefined ? `${label} ${majorOf(version)}` : label;
}

/** Whether Node has a permission for the network, and refuses it unless it is given. */
export function nodeHasNet({ version }: Target): boolean {
  return version !== undefined && majorOf(version) >= 25;
}

/** Whether Node has foreign functions of its own. */
export function nodeHasFfi({ version }: Target): boolean {
  return version !== undefined && majorOf(version) >= 26;
}

/** Whether Node has SQLite built in, which opens whatever file it is told to, permissions or not. */
export function nodeHasSqlite({ version }: Target): boolean {
  if (version === undefined) return false;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 5);
}

/** Whether a program can give up permissions that it started with. */
export function nodeCanDrop({ version }: Target): boolean {
  if (version === undefined) return false;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return (major === 24 && minor >= 21) || (major === 26 && minor >= 5) || major > 26;
}

function majorOf(version: string): number {
  return Number(version.split(".", 1)[0]);
}
