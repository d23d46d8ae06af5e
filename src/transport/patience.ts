/**
 * How long a side looks for traffic before it parks. Looking is right when the other side answers
 * sooner than a sleeper can be woken; it is wrong when the answer takes longer, or when the other
 * side needs this very processor to answer. Which of them holds cannot be known, only tried.
 *
 * @module
 */

import type { Pause } from "./atomic.ts";

/** The first looks are free of clocks: a hot answer is there within a microsecond. */
const FREE_LOOKS = 100;
const LOOKS_PER_CLOCK = 50;
/** However often looking fails, it is tried for this long. */
const LEAST_MS = 0.002;
/** After so many failures in a row it is tried at full length once. */
const FAILURES_PER_TRIAL = 16;

/** The last time that somebody has looked for long enough to read the clock. */
export interface Looks {
  /** When it was read first. */
  readonly beganMs: number;
  /** When it was read last: until then there was nothing. */
  readonly lookedMs: number;
}

/** Learns how long looking pays. */
export class Patience implements Looks {
  beganMs = 0;
  lookedMs = 0;
  #ms: number;
  #failures = 0;
  readonly #freeLooks: number;
  readonly #pause: Pause | undefined;

  /**
   * @param mostMs how long to look at most
   * @param freeLooks how often to look in any case
   * @param pause what to do between two looks
   */
  constructor(mostMs: number, freeLooks: number = FREE_LOOKS, pause?: Pause) {
    this.#ms = mostMs;
    this.#freeLooks = freeLooks;
    this.#pause = pause;
  }

  /** Looks until `found` says yes or patience, `mostMs` at most, ends; what it said last. */
  look(found: () => boolean, mostMs: number): boolean {
    for (let i = 0; i < this.#freeLooks; i++) if (found()) return true;
    if (mostMs <= 0) return false;
    this.beganMs = this.lookedMs = performance.now();
    const end = this.lookedMs + Math.min(this.#ms, mostMs);
    do {
      for (let i = 0; i < LOOKS_PER_CLOCK; i++) {
        if (found()) {
          this.#failures = 0;
          this.#ms = Math.min(mostMs, this.#ms * 2);
          return true;
        }
        this.#pause?.();
      }
      this.lookedMs = performance.now();
    } while (this.lookedMs < end);
    this.#failures++;
    this.#ms = this.#failures % FAILURES_PER_TRIAL === 0
      ? mostMs
      : Math.max(LEAST_MS, this.#ms / 2);
    return false;
  }
}
