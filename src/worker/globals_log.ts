/**
 * Diagnostics of what start-up changes on `globalThis`.
 *
 * @module
 */

import type { DebugLog } from "../runtime/debug.ts";

/** Watches from now on; what it returns logs the changes since the last time, under the name of a phase. */
export function watchGlobals(log: DebugLog): (phase: string) => void {
  let before = globalNames();
  return (phase) => {
    const after = globalNames();
    const added = [...after].filter((name) => !before.has(name)).map(describe);
    const removed = [...before].filter((name) => !after.has(name)).map((name) => `-${name}`);
    log.line("globals", `${phase}: ${[...added, ...removed].join(" ") || "no change"}`);
    before = after;
  };
}

function globalNames(): Set<string> {
  return new Set(Object.getOwnPropertyNames(globalThis));
}

/** Name, type, and whether it is writable, configurable and enumerable. */
function describe(name: string): string {
  const d = Object.getOwnPropertyDescriptor(globalThis, name)!;
  const flags = `${d.writable ? "w" : "-"}${d.configurable ? "c" : "-"}${d.enumerable ? "e" : "-"}`; // not covered: tests add one kind of properties
  return `+${name}:${"value" in d ? typeof d.value : "accessor"}(${flags})`; // not covered: tests add no accessors
}
