// Runs programs, each with a process group of its own; or a script on one of the runtimes, whose messages
// are read, one JSON text a line. A script that falls silent hangs, whatever the reason, and is ended.

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Runtime, runtimeEnvironment, type RuntimeName } from "./runtimes.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** So that a benchmark can begin with a tidy heap; Bun has it without a flag. */
export const FLAGS: Record<RuntimeName, readonly string[]> = {
  deno: ["run", "--allow-all", "--no-check", "--quiet", "--v8-flags=--expose-gc"],
  node: ["--disable-warning=ExperimentalWarning", "--expose-gc"],
  bun: [],
};

interface ChildOptions<M> {
  readonly runtime: Runtime;
  /** Relative to the root of the project. */
  readonly script: string;
  readonly args: readonly string[];
  readonly silenceMs: number;
  onMessage(message: M): void;
}

/** Resolves when the child is gone: to `undefined` if all is well, or to what is not. */
export async function runChild<M>(options: ChildOptions<M>): Promise<string | undefined> {
  const { runtime, script, args, silenceMs } = options;
  const child = startChild(runtime.path, [...FLAGS[runtime.name], script, ...args], "pipe");
  let isSilent = false;
  const onSilence = () => {
    isSilent = true;
    kill(child);
  };
  let timer = setTimeout(onSilence, silenceMs);
  const lines = createInterface({ input: child.stdout! });
  lines.on("line", (line) => {
    clearTimeout(timer);
    timer = setTimeout(onSilence, silenceMs);
    if (line.startsWith("{")) options.onMessage(JSON.parse(line));
    else console.error(line);
  });
  const allRead = new Promise<void>((resolve) => lines.on("close", () => resolve()));
  const ending = await endingOf(child);
  clearTimeout(timer);
  await allRead;
  if (isSilent) return `ended after ${silenceMs / 1000} s of silence`;
  return ending === "exit code 0" ? undefined : ending;
}

const running = new Set<ChildProcess>();

/** Starts a program in a process group of its own, so that nothing it starts outlives it. */
export function startChild(
  command: string,
  args: readonly string[],
  stdout: "pipe" | "inherit" | number,
): ChildProcess {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: runtimeEnvironment(),
    stdio: ["ignore", stdout, typeof stdout === "number" ? stdout : "inherit"],
    detached: process.platform !== "win32",
  });
  running.add(child);
  return child;
}

/** Resolves when it is gone, and what it started with it, to how it ended: `exit code 0` is well. */
export async function endingOf(child: ChildProcess): Promise<string> {
  const ending = await new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(`cannot start: ${error.message}`));
    child.on("exit", (code, signal) => {
      resolve(signal === null ? `exit code ${code}` : `killed by ${signal}`);
    });
  });
  kill(child);
  running.delete(child);
  return ending;
}

/** Ends it, and all that it started. */
export function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill("SIGKILL");
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    // The whole group is gone already.
  }
}

/** Ends the children together with this program. */
export function endChildrenOnSignals(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      for (const child of running) kill(child);
      process.exit(1);
    });
  }
}
