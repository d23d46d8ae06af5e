/**
 * The calls of a pool that wait for a worker: how many they are, whether there may be more, and who
 * wants to know when there are none.
 *
 * Calls of which a worker has been told, but that it has not begun, wait as well. A worker that runs
 * nothing is about to begin one; so is the main thread, a batch.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import type { InlineLane } from "./inline_lane.ts";
import type { WorkerLane } from "./worker_lane.ts";
import { Waiters } from "./waiters.ts";
import type { WaitingCalls } from "./waiting_calls.ts";

/** How many calls may wait. */
export interface BacklogLimits {
  /** One more is refused. */
  readonly maxQueue: number;
  /** With so many, callers should pause. */
  readonly highWaterMark: number;
}

/** What waits in one pool. Nothing is counted before somebody asks. */
export class Backlog {
  /** How many workers could be started for calls that come. */
  vacant = 0;
  readonly #queue: WaitingCalls;
  readonly #lanes: readonly WorkerLane[];
  readonly #inline: InlineLane | undefined;
  readonly #limits: BacklogLimits;
  readonly #waiters = new Waiters();
  #closed = false;

  constructor(
    queue: WaitingCalls,
    lanes: readonly WorkerLane[],
    inline: InlineLane | undefined,
    limits: BacklogLimits,
  ) {
    this.#queue = queue;
    this.#lanes = lanes;
    this.#inline = inline;
    this.#limits = limits;
  }

  /** Why one more call is refused, if it is. */
  refusal(): KnittingError | undefined {
    const { maxQueue } = this.#limits;
    if (maxQueue === Infinity || this.waiting - this.vacant < maxQueue) return undefined;
    return new KnittingError(
      "KNT_ERROR_QUEUE_FULL",
      `The queue is full: maxQueue is ${maxQueue}, and so many calls wait for a worker`,
    );
  }

  /** Whether callers should pause, as of now. */
  get needsDrain(): boolean {
    return this.waiting >= this.#limits.highWaterMark;
  }

  /** Resolves when no call waits. */
  drained(): Promise<void> {
    return this.waiting <= 0 ? Promise.resolve() : this.#waiters.wait();
  }

  /** Calls have moved. */
  changed(): void {
    if (this.#waiters.any && this.waiting <= 0) this.#waiters.resolve();
  }

  /** All calls have settled; the memory of lanes may be gone. */
  close(): void {
    this.#closed = true;
    this.#waiters.resolve();
  }

  /** How many calls wait; below zero if there are workers for more. */
  get waiting(): number {
    if (this.#closed) return 0;
    let waiting = this.#queue.length + (this.#inline?.backlog ?? 0);
    for (const lane of this.#lanes) {
      waiting += lane.unbegun - (lane.isRunning() || lane.leaving ? 0 : 1);
    }
    return this.#queue.anyBound ? Math.max(waiting, this.#waitingBound()) : waiting;
  }

  /** Those that wait for one worker, whoever else has nothing to do. */
  #waitingBound(): number {
    let waiting = this.#queue.bound;
    for (const lane of this.#lanes) {
      const { worker, leaving } = lane;
      if (!leaving && !lane.isRunning() && this.#queue.boundTo(worker) > 0) waiting--;
    }
    return waiting;
  }
}
