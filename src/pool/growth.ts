/**
 * When an elastic pool starts one more worker.
 *
 * The rule: **a worker is started when a call has waited, since all workers have been busy, for as long as
 * a worker takes to start; and only one starts at a time.** Without any worker, the first call starts one.
 *
 * Why: whether calls that wait now will wait for long, nobody knows. If a worker is started at once, a
 * burst of short calls, which the workers that are there would be through with in a millisecond, starts
 * as many workers as there may be, each of which takes some tens of milliseconds of a processor to load
 * its modules, and is idle when it is ready. If none is ever started, long calls wait in vain. So a call
 * waits first for as long as the cure takes: then it has waited, all in all, at most twice (about) as long
 * as if the future had been known, and what could have been over by then has not cost a worker. How long
 * a start takes is measured, each time: who loads a framework in each worker gets others later.
 *
 * One at a time, because the next one may not be needed when this one is there; and starting workers
 * take the processor away from each other, and from calls. If the calls that waited when it was started
 * still do when it is ready, they have waited long enough, and the next one starts at once.
 *
 * How it is known how long a call has waited: not by its time, which would cost every call a look at the
 * clock. The newest call that waits is remembered. If it is still there one start later, it has waited
 * for so long, and so have all before it; if not, the workers are quick enough, and the newest call is
 * remembered again. So a worker starts after one start at the earliest, and after two at the latest.
 *
 * @module
 */

import { later } from "../runtime/threads.ts";

/** After this long, calls that a worker was sent ahead, behind one that is long, are in the queue again. */
const FIRST_LOOK_MS = 2;
/** How often to look while a worker is starting. */
const LOOK_MS = 5;
/** A start is never taken to be shorter. */
const LEAST_START_MS = 10;

/** A call in the queue, as it is remembered: entries are used for other calls. */
export interface Waiting {
  readonly queued: boolean;
  readonly generation: number;
}

/** What the rule is about. */
export interface GrowingPool {
  /** Whether there are as many workers as there may be, or there cannot be any. */
  readonly isFull: boolean;
  /** Whether there is no worker at all, not even one that starts. */
  readonly isEmpty: boolean;
  /** Whether a worker can be started now: none is starting, and none has just failed to. */
  readonly canGrow: boolean;
  /** Whether calls wait behind others. */
  readonly isShort: boolean;
  /** How long a worker takes to start, in milliseconds. */
  readonly startMs: number;
  /** The newest call that waits; first, workers that are busy for long give back what they have not begun. */
  newest(): Waiting | undefined;
  /** Starts a worker. */
  grow(): void;
}

/** Follows the rule. */
export class Growth {
  readonly #pool: GrowingPool;
  readonly #later: typeof later;
  #cancel: (() => void) | undefined;
  /** The newest call of those that waited when this was looked at last. */
  #mark: { readonly call: Waiting; readonly generation: number } | undefined;

  /** @param timer for tests */
  constructor(pool: GrowingPool, timer: typeof later = later) {
    this.#pool = pool;
    this.#later = timer;
  }

  /** Called again and again while calls are open, and cheap. */
  look(): void {
    const pool = this.#pool;
    if (this.#cancel !== undefined || pool.isFull || !pool.isShort) return;
    if (pool.isEmpty) this.#grow();
    else this.#lookAfter(FIRST_LOOK_MS);
  }

  #grow(): void {
    this.#pool.grow();
    this.#remember();
    this.#lookAfter(LOOK_MS);
  }

  #remember(): void {
    const call = this.#pool.newest();
    this.#mark = call && { call, generation: call.generation };
  }

  #lookAfter(ms: number): void {
    this.#cancel = this.#later(ms, () => {
      this.#cancel = undefined;
      this.#consider();
    });
  }

  #consider(): void {
    const pool = this.#pool;
    if (pool.isFull || !pool.isShort) {
      this.#mark = undefined;
      return;
    }
    if (!pool.canGrow) return this.#lookAfter(LOOK_MS);
    if (pool.isEmpty || this.#stillWaits()) return this.#grow();
    this.#remember();
    this.#lookAfter(Math.max(LEAST_START_MS, pool.startMs));
  }

  #stillWaits(): boolean {
    if (this.#mark === undefined) return false;
    const { call, generation } = this.#mark;
    return call.queued && call.generation === generation;
  }

  /** Nothing grows any more. */
  close(): void {
    this.#cancel?.();
    this.#mark = undefined;
  }
}
