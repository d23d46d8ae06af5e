/**
 * How many workers a pool has, and which: it grows when calls wait, lets idle workers go, and replaces
 * those that have run for long. Pools that do nothing of this have no staffing, and pay nothing for it:
 * it stands between the dispatchers and the router, and sees what goes by.
 *
 * @module
 */

import type { Crew } from "./crew.ts";
import type { Dispatched } from "./dispatcher.ts";
import { Growth } from "./growth.ts";
import { Idleness } from "./idleness.ts";
import type { Router } from "./router.ts";
import type { WorkerLane } from "./worker_lane.ts";

/** How a pool changes. */
export interface StaffingSettings {
  /** How few workers there may be, and how long the others may be idle; `undefined`: a fixed number. */
  readonly elastic: { readonly minThreads: number; readonly idleTimeoutMs: number } | undefined;
  /** When workers are replaced; `undefined`: never. */
  readonly recycle: RecycleLimits | undefined;
}

/** What a worker may have done before it is replaced. `Infinity` for as much as it likes. */
export interface RecycleLimits {
  /** Calls. */
  readonly maxTasks: number;
  /** Bytes of its heap. */
  readonly maxHeapBytes: number;
}

/** Looks after the size of a crew. */
export class Staffing implements Dispatched {
  readonly #router: Router;
  readonly #crew: Crew;
  readonly #growth: Growth | undefined;
  readonly #idleness: Idleness<WorkerLane> | undefined;
  readonly #recycle: RecycleLimits | undefined;

  constructor({ elastic, recycle }: StaffingSettings, router: Router, crew: Crew) {
    this.#router = router;
    this.#crew = crew;
    this.#recycle = recycle;
    if (elastic === undefined) return;
    this.#idleness = new Idleness(crew, elastic.idleTimeoutMs);
    this.#growth = new Growth({
      get isFull() {
        return crew.vacant === 0 || crew.broken !== undefined;
      },
      get isEmpty() {
        return crew.lanes.every(({ leaving }) => leaving);
      },
      get canGrow() {
        return crew.canGrow;
      },
      get isShort() {
        return router.isShort;
      },
      get startMs() {
        return crew.startMs;
      },
      newest: () => {
        this.#startBound();
        return router.newest();
      },
      grow: () => crew.grow(),
    });
  }

  get queued(): number {
    return this.#router.queued;
  }

  get open(): number {
    return this.#router.open;
  }

  dispatch(): void {
    this.#crew.letGo();
    this.#startBound();
    this.#router.dispatch();
  }

  /** Starts the workers that calls wait for which no other may run. */
  #startBound(): void {
    if (!this.#router.anyBound) return;
    this.#crew.places.forEach((lane, place) => {
      if (lane === undefined && this.#router.isNeeded(place)) this.#crew.startAt(place);
    });
  }

  takeReplies(lane: WorkerLane): number {
    const taken = this.#router.takeReplies(lane);
    if (lane.leaving) this.#crew.letGo();
    if (taken > 0 && this.#recycle !== undefined && this.#isWorn(lane, this.#recycle)) {
      this.#crew.replace(lane);
    }
    return taken;
  }

  #isWorn(lane: WorkerLane, { maxTasks, maxHeapBytes }: RecycleLimits): boolean {
    return lane.given - lane.inFlight >= maxTasks ||
      (maxHeapBytes !== Infinity && lane.heapBytes > maxHeapBytes);
  }

  rebalance(now: number): void {
    this.#router.rebalance(now);
    this.#growth?.look();
  }

  /** There may be more workers than before. */
  lanesChanged(): void {
    this.#idleness?.look();
  }

  /** The pool ends. */
  close(): void {
    this.#growth?.close();
    this.#idleness?.close();
  }
}
