/**
 * Which lane gets the next call. Calls are bound late: a lane that is busy for long gets one call
 * ahead, so that it need not wait for the host, and the others stay in the pool's queue for whoever
 * is free first.
 *
 * @module
 */

import type { Lane } from "./lane.ts";

/**
 * Waking a sleeping worker takes about this long. A worker that is awake and would be through
 * with its calls sooner gets the next one too.
 */
const WAKE_NS = 30_000;

/** Chooses among the lanes of a pool. */
export class Scheduler {
  readonly #lanes: readonly Lane[];
  #last = 0;

  constructor(lanes: readonly Lane[]) {
    this.#lanes = lanes;
  }

  /** The lane for the next call, or `undefined` while none should get one. */
  pick(): Lane | undefined {
    const lanes = this.#lanes;
    const last = lanes[this.#last]!;
    if (lanes.length === 1) return last.ready ? last : undefined;
    if (last.ready && this.#isFast(last)) return last;
    return this.#leastBusy();
  }

  #isFast(lane: Lane): boolean {
    const { pace } = lane;
    return !lane.late && pace > 0 && pace * (lane.inFlight + 1) < WAKE_NS && !lane.parked;
  }

  /** The lane with the fewest calls, starting after the last one, if it should get one more. */
  #leastBusy(): Lane | undefined {
    const lanes = this.#lanes;
    let best: Lane | undefined;
    for (let step = 1; step <= lanes.length; step++) {
      const index = (this.#last + step) % lanes.length;
      const lane = lanes[index]!;
      if (!lane.ready || (best !== undefined && lane.inFlight >= best.inFlight)) continue;
      best = lane;
      if (lane.inFlight === 0) break;
    }
    if (best === undefined || !best.hasRoom()) return undefined;
    this.#last = lanes.indexOf(best);
    return best;
  }
}
