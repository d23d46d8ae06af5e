/**
 * What the operating system refuses, as errors that say so.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import { errors } from "./symbols.ts";

/**
 * The result of a native function, if it is one.
 *
 * @param result negative if the function failed
 * @param what was tried, as in "Cannot <what>"
 * @throws {KnittingError} `KNT_ERROR_SHARED_MEMORY`
 */
export function checked(result: number, what: string): number {
  if (result >= 0) return result;
  const { name, meaning } = errors[-result] ?? { name: `error ${-result}`, meaning: "" };
  const reason = meaning === "" ? name : `${name}, ${meaning}`;
  throw new KnittingError("KNT_ERROR_SHARED_MEMORY", `Cannot ${what}: ${reason}`);
}
