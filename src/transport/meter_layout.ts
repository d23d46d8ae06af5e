/**
 * Where everything lies in the meter of a lane: what its worker says of the calls it has run. No other
 * file holds an offset of it.
 *
 * It is there only if calls are measured, behind everything else in the memory of the lane. The worker
 * writes, and only numbers of 64 bits, each on its own; so the host can read at any time, also while
 * the worker is busy, and sees each number as it was at some time shortly before. The times of a call alone
 * are read after something else, its reply; then the host clears their place.
 *
 * ```text
 *   double 0    BUSY_MS     how long calls have been with the worker, up to SINCE
 *          1    SINCE       since when there are some without a break, in ms since 1970; 0 if there are none
 *          2    BYTES       payload bytes of its replies
 *          8    times       TIMES_COUNT * 4, for traces: when calls began and ended
 *               for each task a histogram of how long its calls took, HISTOGRAM_DOUBLES
 * ```
 *
 * A place of the times; call ids share places, and the first number says whose it is:
 *
 * ```text
 *   double 0    call id + 1, or 0
 *          1    begun, in ms since 1970
 *          2    ended
 *          3    payload bytes of the reply
 * ```
 *
 * @module
 */

import { HISTOGRAM_DOUBLES } from "./histogram.ts";

/** Milliseconds in which there were calls with the worker. */
export const BUSY_MS = 0;
/** Since when there are, in milliseconds since 1970, or 0. */
export const SINCE = 1;
/** Bytes of payloads. */
export const BYTES = 2;

const TIMES = 8;
const TIMES_DOUBLES = 4;
/** How many calls have a place of their own. */
const TIMES_COUNT = 4096;
/** Relative to the place of a call. */
export const TIME_CALL = 0;
/** When it began. */
export const TIME_BEGUN = 1;
/** When it ended. */
export const TIME_ENDED = 2;
/** How large its reply is. */
export const TIME_BYTES = 3;

const HISTOGRAMS: number = TIMES + TIMES_COUNT * TIMES_DOUBLES;

/** Index of the double at which the place of a call begins. */
export function timesOf(call: number): number {
  return TIMES + (call % TIMES_COUNT) * TIMES_DOUBLES;
}

/** Index of the double at which the histogram of a task begins. */
export function histogramOf(task: number): number {
  return HISTOGRAMS + task * HISTOGRAM_DOUBLES;
}

/** Size of a meter for so many tasks; 0 for none. */
export function meterBytes(tasks: number): number {
  return tasks === 0 ? 0 : histogramOf(tasks) * 8;
}
