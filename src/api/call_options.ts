/**
 * Checks what is said about one call.
 *
 * @module
 */

import { received } from "../errors.ts";
import { CallOrder, type CallTerms, workerOfKey } from "../pool/call_order.ts";
import { fields, finite, type Given } from "./checks.ts";
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
  refuseBareSignal(options);
  const o: Given<CallOptions> = fields("call options", options, ["signal", "priority", "key"]);
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
  refuseBareSignal(options);
  const o: Given<EachOptions> = fields("call options", options, ["signal", "priority"]);
  const signal = checkSignal(o.signal);
  const priority = finite("priority", o.priority, 0);
  return (worker) => ({ signal, order: new CallOrder(priority, worker) });
}

/** It has no fields of its own, so that it would pass for no options at all. */
function refuseBareSignal(options: unknown): void {
  if (!(options instanceof AbortSignal)) return;
  throw new TypeError("call options must be an object, received an AbortSignal: pass { signal }");
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
