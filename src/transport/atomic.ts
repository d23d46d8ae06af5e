/**
 * The only place that names `Atomics`. The transport receives these operations as an argument, so
 * that a test can run it on a model of shared memory (see `tests/transport/model.ts`).
 *
 * @module
 */

/** Outcome of {@linkcode AtomicOps.waitAsync}. */
export type AsyncWait =
  | { async: false; value: "not-equal" | "timed-out" }
  | { async: true; value: Promise<"ok" | "timed-out"> };

/** The operations on shared words that the transport uses, with the meaning they have in `Atomics`. */
export interface AtomicOps {
  load(words: Int32Array, index: number): number;
  store(words: Int32Array, index: number, value: number): number;
  compareExchange(words: Int32Array, index: number, expected: number, value: number): number;
  notify(words: Int32Array, index: number, count?: number): number;
  waitAsync(words: Int32Array, index: number, value: number): AsyncWait;
}

/** The real ones: sequentially consistent, on memory shared between threads. */
export const atomics: AtomicOps = Atomics as unknown as AtomicOps;
