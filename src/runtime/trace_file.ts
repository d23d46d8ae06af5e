/**
 * A file that is written bit by bit, and is complete at any time: what ends it is written each time, and written over
 * when there is more.
 *
 * @module
 */

import { fileSystem, process } from "./builtins.ts";

/** A file that is being written. */
export interface TraceFile {
  /** Adds text, at once. */
  write(text: string): void;
  /** Nothing is added any more. */
  close(): void;
}

/** What writes what it has not written yet. */
const unwritten = new Set<() => void>();

/**
 * Makes a file, or empties one.
 *
 * @param end what the file is to end with
 * @param flush called when the program is about to end, by itself or by an error; it is to write what it has
 * @throws {Error} what the runtime throws if it cannot be written
 */
export function openTraceFile(path: string, end: string, flush: () => void): TraceFile {
  const { openSync, writeSync, closeSync } = fileSystem();
  const file = openSync(path, "w");
  let position = 0;
  if (unwritten.size === 0) {
    // Deno does not say that it exits if that is because of an error.
    process.on("exit", flushAll).on("uncaughtExceptionMonitor", flushAll);
  }
  unwritten.add(flush);
  return {
    write(text) {
      const bytes = new TextEncoder().encode(text + end);
      writeSync(file, bytes, 0, bytes.length, position);
      position += bytes.length - end.length;
    },
    close() {
      unwritten.delete(flush);
      if (unwritten.size === 0) {
        process.off("exit", flushAll).off("uncaughtExceptionMonitor", flushAll);
      }
      closeSync(file);
    },
  };
}

function flushAll(): void {
  for (const flush of unwritten) flush();
}
