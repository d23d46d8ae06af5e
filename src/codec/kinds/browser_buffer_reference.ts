/**
 * `BufferReference`, which no browser sends, in the place of `buffer_reference.ts`.
 *
 * @module
 */

import { malformed } from "../refusals.ts";

/** @throws {KnittingError} `KNT_ERROR_3`: there is nothing to encode */
export function encodeReference(): never {
  throw malformed("there is no BufferReference in a browser");
}

/** As {@linkcode encodeReference}: no object has such memory. */
export const memoryOf: () => never = encodeReference;

/** As {@linkcode encodeReference}: a worker that says so does not keep to its lane. */
export const arrived: () => never = encodeReference;
