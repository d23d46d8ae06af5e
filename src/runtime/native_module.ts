/**
 * Native code: how a library is loaded as a Node-API module, which all three runtimes do alike. How
 * its plain functions are called is up to the adapters (`Runtime.bindFunctions`).
 *
 * @module
 */

import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { process } from "./builtins.ts";

/** A type of an argument or a result. */
export type NativeType = "i32" | "i64" | "u64" | "text" | "buffer";

/** How a function of a library is called. */
export interface NativeSymbol {
  readonly parameters: readonly NativeType[];
  readonly result: NativeType;
}

/** A function of a library. Numbers are exact below 2^53. */
// deno-lint-ignore no-explicit-any -- the generated declarations know better
export type NativeFunction = (...args: any[]) => number;

/** System and architecture, as in the names of prebuilt files: `linux-x64`. */
export const platform: string = `${process.platform}-${process.arch}`;

/** A path that does not depend on where it is read: relative ones are from the working directory. */
export function absolutePath(path: string): string {
  return resolve(path);
}

/** The path of a `file:` URL; `undefined` for others. */
export function pathOfUrl(url: URL): string | undefined {
  return url.protocol === "file:" ? fileURLToPath(url) : undefined; // not covered: only where the library came from a URL, which tests/native/missing_library_test.ts does elsewhere
}

/** What a Node-API module exports. */
export function loadAddon(path: string): Record<string, NativeFunction> {
  return createRequire(path)(path);
}

/** Text as C has it, for foreign functions. */
function nulTerminated(text: string): Uint8Array {
  return new TextEncoder().encode(text + "\0");
}

/**
 * Wraps foreign functions so that they take text and give numbers; those that do already are left as
 * they are, because a wrapper costs more than some of the calls.
 *
 * @param bound the functions as the runtime gives them
 */
export function adaptFunctions(
  bound: Readonly<Record<string, (...args: unknown[]) => unknown>>,
  symbols: Readonly<Record<string, NativeSymbol>>,
): Record<string, NativeFunction> {
  const adapted: Record<string, NativeFunction> = {};
  for (const [name, { parameters, result }] of Object.entries(symbols)) {
    const f = bound[name]!;
    if (parameters.includes("text")) {
      adapted[name] = (...args) =>
        Number(f(...args.map((arg) => typeof arg === "string" ? nulTerminated(arg) : arg)));
    } else if (result === "i32") adapted[name] = f as NativeFunction;
    else adapted[name] = (...args) => Number(f(...args));
  }
  return adapted;
}
