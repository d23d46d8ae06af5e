/**
 * Puts the place where a call was made below the stack that came from the worker.
 *
 * Recording that place with every call would cost more than the call. Where the runtime can show, in
 * the stack of an error made later, the functions that await a promise, the place is found when the
 * call fails, and calls that succeed pay nothing. Elsewhere it is recorded for calls of tasks that
 * are new or have failed before.
 *
 * @module
 */

import { runtime } from "../runtime/current.ts";
import type { PendingCall } from "./pending_calls.ts";

/** On runtimes without such stacks, this many calls of every task are recorded from the start. */
const RECORDED_CALLS = 1000;

/** Decides, task by task, whether to record where a call is made. */
export class CallSites {
  readonly #calls: Uint32Array;

  constructor(taskCount: number) {
    this.#calls = new Uint32Array(taskCount);
  }

  /** Called with every call; must be cheap. The place is what called `call`. */
  record(entry: PendingCall, call: (...args: never[]) => unknown): void {
    if (runtime.hasAsyncStacks) return;
    if (this.#calls[entry.task]! >= RECORDED_CALLS) return;
    this.#calls[entry.task]!++;
    Error.captureStackTrace(entry.site = {}, call);
  }

  /** Rejects the call with `reason`; if that is an error, its stack goes on to where the call was made. */
  reject(entry: PendingCall, reason: unknown): void {
    if (!(reason instanceof Error)) return entry.reject(reason);
    this.#calls[entry.task] = 0;
    if (runtime.hasAsyncStacks) return entry.resolve(rejectLater(reason));
    if (entry.site !== undefined) append(reason, framesOf(entry.site, 0));
    entry.reject(reason);
  }
}

/**
 * Rejects once the promise of the call has been linked to this one, which takes three microtasks:
 * an error made then has the functions that await the call in its stack.
 */
async function rejectLater(reason: Error): Promise<never> {
  await undefined;
  await undefined;
  await undefined;
  append(reason, framesOf(new Error(), 1));
  throw reason;
}

/** The frames in a stack without the innermost `own`, which are the library's. */
function framesOf(holder: { stack?: string }, own: number): string[] {
  const lines = (holder.stack ?? "").split("\n");
  return lines.filter((line) => FRAME.test(line)).slice(own);
}

const FRAME = /^\s+at /;
/** Where the worker's own frames begin, below those of the task. */
const WORKER_FRAME = /[\\/]worker[\\/]task_runner\.[jt]s/;

/** Puts `frames` in the place of the worker's own. */
function append(error: Error, frames: readonly string[]): void {
  const lines = (error.stack ?? String(error)).split("\n");
  const own = lines.findIndex((line) => WORKER_FRAME.test(line));
  Object.defineProperty(error, "stack", {
    value: [...(own < 0 ? lines : lines.slice(0, own)), ...frames].join("\n"),
    configurable: true,
    writable: true,
  });
}
