/**
 * When the host looks for replies, and when it sleeps.
 *
 * Calls made in one go are published together, at the end of the microtask. Then the host looks for
 * replies for some microseconds, because a short task answers within one. If none comes it parks,
 * and its event loop runs until a worker rings. Looking goes on in microtasks, so the event loop
 * gets a turn every {@linkcode TURN_MS}: timers and sockets are late by no more than that.
 *
 * @module
 */

import type { KeepAlive } from "../runtime/runtime.ts";
import { cores, nextTurn } from "../runtime/threads.ts";
import { type Doorbell, ITEMS, ROOM } from "../transport/doorbell.ts";
import { Patience } from "../transport/patience.ts";
import type { Lane } from "./lane.ts";
import { Waking } from "./waking.ts";

/** Longest time without a turn of the event loop. */
const TURN_MS = 1;
/** The clock is read once in so many rounds. */
const ROUNDS_PER_CLOCK = 64;
/** Looking for replies pays only for tasks that take less than this. */
const MAX_SPIN_MS = 0.05;

/** What the dispatcher drives. */
export interface Dispatched {
  /** Sends queued calls as far as lanes take them, and publishes. */
  dispatch(): void;
  /** Takes all replies of a lane that are there; how many. */
  takeReplies(lane: Lane): number;
  /** Lanes may be late: others may take the calls they have not begun. */
  rebalance(now: number): void;
  /** Calls that wait for a lane, and streams for room in theirs. */
  readonly queued: number;
  /** Calls that have not settled and that somebody waits for. */
  readonly open: number;
}

/** How patient the host is. */
export interface DispatcherSettings {
  /** How often to look for replies in any case. */
  readonly stallFreeLoops: number;
  /** Longest sleep while calls are in flight; 0 for none at all. */
  readonly maxBackoffMs: number;
}

/** The host's side of the lanes that share a doorbell. */
export class Dispatcher {
  readonly #pool: Dispatched;
  readonly #lanes: readonly Lane[];
  /** The bell that is armed, and the one that is listened to. A lane may bring a bell of its own. */
  #armed: Doorbell | undefined;
  #listening: Doorbell | undefined;
  readonly #keepAlive: KeepAlive;
  readonly #patience: Patience;
  readonly #waking = new Waking();
  readonly #maxBackoffMs: number;
  #closed = false;
  #scheduled = false;
  #rounds = 0;
  #lastTurn = 0;

  /**
   * @param lanes those that ring the same bell; others may be in this array later
   * @param keepAlive held while calls are pending; shared by all dispatchers of a pool
   */
  constructor(
    pool: Dispatched,
    lanes: readonly Lane[],
    keepAlive: KeepAlive,
    { stallFreeLoops, maxBackoffMs }: DispatcherSettings,
  ) {
    this.#pool = pool;
    this.#lanes = lanes;
    this.#keepAlive = keepAlive;
    this.#patience = new Patience({ freeLooks: stallFreeLoops });
    this.#maxBackoffMs = maxBackoffMs;
  }

