/**
 * Whether a pool can be here.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import { environment } from "../runtime/environment.ts";
import { POOL_DEPTH } from "../runtime/handshake.ts";

/** @throws {KnittingError} in a program that a worker process has started: each might start more */
export function checkPlace(): void {
  const depth = Number(environment(POOL_DEPTH)) || 0;
  if (depth < 1) return;
  throw new KnittingError(
    "KNT_ERROR_NOT_MAIN",
    `createPool() tried to spawn workers from inside a worker process (pool depth ${depth}). ` +
      `A task must not start a program that makes a pool, unless it takes ${POOL_DEPTH} out of its ` +
      "environment; guard createPool with isMain in modules that workers import.",
  );
}
