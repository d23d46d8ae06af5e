/**
 * What a worker guards or changes of its runtime before other code runs, under names that are the
 * same everywhere. The guards themselves are in `safety/`, which names no runtime.
 *
 * @module
 */

import nodeConsole from "node:console";
import { syncBuiltinESMExports } from "node:module";
import { process } from "./builtins.ts";

/** The objects with functions that end a thread or the program. */
export const terminators: { readonly process: object; readonly Deno: object | undefined } = {
  process,
  Deno: (globalThis as { Deno?: object }).Deno,
};

/** The global console, and that of the module, which is another one in a worker of Bun's. */
export const consoles: ReadonlySet<object> = new Set<object>([console, nodeConsole]);

/**
 * Makes named imports of built-in modules, such as `import { exit } from "node:process"`, be what the
 * module's object has now. Only Node can; elsewhere they stay what they were.
 */
export function syncNamedImports(): void {
  syncBuiltinESMExports();
}

/** Left on `process`, so that a second copy of the library adds nothing. */
const SILENCER = "__knittingUnhandledRejectionSilencer";

/** Keeps the worker alive when a promise that nobody awaits rejects. */
export function ignoreUnhandledRejections(): void {
  if (SILENCER in process) return; // not covered: only with two copies of the library in one worker
  process.on("unhandledRejection", () => {});
  Object.defineProperty(process, SILENCER, { value: true });
}

/** Takes away what `--expose-gc` gives: tasks run the same with and without it. */
export function removeGc(): void {
  // V8 does not let it be deleted.
  if (!Reflect.deleteProperty(globalThis, "gc")) Reflect.set(globalThis, "gc", undefined);
}
