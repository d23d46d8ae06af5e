/**
 * The tasks of a pool as functions.
 *
 * @module
 */

import type { CallTerms } from "../pool/call_order.ts";
import type { Pool } from "../pool/pool.ts";
import type { TaskAddress } from "../runtime/handshake.ts";
import { type CallPlaces, callTerms, termsForEach } from "./call_options.ts";

/** A task as a function; what is not an object is no options: an index, say, from `array.map`. */
type CallerFunction = (argument: unknown, options?: unknown) => Promise<unknown>;

/** `pool.call` */
export function callerFunctions(
  tasks: readonly TaskAddress[],
  pool: Pool,
  places: CallPlaces,
): object {
  return functionsOf(tasks, (task) => (argument, options) => {
    if (typeof options !== "object" || options === null) return pool.call(task, argument);
    let terms: CallTerms | undefined;
    try {
      terms = callTerms(options, places);
    } catch (error) {
      return pool.refuse(task, argument, error);
    }
    return pool.call(task, argument, terms);
  });
}

/** `pool.all` */
export function eachFunctions(
  tasks: readonly TaskAddress[],
  pool: Pool,
): object {
  return functionsOf(tasks, (task) => (argument, options) => {
    let terms: (worker: number) => CallTerms;
    try {
      terms = termsForEach(typeof options === "object" && options !== null ? options : {});
    } catch (error) {
      return pool.refuse(task, argument, error);
    }
    return Promise.all(pool.workers.map((worker) => pool.call(task, argument, terms(worker))));
  });
}

/** Only what is given here, nothing inherited. */
function functionsOf(
  tasks: readonly TaskAddress[],
  functionOf: (task: number) => CallerFunction,
): object {
  const object = Object.create(null);
  tasks.forEach(({ name }, task) => {
    Object.defineProperty(object, name, { value: functionOf(task), enumerable: true });
  });
  return object;
}
