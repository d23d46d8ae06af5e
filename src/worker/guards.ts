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
import { runtime } from "../runtime/current.ts";
import type { WorkerBoot } from "../runtime/handshake.ts";
import { guardAddons, hideReport } from "../safety/addon_guard.ts";
import { silence } from "../safety/silent_console.ts";
import { guardTermination } from "../safety/termination_guard.ts";

/**
 * @returns lets the worker end, which no code in it can do until then
 * @throws {KnittingError} if the guards cannot be put in place: then no task must run
 */
export function guardWorker(
  { console: mayPrint, restrictions }: Pick<WorkerBoot, "console" | "restrictions">,
): () => void {
  const letEnd = guardTermination(terminators);
  ignoreUnhandledRejections();
  removeGc();
  if (!mayPrint) consoles.forEach(silence);
  const { nodeAddons, hideReport: hides, dropLibraries } = restrictions;
  if (nodeAddons !== undefined) guardAddons(terminators.process, nodeAddons); // not covered: only in threads of Node with permissions, which turn coverage off
  if (hides) hideReport(terminators.process); // not covered: only in threads of Node with permissions, which turn coverage off
  runtime.dropNative(dropLibraries);
  syncNamedImports();
  return letEnd;
}
