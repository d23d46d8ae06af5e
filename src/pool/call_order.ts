/**
 * What a caller says of when and where a call runs.
 *
 * @module
 */

import { hashOf } from "../runtime/text_hash.ts";

/** The order of one call. Most calls have none: they run as they come, wherever there is room. */
export class CallOrder {
  readonly priority: number;
  /** Number of the worker that is to run it, if not any may. */
  readonly worker: number | undefined;
  /** When it would have come without its priority: of those that wait, the earliest goes first. */
  place = 0;
  /** How many calls with an order have come before it. */
  arrival = 0;
  /** Where it is in its {@linkcode CallHeap}. */
  index = 0;

  constructor(priority: number, worker: number | undefined) {
    this.priority = priority;
    this.worker = worker;
  }
}

/** What may be said of one call; what is `undefined` was not. */
export interface CallTerms {
  readonly signal: AbortSignal | undefined;
  readonly order: CallOrder | undefined;
}

/**
 * The worker that runs the calls with this key: always the same one of so many. Nothing is remembered, so
 * there may be any number of keys.
 */
export function workerOfKey(key: string | number | bigint, workers: number): number {
  let hash = hashOf(String(key));
  // Keys that differ little, such as numbers in a row, differ in a few bits: the others follow them here.
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return ((hash ^ hash >>> 16) >>> 0) % workers;
}
