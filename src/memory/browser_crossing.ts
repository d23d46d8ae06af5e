/**
 * How memory that is shared with other processes crosses: not at all.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";

/** @throws {KnittingError} `KNT_ERROR_SHARED_MEMORY` */
export function writeCrossing(): string {
  throw unavailable();
}

/** @throws {KnittingError} `KNT_ERROR_SHARED_MEMORY` */
export function readCrossing(): never {
  throw unavailable();
}

/** Nothing is held. */
export function holdFor(): number {
  return 0;
}

/** Nothing is held. */
export function dropHold(): void {}

function unavailable(): KnittingError {
  return new KnittingError(
    "KNT_ERROR_SHARED_MEMORY",
    "ProcessSharedBuffer is unavailable in a browser",
  );
}
