/**
 * What a worker does to its globals before bootstrap and task modules load.
 *
 * @module
 */

import {
  ignoreUnhandledRejections,
  removeGc,
  syncNamedImports,
  terminators,
} from "../runtime/worker_globals.ts";
import { guardTermination } from "../safety/termination_guard.ts";

/**
 * @returns lets the worker end, which no code in it can do until then
 * @throws {KnittingError} if the guards cannot be put in place: then no task must run
 */
export function guardWorker(): () => void {
  const letEnd = guardTermination(terminators);
  ignoreUnhandledRejections();
  removeGc();
  syncNamedImports();
  return letEnd;
}
