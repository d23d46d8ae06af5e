/**
 * Addresses, which nobody knows in a browser.
 *
 * @module
 */

/** `0n`: there is no native library. */
export function addressOf(): bigint {
  return 0n;
}
