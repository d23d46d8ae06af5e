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
/** However often looking fails, it is tried for this long; less is not worth a trial. */
const LEAST_MS = 0.002;
/** Looks in vain, one after the other, before somebody who may give up does; then it is tried once in so many times. */
const BARREN_LOOKS = 16;

/** The last time that somebody has looked for long enough to read the clock. */
export interface Looks {
  /** When it was read first. */
  readonly beganMs: number;
  /** When it was read last: until then there was nothing. */
  readonly lookedMs: number;
}

/** How to look. */
interface Manner {
  /** How often to look in any case. */
  readonly freeLooks?: number;
  /** How long to look at least, however often that has failed. */
  readonly leastMs?: number;
  /** After so many failures it is tried at full length once. */
  readonly failuresPerTrial?: number;
  /**
   * Whether not to look at all any more, but for a trial now and then, once nothing has been found for long: who
   * looks may keep the other side from the processor.
   */
  readonly givesUp?: boolean;
  /** What to do between two looks. */
  readonly pause?: Pause | undefined;
}

/** Learns how long looking pays. */
export class Patience implements Looks {
  beganMs = 0;
  lookedMs = 0;
  #ms = Infinity;
  #failures = 0;
  /** Looks in a row that have found nothing, those included that were not even tried. */
  #barren = 0;
  readonly #freeLooks: number;
  readonly #leastMs: number;
  readonly #failuresPerTrial: number;
  readonly #givesUp: boolean;
  readonly #pause: Pause | undefined;

  constructor({
    freeLooks = FREE_LOOKS,
    leastMs = LEAST_MS,
    failuresPerTrial = 16,
    givesUp = false,
    pause,
  }: Manner = {}) {
    this.#freeLooks = freeLooks;
    this.#leastMs = leastMs;
    this.#failuresPerTrial = failuresPerTrial;
    this.#givesUp = givesUp;
    this.#pause = pause;
  }

  /** Looks if there is any patience left, which this may bring back for the next time. */
  lookIfHopeful(found: () => boolean, mostMs: number): boolean {
    if (this.#ms > 0) return this.look(found, mostMs);
    this.#fail(mostMs);
    return false;
  }

  /** Looks until `found` says yes or patience, `mostMs` at most, ends, unless it has given up; what it said last. */
  look(found: () => boolean, mostMs: number): boolean {
    const barren = ++this.#barren;
    if (this.#givesUp && barren > BARREN_LOOKS && barren % BARREN_LOOKS !== 0) return false;
    const isFound = this.#lookFreely(found) || mostMs > 0 && this.#lookFor(found, mostMs);
    if (isFound) this.#barren = 0;
    return isFound;
  }

  #lookFreely(found: () => boolean): boolean {
    for (let i = 0; i < this.#freeLooks; i++) if (found()) return true;
    return false;
  }

  #lookFor(found: () => boolean, mostMs: number): boolean {
    this.beganMs = this.lookedMs = performance.now();
    const end = this.lookedMs + Math.min(this.#ms, mostMs);
    do {
      for (let i = 0; i < LOOKS_PER_CLOCK; i++) {
        if (found()) {
          this.#failures = 0;
          this.#ms *= 2;
          return true;
        }
        this.#pause?.();
      }
      this.lookedMs = performance.now();
    } while (this.lookedMs < end);
    this.#fail(mostMs);
    return false;
  }

  #fail(mostMs: number): void {
    // One in a row may be a collector, or whatever else held the other side up.
    if (++this.#failures === 1) return;
    const sinceTrial = this.#failures % this.#failuresPerTrial;
    const half = Math.min(this.#ms, mostMs) / 2;
    if (sinceTrial === 0) this.#ms = Infinity;
    else this.#ms = sinceTrial === 1 || half < LEAST_MS ? this.#leastMs : half;
  }
}
