/**
 * What happens when the time of a call is up: by the limit of its task, which is the caller's and
 * interrupts nothing that runs; or by the hard limit of the pool, which ends the worker.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import { later } from "../runtime/threads.ts";
import type { CallWatch } from "./call_watch.ts";
import { Deadlines } from "./deadlines.ts";
import type { PendingCall } from "./pending_calls.ts";
import type { TaskRules, TimeoutOutcome } from "./task_rules.ts";

/** While the pool starts no waiting call runs out of time, but for no longer than this. */
const START_ALLOWANCE_MS = 5_000;

/** The limits of a pool. */
export interface TimeLimitSettings {
  /** By task. */
  readonly tasks: readonly { readonly name: string }[];
  /** What the tasks declare about their calls, by task. */
  readonly rules: readonly TaskRules[];
  /** Longest time for any call; `Infinity` for none. */
  readonly hardTimeoutMs: number;
  readonly onHardTimeout: "shutdown" | "replace";
}

/** What is done with calls whose time is up. */
export interface TimeLimitEvents {
  /** Whether the reply is there, and has come in time: then it settles the call. The same for what the reader of a stream waits for. */
  isAnswered(entry: PendingCall): boolean;
  /** Takes the call back from its lane, if it has one; false if that has begun it. */
  withdraw(entry: PendingCall): boolean;
  /** Settles the call. */
  timedOut(entry: PendingCall, outcome: TimeoutOutcome): void;
  /** A call that was taken back waits for a lane again. */
  requeue(entry: PendingCall): void;
  /** Settles the call, and ends what runs it. */
  ranOut(entry: PendingCall, error: KnittingError): void;
}

/** The deadlines of a pool's calls, and what they mean. */
export class TimeLimits {
  readonly #settings: TimeLimitSettings;
  readonly #events: TimeLimitEvents;
  readonly #soft = new Deadlines((entry) => this.#timedOut(entry));
  readonly #hard = new Deadlines((entry) => this.#timedOutHard(entry));
  /** Whether the hard limit begins again when a lane gets the call, which is to be told then. */
  readonly asksForSent: boolean;
  #started = false;
  /** Whether the hard limit of one call ends the pool: then those of others do not matter. */
  #isEnding = false;
  readonly #cancelStart: () => void;
  /** Calls made before the pool had started, and whether their time has been up meanwhile. */
  readonly #early = new Map<PendingCall, boolean>();

  constructor(settings: TimeLimitSettings, events: TimeLimitEvents) {
    this.#settings = settings;
    this.#events = events;
    this.asksForSent = settings.onHardTimeout === "replace" && settings.hardTimeoutMs !== Infinity;
    this.#cancelStart = later(START_ALLOWANCE_MS, () => this.start());
  }

  /** The pool has started: the time of calls that waited for it begins now. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#cancelStart();
    for (const [entry, wasUp] of this.#early) {
      // The time of a call that the main thread runs goes on; but it may have run out before that.
      if (entry.lane !== undefined && !wasUp) continue; // not covered: only if the main thread runs a call when the first worker is ready
      this.remove(entry);
      this.add(entry);
    }
    this.#early.clear();
  }

  /** The time of a call begins, if there is a limit. */
  add(entry: PendingCall): void {
    const watch = entry.watch!;
    if (!this.#started) this.#early.set(entry, false);
    if (watch.limit !== undefined) watch.soft = this.#soft.add(entry, watch.limit.ms);
    this.#addHard(entry, true);
  }

  #addHard(entry: PendingCall, beginsAtOnce: boolean): void {
    const { hardTimeoutMs } = this.#settings;
    if (hardTimeoutMs === Infinity) return;
    const watch = entry.watch!;
    watch.hard = this.#hard.add(entry, hardTimeoutMs);
    watch.behind = !beginsAtOnce;
  }

  #removeHard(watch: CallWatch): void {
    if (watch.hard === undefined) return;
    this.#hard.remove(watch.hard);
    watch.hard = undefined;
  }

  /**
   * A lane has got the call. Where the hard limit ends workers it is of what they run, and not of how long
   * a call has waited for one.
   */
  sent(entry: PendingCall, beginsAtOnce: boolean): void {
    const watch = entry.watch!;
    if (watch.hard === undefined) return; // a stream whose reader asks for nothing
    this.#removeHard(watch);
    this.#addHard(entry, beginsAtOnce);
  }

  /** The call has settled. */
  remove(entry: PendingCall): void {
    const watch = entry.watch!;
    if (watch.soft !== undefined) this.#soft.remove(watch.soft);
    this.#removeHard(watch);
    if (!this.#started) this.#early.delete(entry);
  }

  /** The task has returned a promise: from now on nothing is running that must not be interrupted. */
  promised(entry: PendingCall): void {
    const watch = entry.watch!;
    watch.promised = true;
    if (watch.overdue) this.#timeIsUp(entry);
  }

  /** No call can run out of time any more. */
  close(): void {
    this.#started = true;
    this.#cancelStart();
    this.#early.clear();
    this.#soft.close();
    this.#hard.close();
  }

  #timedOut(entry: PendingCall): void {
    if (this.#waitsForStart(entry)) return;
    if (!this.#events.isAnswered(entry)) this.#timeIsUp(entry);
  }

  #timeIsUp(entry: PendingCall): void {
    const watch = entry.watch!;
    if (!watch.promised) {
      // A function that is running is not interrupted: it may be about to return its result.
      watch.overdue = true;
      if (!this.#events.withdraw(entry)) return;
    }
    this.#events.timedOut(entry, watch.limit!.outcome);
  }

  #timedOutHard(entry: PendingCall): void {
    const events = this.#events;
    if (this.#isEnding || this.#waitsForStart(entry)) return;
    if (events.isAnswered(entry)) return; // not covered: only if the reply is there at the very moment
    const hadLane = entry.lane !== undefined;
    const isBegun = !events.withdraw(entry);
    const { onHardTimeout } = this.#settings;
    if (onHardTimeout === "replace") {
      // It has waited for others, maybe for the one that is to blame, and has begun only now for all that
      // is known here: it has all of its time again.
      if (isBegun && entry.watch!.behind) return this.#addHard(entry, true);
      if (!isBegun && (hadLane || entry.queued)) {
        this.#addHard(entry, true);
        if (hadLane) events.requeue(entry);
        return;
      }
    }
    this.#isEnding = onHardTimeout === "shutdown";
    events.ranOut(entry, this.#hardError(entry));
  }

  #hardError({ task, lane }: PendingCall): KnittingError {
    const { tasks, hardTimeoutMs, onHardTimeout } = this.#settings;
    const consequence = onHardTimeout === "shutdown"
      ? "; pool force-shutdown"
      : lane?.isWorker === true
      ? "; worker replaced"
      : "";
    return new KnittingError(
      "KNT_ERROR_HARD_TIMEOUT",
      `Task hard timeout after ${hardTimeoutMs}ms (${tasks[task]!.name})${consequence}`,
    );
  }

  /** Whether the call waits for the pool to start, which gives it its time again. */
  #waitsForStart(entry: PendingCall): boolean {
    if (this.#started || entry.lane !== undefined) return false;
    this.#early.set(entry, true);
    return true;
  }
}
