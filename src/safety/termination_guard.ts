/**
 * Keeps task code from ending its worker, or the whole program, by accident: what would do so throws.
 * A guardrail, and no boundary for hostile code.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";

/** The objects that have such functions, by the name that task code knows them by. */
interface Terminators {
  readonly process?: object | undefined;
  readonly Deno?: object | undefined;
  /** The global object of a web worker. */
  readonly self?: object | undefined;
}

const functionNames = {
  process: ["exit", "kill", "abort", "reallyExit"],
  Deno: ["exit", "kill"],
  self: ["close"],
} as const;

/** Left on each object that is guarded: a second guard, of another copy of the library, adds nothing. */
const FLAG = "__knittingTerminationGuard";

type AnyFunction = (...args: unknown[]) => unknown;

/**
 * Replaces these functions for good by ones that throw `KNT_ERROR_PROCESS_GUARD`. Call it before any
 * code that may keep the real ones.
 *
 * @returns lets everything through from now on: with it the library ends a worker itself
 * @throws {KnittingError} `KNT_ERROR_PROCESS_GUARD_INSTALL` if one of them cannot be replaced
 */
export function guardTermination(objects: Terminators): () => void {
  let ending = false;
  const process = objects.process as { _exiting?: boolean } | undefined;

  const mayEnd = (api: string): boolean => {
    // A thread of Node's that fails ends itself by process.exit, and says beforehand that it is exiting.
    if (api === "process.exit" && process?._exiting === true) ending = true;
    return ending;
  };
  const refuse = (api: string): never => {
    // Deno and Bun have one more process.exit, the named import. It says that it is exiting, too, and
    // gets here by process.reallyExit. Nothing is exiting now.
    if (process?._exiting === true) process._exiting = false;
    throw new KnittingError(
      "KNT_ERROR_PROCESS_GUARD",
      `KNT_ERROR_PROCESS_GUARD: ${api} is disabled in worker tasks`,
    );
  };

  for (const owner of ["process", "Deno", "self"] as const) {
    const object = objects[owner] as Record<string, unknown> | undefined;
    if (object === undefined || FLAG in object) continue;
    for (const name of functionNames[owner]) {
      const real = reader(object, name);
      if (real === undefined) continue;
      const api = `${owner}.${name}`;
      replace(object, name, api, (...args) => {
        if (!mayEnd(api)) refuse(api);
        return real().apply(object, args);
      });
    }
    Reflect.defineProperty(object, FLAG, { value: true });
  }
  return () => void (ending = true);
}

/** How to get at a function; `undefined` if there is none. Deno loads `Deno.kill` when it is read. */
function reader(object: Record<string, unknown>, name: string): (() => AnyFunction) | undefined {
  const getter = Object.getOwnPropertyDescriptor(object, name)?.get;
  if (getter !== undefined) return () => getter.call(object);
  const real = object[name];
  return typeof real === "function" ? () => real as AnyFunction : undefined;
}

function replace(
  object: Record<string, unknown>,
  name: string,
  api: string,
  guard: AnyFunction,
): void {
  try {
    Object.defineProperty(object, name, { value: guard, writable: false, configurable: false });
  } catch (cause) {
    try {
      object[name] = guard;
    } catch {
      // What counts is whether it is there now.
    }
    if (object[name] === guard) return;
    throw new KnittingError(
      "KNT_ERROR_PROCESS_GUARD_INSTALL",
      `KNT_ERROR_PROCESS_GUARD_INSTALL: ${api} can neither be redefined nor assigned`,
      { cause },
    );
  }
}
