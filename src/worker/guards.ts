/**
 * What a worker does to its globals before bootstrap and task modules load.
 *
 * @module
 */

import {
  consoles,
  ignoreUnhandledRejections,
  removeGc,
  syncNamedImports,
  terminators,
} from "../runtime/worker_globals.ts";
import { silence } from "../safety/silent_console.ts";
import { guardTermination } from "../safety/termination_guard.ts";

/**
 * @param mayPrint whether `console` writes
 * @returns lets the worker end, which no code in it can do until then
 * @throws {KnittingError} if the guards cannot be put in place: then no task must run
 */
export function guardWorker(mayPrint: boolean): () => void {
  const letEnd = guardTermination(terminators);
  ignoreUnhandledRejections();
  removeGc();
  if (!mayPrint) consoles.forEach(silence);
  syncNamedImports();
  return letEnd;
}
