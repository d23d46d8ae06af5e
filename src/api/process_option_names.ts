/**
 * The names of options about processes.
 *
 * @module
 */

import type { WorkerOptions } from "./worker_options.ts";

/** Options under `worker` that mean nothing to threads. */
export const processOptionNames = [
  "processRuntime",
  "processCommandPrefix",
  "processSharedMemory",
  "processLimits",
  "sandbox",
] as const;

/** Options that decide whether workers are processes, and what kind of processes. */
export type ProcessOptions = Pick<WorkerOptions, typeof processOptionNames[number] | "runtime">;
