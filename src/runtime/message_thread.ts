/**
 * A thread that sends back what it is sent, and nothing else: what a bare `postMessage` costs.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { libraryModule } from "./library_files.ts";

/** The thread, as its maker holds it. */
interface MessageThread {
  /** Sends a value; resolves to what comes back. */
  roundTrip(value: unknown): Promise<unknown>;
  /** Ends the thread. */
  close(): Promise<unknown>;
}

/** Starts a thread. It keeps the program alive. */
export function openMessageThread(): MessageThread {
  const worker = new Worker(libraryModule("src/runtime/message_echo"));
  const sent: { resolve(value: unknown): void; reject(error: unknown): void }[] = [];
  worker.on("message", (value) => sent.shift()?.resolve(value));
  worker.on("error", (error) => { // not covered: only if a bare thread cannot start
    for (const { reject } of sent.splice(0)) reject(error);
  });
  return {
    roundTrip: (value) =>
      new Promise((resolve, reject) => {
        sent.push({ resolve, reject });
        worker.postMessage(value);
      }),
    close: () => worker.terminate(),
  };
}
