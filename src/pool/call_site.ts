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

  /** Called with every call; must be cheap. */
  record(entry: PendingCall): void {
    if (runtime.hasAsyncStacks) return;
    if (this.#calls[entry.task]! < RECORDED_CALLS) {
      this.#calls[entry.task]!++;
      entry.site = new Error();
    }
  }

  /** Rejects the call with `reason`; if that is an error, its stack goes on to where the call was made. */
  reject(entry: PendingCall, reason: unknown): void {
    if (!(reason instanceof Error)) return entry.reject(reason);
    this.#calls[entry.task] = 0;
    if (runtime.hasAsyncStacks) return entry.resolve(rejectLater(reason));
    if (entry.site !== undefined) append(reason, callerFrames(entry.site, 2));
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
  append(reason, callerFrames(new Error(), 1));
  throw reason;
}

/** The frames of `error` without the innermost `own`, which are the library's. */
function callerFrames(error: Error, own: number): string {
  const frames = (error.stack ?? "").split("\n");
  const first = frames[0]!.startsWith("Error") ? 1 : 0;
  return frames.slice(first + own).join("\n");
}

function append(error: Error, frames: string): void {
  if (frames === "") return;
  Object.defineProperty(error, "stack", {
    value: `${error.stack ?? String(error)}\n${frames}`,
    configurable: true,
    writable: true,
  });
}
