/**
 * Which diagnostics are on. The logger itself (`debug_log.ts`) is loaded only if one is.
 *
 * @module
 */

import { environment } from "./environment.ts";

/** The diagnostics that can be turned on one by one; `DebugOptions` of `createPool` says what they are. */
export const debugNamespaces = ["host", "imports", "lifecycle", "signals", "globals"] as const;

/** Which of them are on. */
export type DebugNamespaces = { readonly [name in (typeof debugNamespaces)[number]]: boolean };

/** What is on: the option and the environment variable `KNITTING_DEBUG` together; `undefined` if nothing. */
export function resolveDebug(
  option: boolean | { readonly [K in keyof DebugNamespaces]?: boolean | undefined } | undefined,
): DebugNamespaces | undefined {
  const named = (environment("KNITTING_DEBUG") ?? "").split(",").map((name) => name.trim());
  const isOn = (name: keyof DebugNamespaces): boolean =>
    named.includes("*") || named.includes(name) ||
    (typeof option === "object" ? option[name] === true : option === true);
  const on = Object.fromEntries(debugNamespaces.map((name) => [name, isOn(name)]));
  return debugNamespaces.some((name) => on[name]) ? on as unknown as DebugNamespaces : undefined;
}

/** What the rest of the library holds of the logger. */
export interface DebugLog {
  readonly on: DebugNamespaces;
  /** Writes a line under `namespace`, if it is on. */
  line(namespace: keyof DebugNamespaces, text: string): void;
}

/** A logger that is loaded when it is first written to; lines keep their order. */
export function lazyDebugLog(who: string, on: DebugNamespaces): DebugLog {
  const loaded = import("./debug_log.ts").then(({ createDebugLog }) => createDebugLog(who, on));
  return {
    on,
    line(namespace, text) {
      if (on[namespace]) void loaded.then((log) => log.line(namespace, text));
    },
  };
}
