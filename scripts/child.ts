// Runs a script on one of the runtimes and reads the messages that it prints, one JSON text a line.
// A child that falls silent hangs, whatever the reason, and is ended.

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Runtime, runtimeEnvironment, type RuntimeName } from "./runtimes.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** So that a benchmark can begin with a tidy heap; Bun has it without a flag. */
const FLAGS: Record<RuntimeName, readonly string[]> = {
  deno: ["run", "--allow-all", "--no-check", "--quiet", "--v8-flags=--expose-gc"],
  node: ["--disable-warning=ExperimentalWarning", "--expose-gc"],
  bun: [],
};

export interface ChildOptions<M> {
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
  const child = spawn(runtime.path, [...FLAGS[runtime.name], script, ...args], {
    cwd: ROOT,
    env: runtimeEnvironment(),
    stdio: ["ignore", "pipe", "inherit"],
    // Its own process group, so that nothing it started outlives it.
    detached: process.platform !== "win32",
  });
  running.add(child);
  let isSilent = false;
  const onSilence = () => {
    isSilent = true;
    kill(child);
  };
  let timer = setTimeout(onSilence, silenceMs);
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    clearTimeout(timer);
    timer = setTimeout(onSilence, silenceMs);
    if (line.startsWith("{")) options.onMessage(JSON.parse(line));
    else console.error(line);
  });
  const allRead = new Promise<void>((resolve) => lines.on("close", () => resolve()));
  const ending = await new Promise<string | undefined>((resolve) => {
    child.on("error", (error) => resolve(`cannot start: ${error.message}`));
    child.on("exit", (code, signal) => {
      if (isSilent) resolve(`ended after ${silenceMs / 1000} s of silence`);
      else if (signal !== null) resolve(`killed by ${signal}`);
      else resolve(code === 0 ? undefined : `exit code ${code}`);
    });
  });
  clearTimeout(timer);
  kill(child);
  running.delete(child);
  await allRead;
  return ending;
}

const running = new Set<ChildProcess>();

function kill(child: ChildProcess): void {
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
