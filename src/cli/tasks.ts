/**
 * What the self-test of `knitting doctor` has workers do.
 *
 * @module
 */

import type { ProcessSharedBuffer } from "../../shared_memory.ts";
import { task } from "../../task.ts";
import { runtime, runtimeVersion } from "../runtime/current.ts";

/** How long {@linkcode never} may take. */
export const LIMIT_MS = 20;

/** Gives back what it gets. */
export const echo = task({ f: (value: unknown): unknown => value });

/** What it runs on. */
export const whereAmI = task({ f: (): string => `${runtime.name} ${runtimeVersion}` });

/** Throws. */
export const fails = task({
  f: (): never => {
    throw new RangeError("thrown on purpose", { cause: new TypeError("behind it") });
  },
});

/** Does not settle, and is given up. */
export const never = task({ timeout: LIMIT_MS, f: () => new Promise<void>(() => {}) });

let aborted = 0;

/** Settles when it is aborted. */
export const untilAborted = task({
  abortSignal: true,
  f: (_: void, signal): Promise<void> =>
    new Promise((resolve) =>
      signal.addEventListener("abort", () => {
        aborted++;
        resolve();
      })
    ),
});

/** How often that has happened in this worker. */
export const abortsSeen = task({ f: (): number => aborted });

/**
 * Ends its worker by an error that nothing catches. Deno writes that to standard error; of an error it would
 * write the stack, too.
 */
export const dies = task({
  f: () =>
    new Promise<void>(() => {
      setTimeout(() => {
        throw "no failure: knitting doctor ends a worker on purpose";
      });
    }),
});

/** Adds one to the first word, which the host sees. */
export const increment = task({
  f: (shared: ProcessSharedBuffer): number => Atomics.add(shared.view(Int32Array), 0, 1),
});
