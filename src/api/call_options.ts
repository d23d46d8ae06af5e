/**
 * Checks what is said about one call.
 *
 * @module
 */

import { received } from "../errors.ts";
import { CallOrder, type CallTerms, workerOfKey } from "../pool/call_order.ts";
import { finite, type Given, optionalFields } from "./checks.ts";
import type { CallOptions, EachOptions } from "./types.ts";

/** Whom the calls of a pool can go to. */
export interface CallPlaces {
  readonly threads: number;
  readonly inliner: unknown;
}

/** How many there are: workers, and the main thread if it is one of them. */
export function laneCount({ threads, inliner }: CallPlaces): number {
  return threads + (inliner === undefined ? 0 : 1);
}

/**
 * What the options of one call come to, or `undefined` for nothing.
 *
 * @throws {TypeError} for options that do not exist or have the wrong type
 * @throws {RangeError} for a priority that is not finite
 */
export function callTerms(options: unknown, places: CallPlaces): CallTerms | undefined {
  const o: Given<CallOptions> = fieldsOfCall("call options", options, [
    "signal",
    "priority",
    "key",
  ]);
  const signal = checkSignal(o.signal);
  const priority = finite("priority", o.priority, 0);
  const { key } = o;
  const worker = key === undefined ? undefined : workerFor(places, checkKey(key));
  const order = priority === 0 && worker === undefined
    ? undefined
    : new CallOrder(priority, worker);
  return signal === undefined && order === undefined ? undefined : { signal, order };
}

/** The same for a call of every worker: what makes the terms of each from its number. */
export function termsForEach(options: unknown): (worker: number) => CallTerms {
  const o: Given<EachOptions> = fieldsOfCall("call options", options, ["signal", "priority"]);
  const signal = checkSignal(o.signal);
  const priority = finite("priority", o.priority, 0);
  return (worker) => ({ signal, order: new CallOrder(priority, worker) });
}

/**
 * The fields of options that may have a signal.
 *
 * @throws {TypeError} for those that do not exist, and for a bare signal: having none, it would pass for no options
 */
export function fieldsOfCall<K extends string>(
  what: string,
  options: unknown,
  names: readonly K[],
): { readonly [name in K]: unknown } {
  if (!(options instanceof AbortSignal)) return optionalFields(what, options, names);
  throw new TypeError(`${what} must be an object, received an AbortSignal: pass { signal }`);
}

/** Where there is no choice, a key needs no place in the order. */
function workerFor(places: CallPlaces, key: string | number | bigint): number | undefined {
  const { threads } = places;
  return threads === 0 || laneCount(places) === 1 ? undefined : workerOfKey(key, threads);
}

function checkKey(key: unknown): string | number | bigint {
  if (typeof key === "string" || typeof key === "number" || typeof key === "bigint") return key;
  throw new TypeError(`key must be a string, a number or a bigint, received ${received(key)}`);
}

/** @throws {TypeError} for a signal that is none */
export function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined) return undefined;
  if (signal instanceof AbortSignal) {
    void signal.aborted; // throws for an object that only looks like one
    return signal;
  }
  throw new TypeError(`signal must be an AbortSignal, received ${received(signal)}`);
}
