/**
 * Names for the memory of lanes.
 *
 * @module
 */

import { processId } from "../runtime/threads.ts";

/** What is left of the prefix that a user gives; macOS has 30 bytes for the whole name. */
const PREFIX_LENGTH = 8;
const RANDOM_DIGITS = 6;

let counter = 0;

/** A name that no other memory has, and that cannot be guessed from others. */
export function laneName(prefix: string, worker: number): string {
  const safe = prefix.replace(/[^\w.-]/g, "").slice(0, PREFIX_LENGTH) || "kpw";
  // Who knows some numbers of Math.random can tell the next ones.
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  const digits = short(random! % 36 ** RANDOM_DIGITS);
  return [safe, short(processId), short(worker), short(counter++), digits].join("_");
}

function short(number: number): string {
  return number.toString(36);
}
