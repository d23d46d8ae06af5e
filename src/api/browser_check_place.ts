/**
 * Whether a pool can be on this page.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";

/** @throws {KnittingError} on a page, or in a browser, without shared memory */
export function checkPlace(): void {
  if (!(globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated) {
    throw new KnittingError(
      "KNT_ERROR_SHARED_MEMORY",
      "There is no SharedArrayBuffer: this page is not cross-origin isolated. Serve it, from https or " +
        "localhost, with the headers Cross-Origin-Opener-Policy: same-origin and " +
        "Cross-Origin-Embedder-Policy: require-corp (or credentialless), and its scripts with the second one",
    );
  }
  if (!("waitAsync" in Atomics)) {
    throw new KnittingError(
      "KNT_ERROR_SHARED_MEMORY",
      "This browser has no Atomics.waitAsync, without which a page cannot wait for its workers: " +
        "Chrome 114, Safari 17.4, Firefox 145 or a newer one is needed",
    );
  }
}
