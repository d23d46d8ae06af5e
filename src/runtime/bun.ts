/**
 * Bun.
 *
 * @module
 */

import { createRequire } from "node:module";
import { process } from "./builtins.ts";
import {
  adaptFunctions,
  type NativeFunction,
  type NativeSymbol,
  type NativeType,
} from "./native_module.ts";
import { nodeFiles } from "./node_files.ts";
import { RawMemory } from "./raw_memory.ts";
import type { RunningWorker, Runtime, ThreadEvents, ThreadStart } from "./runtime.ts";

/** A message hands text over by reference, at a cost that does not depend on its length. */
const MESSAGE_FROM_CHARACTERS = 1024;

/** The adapter for Bun. */
export const adapter: Runtime = {
  name: "bun",
  rawMemory: (buffer) => new RawMemory(buffer),
  hasPipes: true,
  prefersMessage: (text) => text.length >= MESSAGE_FROM_CHARACTERS,
  prefersMove: () => false,
  hasAsyncStacks: false,
  hasThreadFlags: false,
  passesErrors: false,
  startThread,
  files: nodeFiles,
  bindFunctions,
  dropNative() {}, // not covered: there are no permissions
};

/** A web worker as Bun has it: it takes all that one of `node:worker_threads` takes, and tells of its end. */
interface BunWorker extends EventTarget {
  unref(): void;
  terminate(): void;
}

const { Worker: BunWorker } = globalThis as unknown as {
  Worker: new (entry: URL, options: ThreadStart) => BunWorker;
};

/**
 * No worker of `node:worker_threads`, although that is made of a web worker: it has streams for its input and
 * output, which take five milliseconds to load, as long as everything else of a thread that is started.
 */
function startThread(
  entry: URL,
  options: ThreadStart,
  { error, exit }: Pick<ThreadEvents, "error" | "exit">,
): RunningWorker {
  // Otherwise it has the environment that the program was started with.
  const worker = new BunWorker(entry, { env: { ...process.env }, ...options });
  worker.addEventListener("error", (event) => error(new Error((event as ErrorEvent).message)));
  worker.addEventListener("close", (event) => exit((event as CloseEvent).code));
  worker.unref();
  return worker;
}

const FFI_TYPES: Readonly<Record<NativeType, string>> = {
  i32: "i32",
  i64: "i64",
  u64: "u64",
  text: "ptr",
  buffer: "ptr",
};

/** The part of `bun:ffi` that is used here. */
interface BunFfi {
  dlopen(
    path: string,
    table: Record<string, { args: string[]; returns: string }>,
  ): { symbols: Record<string, (...args: unknown[]) => unknown> };
}

function bindFunctions(
  path: string,
  symbols: Readonly<Record<string, NativeSymbol>>,
): Record<string, NativeFunction> {
  const { dlopen }: BunFfi = createRequire(path)("bun:ffi");
  const table = Object.fromEntries(
    Object.entries(symbols).map(([name, { parameters, result }]) => [
      name,
      { args: parameters.map((type) => FFI_TYPES[type]), returns: FFI_TYPES[result] },
    ]),
  );
  return adaptFunctions(dlopen(path, table).symbols, symbols);
}
