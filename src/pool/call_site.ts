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

  /**
   * Notes where a call was made, if that is needed. Called with every call; must be cheap.
   *
   * @param call the innermost function that is not the caller's own
   */
  record(entry: PendingCall, call: (...args: never[]) => unknown): void {
    if (runtime.hasAsyncStacks) return; // not covered: the runtimes go both ways, but lcov does not say which
    if (this.#calls[entry.task]! >= RECORDED_CALLS) return;
    this.#calls[entry.task]!++;
    const site = {};
    try {
      Error.captureStackTrace(site, call);
      entry.site = site;
    } catch { // not covered: only where stacks are made as they are captured, and the program makes that throw
      // The program has an `Error.prepareStackTrace` that throws: the call is made all the same.
    }
  }

  /** Rejects the call with `reason`; if that is an error, its stack goes on to where the call was made. */
  reject(entry: PendingCall, reason: unknown): void {
    if (!(reason instanceof Error)) return entry.reject(reason);
    this.#calls[entry.task] = 0;
    if (runtime.hasAsyncStacks) return entry.resolve(rejectLater(reason)); // not covered: the runtimes go both ways, but lcov does not say which
    if (entry.site !== undefined) append(reason, entry.site, 0);
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
  append(reason, new Error(), 1);
  throw reason;
}

const FRAME = /^\s+at /;
/** Where the worker's own frames begin, below those of the task; in the npm package all of them are in boot.js. */
const WORKER_FRAME =
  /[\\/]src[\\/](?:worker[\\/](?:task_runner\.ts|result_streams\.ts|boot\.js)|streams[\\/]item_pump\.ts):/;

/**
 * Puts the frames of `site` in the place of the worker's own, when the stack is first looked at:
 * making text of frames takes longer than everything else about an error.
 *
 * @param own how many of the innermost frames of `site` are the library's
 */
function append(error: Error, site: { stack?: string }, own: number): void {
  const stack = stackOf(error);
  if (stack === undefined) return;
  const define = (property: PropertyDescriptor): void =>
    void Object.defineProperty(error, "stack", { ...property, configurable: true });
  define({
    get: () => {
      const value = joinStacks(stack, stackOf(site) ?? "", own); // not covered: only where the program has stacks of its own kind
      define({ value, writable: true });
      return value;
    },
    set: (value) => define({ value, writable: true }),
  });
}

/** A stack, unless the program's `Error.prepareStackTrace` throws, or makes something else of stacks. */
function stackOf(holder: { stack?: unknown }): string | undefined {
  try {
    const { stack } = holder;
    return typeof stack === "string" ? stack : undefined;
  } catch { // not covered: only where stacks are made when they are looked at, and the program makes that throw
    return undefined;
  }
}

function joinStacks(stack: string, site: string, own: number): string {
  const lines = stack.split("\n");
  const worker = lines.findIndex((line) => WORKER_FRAME.test(line));
  const frames = site.split("\n").filter((line) => FRAME.test(line)).slice(own);
  return [...(worker < 0 ? lines : lines.slice(0, worker)), ...frames].join("\n");
}
