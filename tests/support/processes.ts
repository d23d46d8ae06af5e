// What tests of worker processes share.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import type { Options, WorkerOptions } from "../../mod.ts";
import { runtimeNames } from "../../src/runtime/current.ts";
import type { RuntimeName } from "../../src/runtime/runtime.ts";
import { runtimeName } from "./program.ts";

/** Whose workers to try where it does not matter who starts them; with KNITTING_LONG=1 those of all. */
export const ownWorkers: readonly RuntimeName[] = process.env["KNITTING_LONG"] === "1"
  ? runtimeNames
  : [runtimeName];

/** Options for process workers of one runtime. */
export function inProcess(
  processRuntime: RuntimeName,
  worker: WorkerOptions = {},
): Options {
  return { worker: { runtime: "process", processRuntime, ...worker } };
}

/** Whether a process is there, and no zombie. */
export function isAlive(pid: number): boolean {
  if (process.platform !== "linux") {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  }
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Whether a process is stopped, as by Ctrl+Z; on Linux. */
export function isStopped(pid: number): boolean {
  return /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** Numbers of the processes that a process has started; on Linux. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      const children = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8");
      return children.split(" ").filter(Boolean).map(Number);
    } catch {
      return []; // the thread has ended
    }
  });
}

/** Ends a process as the system does when memory runs out. */
export function killHard(pid: number): void {
  if (process.platform === "win32") execFileSync("taskkill", ["/F", "/PID", String(pid)]);
  else process.kill(pid, "SIGKILL");
}
