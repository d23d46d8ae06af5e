/**
 * Which lane gets the next call. Calls are bound late: a lane that is busy for long gets one call
 * ahead, so that it need not wait for the host, and the others stay in the pool's queue for whoever
 * is free first. Strategies choose among the lanes that could take a call now, those that would begin
 * it at once before the others.
 *
 * @module
 */

import type { InlineLane } from "./inline_lane.ts";
import type { Lane } from "./lane.ts";

/**
 * Waking a sleeping worker takes about this long. A worker that is awake and would be through
 * with its calls sooner gets the next one too.
 */
const WAKE_NS = 30_000;

/** The ways of choosing; `"adaptive"` and, in an elastic pool, `"packed"` are for those who did not ask for any. */
export type Strategy =
  | "adaptive"
  | "packed"
  | "roundRobin"
  | "firstIdle"
  | "randomLane"
  | "firstIdleOrRandom";

/** A lane that calls can be sent to. */
export type Target = Lane | InlineLane;

/** Chooses among the lanes of a pool. */
export class Scheduler {
  readonly #lanes: readonly Lane[];
  readonly #inline: InlineLane | undefined;
  readonly #choose: () => Target | undefined;
  /** Whether there are no workers, ever. */
  readonly #isInline: boolean;
  /** How many lanes there are. */
  #count: number;
  /** Whether one worker gets all calls that there is room for. */
  #fills: boolean;
  /** Index of the lane that got a call last. */
  #last: number;
  /** Whether the inline lane may take the call in hand. */
  #inlineToo = false;

  /**
   * @param lanes the workers'; others may be in this array later, see {@linkcode Scheduler.lanesChanged}
   * @param places how many workers there may be
   */
  constructor(
    lanes: readonly Lane[],
    inline: InlineLane | undefined,
    strategy: Strategy,
    places: number,
  ) {
    this.#lanes = lanes;
    this.#inline = inline;
    this.#fills = inline === undefined && places === 1 && lanes.length === 1;
    this.#isInline = places === 0;
    this.#count = this.#countLanes();
    this.#last = this.#count - 1;
    this.#choose = this.#chooser(strategy);
  }

  #countLanes(): number {
    return this.#lanes.length + (this.#inline === undefined ? 0 : 1);
  }

  /** There are other lanes than before. */
  lanesChanged(): void {
    this.#count = this.#countLanes();
    if (this.#last >= this.#count) this.#last = this.#count - 1;
  }

  /**
   * The lane for the next call, or `undefined` while none should get one.
   *
   * @param open how many calls of the task are open, this one included
   */
  pick(task: number, open: number): Target | undefined {
    if (this.#inline !== undefined) {
      this.#inlineToo = this.#isInline || this.#inline.accepts(task, open);
    } else if (this.#fills) {
      // Nobody else could take its calls, so it gets all there is room for.
      const lane = this.#lanes[0]!;
      return lane.ready ? lane : undefined;
    }
    return this.#choose();
  }

  /** From now on no worker gets more calls ahead than it needs: others may have to come before them. */
  spare(): void {
    this.#fills = false;
  }

  #chooser(strategy: Strategy): () => Target | undefined {
    switch (strategy) {
      case "adaptive":
        return this.#inline === undefined
          ? () => this.#awake() ?? this.#leastBusy()
          : () => this.#nextFree();
      case "packed":
        // The first lanes get what they can, so that those behind them fall idle.
        return this.#inline === undefined
          ? () => this.#awake() ?? this.#firstIdle() ?? this.#leastBusy()
          : () => this.#first(isIdle) ?? this.#nextFree();
      case "roundRobin":
        return () => this.#nextFree();
      case "firstIdle":
        return () => this.#first(isIdle) ?? this.#nextFree();
      case "randomLane":
        return () => this.#anyFree();
      case "firstIdleOrRandom":
        return () => this.#first(isIdle) ?? this.#anyFree();
    }
  }

  /** The last lane, if it will be through with its calls before another could be woken. */
  #awake(): Target | undefined {
    const lane = this.#lanes[this.#last];
    if (lane === undefined || !lane.ready || lane.late) return undefined;
    const { pace } = lane;
    const isFast = pace > 0 && pace * (lane.inFlight + 1) < WAKE_NS;
    return isFast && !lane.parked ? lane : undefined;
  }

  /** The first lane without calls; the next call goes there, too, as long as it is awake. */
  #firstIdle(): Target | undefined {
    const index = this.#lanes.findIndex((lane) => lane.ready && isIdle(lane));
    if (index < 0) return undefined;
    this.#last = index;
    return this.#lanes[index];
  }

  /**
   * The lane with the fewest calls, starting after the last one. If it is busy, one whose calls only
   * wait for promises comes before it; if it has no room, so does any that has.
   */
  #leastBusy(): Target | undefined {
    const lanes = this.#lanes;
    let best: Lane | undefined;
    let bestIndex = 0;
    for (let step = 1; step <= lanes.length; step++) {
      const index = (this.#last + step) % lanes.length;
      const lane = lanes[index]!;
      if (!lane.ready || (best !== undefined && lane.inFlight >= best.inFlight)) continue;
      best = lane;
      bestIndex = index;
      if (lane.inFlight === 0) break;
    }
    if (best === undefined) return undefined;
    if (!best.isFree()) {
      const free = this.#next(isFree);
      if (free !== undefined) return free;
      if (!best.hasRoom()) return this.#next(hasRoom);
    }
    this.#last = bestIndex;
    return best;
  }

  #nextFree(): Target | undefined {
    return this.#next(isFree) ?? this.#next(hasRoom);
  }

  #anyFree(): Target | undefined {
    return this.#any(isFree) ?? this.#any(hasRoom);
  }

  /** The first lane after the last one that `matches`. */
  #next(matches: Matches): Target | undefined {
    for (let step = 1; step <= this.#count; step++) {
      const index = (this.#last + step) % this.#count;
      const lane = this.#match(index, matches);
      if (lane === undefined) continue;
      this.#last = index;
      return lane;
    }
    return undefined;
  }

  #first(matches: Matches): Target | undefined {
    for (let index = 0; index < this.#count; index++) {
      const lane = this.#match(index, matches);
      if (lane !== undefined) return lane;
    }
    return undefined;
  }

  #any(matches: Matches): Target | undefined {
    let chosen: Target | undefined;
    let seen = 0;
    for (let index = 0; index < this.#count; index++) {
      const lane = this.#match(index, matches);
      if (lane !== undefined && Math.random() * ++seen < 1) chosen = lane;
    }
    return chosen;
  }

  /** The lane at a place in the balancing order, if it is ready, may take the call, and `matches`. */
  #match(index: number, matches: Matches): Target | undefined {
    const inline = this.#inline;
    const inlineIndex = inline?.position === "first" ? 0 : this.#lanes.length;
    if (inline !== undefined && index === inlineIndex) {
      return this.#inlineToo && matches(inline) ? inline : undefined;
    }
    const lane = this.#lanes[inline?.position === "first" ? index - 1 : index]!;
    return lane.ready && matches(lane) ? lane : undefined;
  }
}

type Matches = (lane: Target) => boolean;

const isIdle: Matches = (lane) => lane.inFlight === 0;
const isFree: Matches = (lane) => lane.isFree();
const hasRoom: Matches = (lane) => lane.hasRoom();
