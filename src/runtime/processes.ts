/**
 * Processes: how they are started and end. All three runtimes offer it under the same names.
 *
 * @module
 */

import { constants } from "node:os";
import { childProcesses, fileSystem, process } from "./builtins.ts";
import { runtime } from "./current.ts";
import type { ProcessEvents, ProcessSetup, RunningProcess } from "./runtime.ts";

/** Whether a process can be started with a handle of this one as its standard input. */
export const passesHandles: boolean = process.platform !== "win32";

const isLinux = process.platform === "linux";

/** Whether names of shared memory are files, which rules about files speak of. */
export const namesAreFiles: boolean = isLinux;

/**
 * Deno takes an argument that is its own path for the start of a command meant for Node, and rewrites
 * what follows, permissions included. Another spelling of the path is left alone.
 */
function literal(args: readonly string[]): string[] {
  if (runtime.name !== "deno" || process.platform === "win32") return [...args]; // not covered: only on Windows
  return args.map((arg) => arg === process.execPath ? `/.${arg}` : arg);
}

/**
 * Starts a process, which writes where this program writes. It does not keep this program alive.
 *
 * @throws what the runtime throws if it may start none
 */
export function startProcess(setup: ProcessSetup, events: ProcessEvents): RunningProcess {
  const { command: [program, ...args], environment, stdin } = setup;
  const child = childProcesses().spawn(program!, literal(args), {
    env: { ...environment },
    stdio: [stdin ?? "ignore", "inherit", "inherit"],
    windowsHide: true,
  });
  let isGone = false;
  const exit = (code: number, signal?: string): void => {
    if (isGone) return; // not covered: only if a system tells twice
    isGone = true;
    events.exit(code, signal);
  };
  child.on("error", (error) => {
    if (child.pid !== undefined) return; // not covered: it could not be signalled: it is gone already
    // Deno tells before this function returns.
    queueMicrotask(() => {
      events.error(isMissing(error) ? missingProgram(program!, error) : error);
      exit(-1);
    });
  });
  child.on("exit", (code, signal) => {
    if (signal === null) exit(code ?? -1); // not covered: only if there is neither a code nor a signal
    else exit(128 + (constants.signals[signal] ?? 0), signal); // not covered: only with signals that have no number
  });
  if (child.pid !== undefined) child.unref();
  return {
    terminate: () => void child.kill("SIGKILL"),
    owns(processId) {
      const { pid } = child;
      // When it is gone, another program may get its number.
      if (isGone || pid === undefined) return false;
      return processId === pid || !isLinux || descends(processId, pid); // not covered: only on Linux anything else is looked for
    },
  };
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === "ENOENT";
}

function missingProgram(program: string, cause: Error): Error {
  return new Error(
    `there is no program ${
      JSON.stringify(program)
    }: install it, give the path of a runtime in NODE_BINARY, DENO_BINARY ` +
      "or BUN_BINARY, or choose another worker.processRuntime",
    { cause },
  );
}

/** More than there are between any two processes that belong together. */
const MOST_PARENTS = 100;

/** Whether a process was started by `ancestor`, or by one that it has started; as Linux tells. */
function descends(processId: number, ancestor: number): boolean {
  let current = processId;
  for (let i = 0; i < MOST_PARENTS && current > 1; i++) {
    current = parentOf(current);
    if (current === ancestor) return true;
  }
  return false;
}

/** 0 if there is no such process, or if this program may not know. */
function parentOf(processId: number): number {
  try {
    const line = fileSystem().readFileSync(`/proc/${processId}/stat`, "utf8");
    // The name of the program comes before, in brackets, and may have any of these in it.
    const [, parent] = line.slice(line.lastIndexOf(")") + 2).split(" ");
    return Number(parent);
  } catch {
    return 0;
  }
}

/** What a short program writes to standard output; `undefined` if it fails or takes too long. */
export function outputOf(command: readonly string[], mostMs: number): string | undefined {
  try {
    const { status, stdout } = run(command, mostMs);
    return status === 0 ? stdout : undefined;
  } catch {
    return undefined; // not covered: only on Deno without permission to run it
  }
}

/** Why a short program fails; `undefined` if it does not. */
export function failureOf(command: readonly string[], mostMs: number): string | undefined {
  const { status, signal, stderr, error } = run(command, mostMs);
  if (status === 0) return undefined;
  return stderr || error?.message || `${command[0]} ended with ${signal ?? `exit code ${status}`}`;
}

function run([program, ...args]: readonly string[], mostMs: number) {
  return childProcesses().spawnSync(program!, literal(args), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: mostMs,
    killSignal: "SIGKILL",
    windowsHide: true,
  });
}

/** Calls back with an error that nothing has caught, which does not end the process then. */
export function onUncaughtError(callback: (error: unknown) => void): void { // not covered: only in worker processes, which end without writing coverage
  process.on("uncaughtException", (error) => callback(error));
}

/**
 * A terminal sends Ctrl+C to all programs of a group. It is for the host, which may want to finish
 * first, and with which this process ends. Programs that this one starts hear it all the same.
 */
export function leaveInterruptsToHost(): void { // not covered: only in worker processes, which end without writing coverage
  process.on("SIGINT", () => {});
}

/** Ends this process. */
export function exitProcess(code: number): void { // not covered: only in worker processes, which end without writing coverage
  process.exit(code);
}
