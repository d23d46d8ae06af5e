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

import { cores, keepAlive, nextTurn } from "../runtime/threads.ts";
import type { AtomicOps } from "../transport/atomic.ts";
import { Doorbell, ITEMS, ROOM } from "../transport/doorbell.ts";
import { HOST_BELL } from "../transport/layout.ts";
import { Patience } from "../transport/patience.ts";
import type { Lane } from "./lane.ts";

/** Longest time without a turn of the event loop. */
const TURN_MS = 1;
/** The clock is read once in so many rounds. */
const ROUNDS_PER_CLOCK = 64;
/** Looking for replies pays only for tasks that take less than this. */
const MAX_SPIN_MS = 0.05;

/** What the dispatcher drives. */
export interface Dispatched {
  readonly lanes: readonly Lane[];
  /** Sends queued calls as far as lanes take them, and publishes. */
  dispatch(): void;
  /** Takes all replies that are there; how many. */
  takeReplies(): number;
  /** Calls that wait for a lane. */
  readonly queued: number;
  /** Calls that have not settled. */
  readonly pending: number;
}

/** The host's side of all lanes of one pool. */
export class Dispatcher {
  readonly #pool: Dispatched;
  readonly #bell: Doorbell;
  readonly #keepAlive = keepAlive();
  readonly #patience = new Patience(MAX_SPIN_MS);
  #scheduled = false;
  #armed = false;
  #listening = false;
  #rounds = 0;
  #lastTurn = 0;

  /** @param words the host's own block of shared memory */
  constructor(pool: Dispatched, words: Int32Array, atomic: AtomicOps) {
    this.#pool = pool;
    this.#bell = new Doorbell(words, HOST_BELL, atomic);
  }

  /** Publishes and looks for replies soon, at the end of the microtask. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    resolved.then(this.#round);
  }

  /** Lets the program end; nothing will be in flight any more. */
  close(): void {
    this.#keepAlive.close();
  }

  readonly #round = (): void => {
    this.#scheduled = false;
    const pool = this.#pool;
    if (this.#armed) {
      this.#armed = false;
      this.#bell.disarm();
    }
    pool.dispatch();
    if (this.#turnIsDue()) {
      this.#scheduled = true;
      return nextTurn(this.#round);
    }
    let taken = pool.takeReplies();
    if (taken === 0 && this.#look()) taken = pool.takeReplies();
    if (pool.pending === 0) this.#keepAlive.release();
    else if (taken === 0) this.#park();
    else this.schedule();
  };

  #turnIsDue(): boolean {
    if (++this.#rounds % ROUNDS_PER_CLOCK !== 0) return false;
    const now = performance.now();
    if (now - this.#lastTurn < TURN_MS) return false;
    this.#lastTurn = now;
    return true;
  }

  /** Looks for replies for a short while; whether some came. */
  #look(): boolean {
    return this.#patience.look(this.#anyReplies, this.#spinMs());
  }

  /**
   * How long to look: not at all if tasks take long, or if the workers that are busy need every
   * processor; otherwise somewhat longer than the fastest lane should take.
   */
  #spinMs(): number {
    let busy = 0;
    let soonest = Infinity;
    for (const lane of this.#pool.lanes) {
      if (lane.inFlight === 0) continue;
      busy++;
      soonest = Math.min(soonest, lane.pace / 1e6);
    }
    if (busy === 0 || busy >= cores || soonest > MAX_SPIN_MS) return 0;
    return Math.min(MAX_SPIN_MS, 0.02 + 2 * soonest);
  }

  readonly #anyReplies = (): boolean => {
    const { lanes } = this.#pool;
    for (let i = 0; i < lanes.length; i++) if (lanes[i]!.hasReplies()) return true;
    return false;
  };

  #park(): void {
    this.#keepAlive.hold();
    for (const lane of this.#pool.lanes) lane.late = lane.inFlight > 0;
    const events = this.#pool.queued > 0 ? ITEMS | ROOM : ITEMS;
    this.#bell.arm(events);
    this.#armed = true;
    if (this.#pool.queued > 0) this.#pool.dispatch();
    if (this.#anyReplies()) return this.schedule();
    if (this.#listening) return;
    this.#listening = true;
    this.#bell.wait(events).then(this.#rung);
  }

  readonly #rung = (): void => {
    this.#listening = false;
    this.#lastTurn = performance.now();
    this.#round();
  };
}

const resolved = Promise.resolve();
