/**
 * Where memory lies: for people who look at it, never to be used.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import { nativeLibrary } from "./library.ts";

/** Address of the first byte of `bytes`; `0n` without the native library. */
export function addressOf(bytes: Uint8Array): bigint {
  try {
    return BigInt(nativeLibrary().call.knit_address(bytes));
  } catch (error) {
    if (error instanceof KnittingError) return 0n;
    throw error; // not covered: of the engine's, such as a stack that is full
  }
}
