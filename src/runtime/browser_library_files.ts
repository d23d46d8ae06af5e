/**
 * In browsers the library is always in a bundle, and is not asked about its files.
 *
 * @module
 */

/** No: workers are started and tasks are found as the entries of the browser's bundle say. */
export const isBundled = false;
