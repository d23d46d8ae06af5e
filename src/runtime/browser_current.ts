/**
 * Browsers, in the place of `current.ts`.
 *
 * @module
 */

import { RawMemory } from "./browser_raw_memory.ts";
import type { Runtime, RuntimeName } from "./runtime.ts";

/** What a browser is to the library: all of a runtime but files, native code, and threads, which are its only kind. */
export interface Browser extends
  Omit<
    Runtime,
    "name" | "rawMemory" | "startThread" | "passesErrors" | "files" | "bindFunctions" | "dropNative"
  > {
  readonly name: "browser";
  rawMemory(buffer: ArrayBufferLike): RawMemory;
}

/** The adapter for browsers. */
export const runtime: Browser = {
  name: "browser",
  rawMemory: (buffer) => new RawMemory(buffer),
  hasPipes: false,
  prefersMessage: () => false,
  prefersMove: () => false,
  // Where stacks do not show who awaits, there is no cheap way to find the call, and none is added.
  hasAsyncStacks: true,
  hasThreadFlags: false,
};

/** Runtimes that processes could run on, or memory could come from: there is nothing of both. */
export const runtimeNames: readonly RuntimeName[] = [];

/** Fast access to all of `buffer`. */
export function rawMemory(buffer: ArrayBufferLike): RawMemory {
  return runtime.rawMemory(buffer);
}

export { asBuffer, bufferPrototype, copyBytes, utf8Length } from "./browser_raw_memory.ts";
