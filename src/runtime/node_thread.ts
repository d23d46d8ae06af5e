/**
 * Threads by `node:worker_threads`.
 *
 * @module
 */

import { Worker, type WorkerOptions } from "node:worker_threads";
import type { RunningWorker, ThreadEvents, ThreadStart } from "./runtime.ts";

/** A thread that does not keep the program alive. */
export function nodeThread(
  entry: URL,
  options: ThreadStart,
  { error, exit }: Pick<ThreadEvents, "error" | "exit">,
): RunningWorker {
  const worker = new Worker(entry, options as WorkerOptions);
  worker.on("error", error);
  worker.on("exit", exit);
  worker.unref();
  return { terminate: () => void worker.terminate() };
}
