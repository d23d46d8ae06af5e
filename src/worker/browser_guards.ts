/**
 * What a web worker does to its globals before bootstrap and task modules load. There are no permissions
 * to enforce; what is left is that no task ends its worker by accident, of which nobody would hear.
 *
 * @module
 */

import { guardTermination } from "../safety/termination_guard.ts";

/** @returns lets the worker end, which no code in it can do until then */
export function guardWorker(): () => void {
  return guardTermination({ self: globalThis });
}