  /** Publishes and looks for replies soon, at the end of the microtask. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    resolved.then(this.#round);
  }

  /** Nothing is sent, and nothing is looked for, any more. */
  close(): void {
    this.#closed = true;
    (this.#lanes[0]?.bell ?? this.#listening)?.release();
  }

  readonly #round = (): void => {
    if (this.#closed) return;
    this.#scheduled = false;
    const pool = this.#pool;
    this.#disarm();
    const wakes = this.#allAsleep();
    if (wakes && this.#spinMs() > 0) this.#waking.begin();
    pool.dispatch();
    if (this.#closed) return; // by a getter in an argument
    if (this.#turnIsDue()) {
      this.#lookAfterQuiet();
      return this.#scheduleTurn();
    }
    let taken = this.#takeReplies();
    if (taken === 0 && this.#look(wakes)) taken = this.#takeReplies();
    if (taken > 0) this.#waking.answered();
    if (pool.open === 0) {
      this.#keepAlive.release();
      if (!this.#anyAwaited()) return;
    }
    if (taken > 0) return this.schedule();
    this.#lookAfterLate();
    // Without calls whose promises are pending, turns would only keep the program from ending.
    if (this.#maxBackoffMs === 0 && pool.open > 0) this.#scheduleTurn();
    else this.#park();
  };

  #disarm(): void {
    const armed = this.#armed;
    this.#armed = undefined;
    // That of a worker which has been replaced is gone.
    if (armed === this.#lanes[0]?.bell) armed?.disarm();
  }

  #scheduleTurn(): void {
    this.#scheduled = true;
    nextTurn(this.#round);
  }

  #turnIsDue(): boolean {
    if (++this.#rounds % ROUNDS_PER_CLOCK !== 0) return false;
    const now = performance.now();
    if (now - this.#lastTurn < TURN_MS) return false;
    this.#lastTurn = now;
    return true;
  }

  #takeReplies(): number {
    let taken = 0;
    for (const lane of this.#lanes) {
      if (lane.awaited) taken += this.#pool.takeReplies(lane);
    }
    return taken;
  }

  #anyAwaited(): boolean {
    return this.#lanes.some((lane) => lane.awaited);
  }

  /** Whether there are workers that have calls, and all of them sleep: one has to wake up before it answers. */
  #allAsleep(): boolean {
    let any = false;
    for (const lane of this.#lanes) {
      if (lane.inFlight === 0) continue;
      if (!lane.parked) return false;
      any = true;
    }
    return any;
  }

  /** Looks for replies for a short while; whether some came. */
  #look(wakes: boolean): boolean {
    return wakes
      ? this.#waking.look(this.#anyReplies)
      : this.#patience.look(this.#anyReplies, this.#spinMs());
  }

  /**
   * How long to look: not at all if tasks take long, or if the workers that are busy need every
   * processor; otherwise somewhat longer than the fastest lane should take. Copying large payloads is
   * no task: to sleep while the other side does it, and be woken, takes as long as that does.
   */
  #spinMs(): number {
    let busy = 0;
    let soonest = Infinity;
    let copyMs = 0;
    for (const lane of this.#lanes) {
      if (lane.inFlight === 0) continue;
      busy++;
      soonest = Math.min(soonest, lane.pace / 1e6);
      copyMs = Math.max(copyMs, lane.memory.copyMs);
    }
    const mostMs = Math.min(TURN_MS, MAX_SPIN_MS + copyMs);
    if (busy === 0 || busy >= cores || soonest > mostMs) return 0;
    return Math.min(mostMs, 0.02 + 2 * soonest);
  }

  readonly #anyReplies = (): boolean => {
    const lanes = this.#lanes;
    for (let i = 0; i < lanes.length; i++) {
      const lane = lanes[i]!;
      if (lane.awaited && lane.hasReplies()) return true; // others' are not taken either
    }
    return false;
  };

  /** Lanes that have not answered are busy for long: others may take the calls they have not begun. */
  #lookAfterLate(): void {
    const now = performance.now();
    for (const lane of this.#lanes) if (lane.inFlight > 0) lane.isLateSince(now);
    this.#pool.rebalance(now);
  }

  /** The same while others answer all the time: those that have not since the last turn. */
  #lookAfterQuiet(): void {
    for (const lane of this.#lanes) {
      if (lane.inFlight > 0 && lane.quiet) lane.isLateSince(this.#lastTurn - TURN_MS);
      lane.quiet = true;
    }
    this.#pool.rebalance(this.#lastTurn);
  }

  #park(): void {
    if (this.#pool.open > 0) this.#keepAlive.hold();
    // A call that its worker begins may let the host see that the one before it only waits.
    const forRoom = this.#pool.queued > 0 || this.#lanes.some((lane) => lane.unbegun > 0);
    const events = forRoom ? ITEMS | ROOM : ITEMS;
    const bell = this.#lanes[0]?.bell;
    if (bell === undefined) return;
    bell.arm(events);
    this.#armed = bell;
    if (this.#pool.queued > 0) this.#pool.dispatch();
    if (this.#anyReplies()) return this.schedule();
    // Once closed, nobody would ever end this wait.
    if (this.#listening === bell || this.#closed) return;
    const wait = bell.wait(events, this.#maxBackoffMs || Infinity);
    // Rung already: who does that all the time must not keep the event loop from its turns.
    if (!bell.asleep) return this.schedule();
    this.#listening = bell;
    wait.then(() => this.#rung(bell));
  }

  #rung(bell: Doorbell): void {
    if (this.#listening !== bell) return; // that of a worker which has been replaced
    this.#listening = undefined;
    this.#lastTurn = performance.now();
    this.#round();
  }
}

const resolved = Promise.resolve();
