/**
 * Which workers of an elastic pool have nothing to do for long, and end.
 *
 * No call is timed for this. As long as there are more workers than the pool starts with, a timer looks
 * at them, some times in each timeout: one that has no call, and was given none since the look before, was
 * quiet. So a worker ends when it has been idle for the timeout, or up to a quarter longer.
 *
 * @module
 */

import { later } from "../runtime/threads.ts";

/** Looks in one timeout. */
const LOOKS = 4;

/** A lane as this sees it. */
export interface IdleLane {
  readonly ready: boolean;
  readonly inFlight: number;
  readonly given: number;
}

/** What can shrink. */
export interface ShrinkingPool<L extends IdleLane> {
  /** How many workers may end. */
  readonly surplus: number;
  readonly lanes: readonly L[];
  dismiss(lane: L): void;
}

/** Dismisses workers that are idle for long. */
export class Idleness<L extends IdleLane> {
  readonly #pool: ShrinkingPool<L>;
  readonly #lookMs: number;
  readonly #later: typeof later;
  #cancel: (() => void) | undefined;
  /** Calls that each was given, and how often it was quiet since. */
  #seen = new Map<L, { readonly given: number; readonly quiet: number }>();

  /**
   * @param timeoutMs `Infinity` for never
   * @param timer for tests
   */
  constructor(pool: ShrinkingPool<L>, timeoutMs: number, timer: typeof later = later) {
    this.#pool = pool;
    this.#lookMs = timeoutMs / LOOKS;
    this.#later = timer;
  }

  /** There may be more workers than before. */
  look(): void {
    if (this.#cancel !== undefined || this.#lookMs === Infinity || this.#pool.surplus <= 0) return;
    this.#cancel = this.#later(this.#lookMs, () => {
      this.#cancel = undefined;
      this.#sweep();
      this.look();
    });
  }

  #sweep(): void {
    const seen = this.#seen;
    this.#seen = new Map();
    // The first places are the last to be given up: calls go there first.
    for (const lane of [...this.#pool.lanes].reverse()) {
      if (!lane.ready) continue;
      const { given } = lane;
      const before = seen.get(lane);
      const isQuiet = lane.inFlight === 0 && before?.given === given;
      const quiet = isQuiet ? before.quiet + 1 : 0;
      if (quiet >= LOOKS && this.#pool.surplus > 0) this.#pool.dismiss(lane);
      else this.#seen.set(lane, { given, quiet });
    }
  }

  /** Nobody is dismissed any more. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#seen.clear();
  }
}
