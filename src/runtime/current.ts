/**
 * The runtime this program runs on, and what is the same on all of them.
 *
 * @module
 */

import { process } from "./builtins.ts";
import { adapter } from "./adapter.ts";
import type { RawMemory } from "./raw_memory.ts";
import type { Runtime, RuntimeName } from "./runtime.ts";

const names: Readonly<Record<RuntimeName, true>> = { node: true, deno: true, bun: true };

/** The runtimes that have an adapter. */
export const runtimeNames = Object.keys(names) as readonly RuntimeName[];

/** The adapter for the runtime this program runs on. */
export const runtime: Runtime = adapter;

/** Its version. */
export const runtimeVersion: string = process.versions[runtime.name] ?? process.versions.node;

/** Fast access to all of `buffer`. */
export function rawMemory(buffer: ArrayBufferLike): RawMemory {
  return runtime.rawMemory(buffer);
}

export { asBuffer, bufferPrototype, copyBytes, utf8Length } from "./raw_memory.ts";
