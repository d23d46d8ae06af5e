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
  waitAsync(words: Int32Array, index: number, value: number, timeoutMs?: number): AsyncWait;
}

/** The real ones: sequentially consistent, on memory shared between threads. */
export const atomics: AtomicOps = Atomics as unknown as AtomicOps;

/** What to do between two looks at shared memory. */
export type Pause = () => void;

/** Calls to find out how long a pause takes. */
const PAUSE_TRIALS = 1000;

/** A pause of about `nanoseconds`; none for 0, and where `Atomics.pause` does not exist. */
export function pauseFor(nanoseconds: number): Pause | undefined {
  const { pause } = Atomics as { pause?: () => void };
  if (nanoseconds <= 0 || pause === undefined) return undefined;
  const start = performance.now();
  for (let i = 0; i < PAUSE_TRIALS; i++) pause();
  const eachNs = Math.max(1, ((performance.now() - start) / PAUSE_TRIALS) * 1e6);
  const times = Math.max(1, Math.round(nanoseconds / eachNs));
  return () => {
    for (let i = 0; i < times; i++) pause();
  };
}
