/**
 * What may settle a call before its reply comes: time limits, and an `AbortSignal` of the caller's.
 *
 * @module
 */

import { type Deadline, Deadlines } from "./deadlines.ts";
import type { PendingCall } from "./pending_calls.ts";
import type { TimeLimit } from "./task_rules.ts";

/** What may settle one call early. */
export class CallWatch {
  /** The limit of its task, and when it ends. */
  readonly limit: TimeLimit | undefined;
  soft: Deadline | undefined = undefined;
  /** When `worker.hardTimeoutMs` ends. */
  hard: Deadline | undefined = undefined;
  readonly signal: AbortSignal | undefined;
  /** Whether its task has returned a promise. */
  waiting = false;
  /** Whether its time is up, while its task is running and cannot be asked. */
  overdue = false;

  constructor(limit: TimeLimit | undefined, signal: AbortSignal | undefined) {
    this.limit = limit;
    this.signal = signal;
  }
}

/** What a pool does when a watched call's time has come. */
export interface WatchEvents {
  /** The limit of its task has ended. */
  timedOut(entry: PendingCall): void;
  /** `worker.hardTimeoutMs` has ended. */
  timedOutHard(entry: PendingCall): void;
  /** The caller's signal was aborted. */
  aborted(entry: PendingCall, signal: AbortSignal): void;
}

/** Watches calls. */
export class CallWatches {
  readonly #soft: Deadlines;
  readonly #hard: Deadlines;
  readonly #hardMs: number;
  readonly #signals: AbortListeners;

  /** @param hardMs limit of every call; `Infinity` for none */
  constructor(hardMs: number, events: WatchEvents) {
    this.#hardMs = hardMs;
    this.#soft = new Deadlines((entry) => events.timedOut(entry));
    this.#hard = new Deadlines((entry) => events.timedOutHard(entry));
    this.#signals = new AbortListeners((entry, signal) => events.aborted(entry, signal));
  }

  /** Starts to watch a call that has just been made. */
  start(entry: PendingCall, limit: TimeLimit | undefined, signal: AbortSignal | undefined): void {
    const watch = entry.watch = new CallWatch(limit, signal);
    if (limit !== undefined) watch.soft = this.#soft.add(entry, limit.ms);
    if (this.#hardMs !== Infinity) watch.hard = this.#hard.add(entry, this.#hardMs);
    if (signal !== undefined) this.#signals.add(signal, entry);
  }

  /** Gives a call the time of its task's limit once more. */
  restartSoft(entry: PendingCall): void {
    const watch = entry.watch!;
    watch.soft = this.#soft.add(entry, watch.limit!.ms);
  }

  /** Gives a call the time of the hard limit once more. */
  restartHard(entry: PendingCall): void {
    entry.watch!.hard = this.#hard.add(entry, this.#hardMs);
  }

  /** The call has settled. */
  stop(entry: PendingCall): void {
    const watch = entry.watch!;
    if (watch.soft !== undefined) this.#soft.remove(watch.soft);
    if (watch.hard !== undefined) this.#hard.remove(watch.hard);
    if (watch.signal !== undefined) this.#signals.remove(watch.signal, entry);
    entry.watch = undefined;
  }

  /** No call is watched any more. */
  close(): void {
    this.#soft.close();
    this.#hard.close();
  }
}

/**
 * One listener for each signal, however many calls it is given to: runtimes warn of many listeners,
 * and removing one of them takes as long as there are others.
 */
class AbortListeners {
  readonly #aborted: (entry: PendingCall, signal: AbortSignal) => void;
  readonly #calls = new Map<AbortSignal, Set<PendingCall>>();

  constructor(aborted: (entry: PendingCall, signal: AbortSignal) => void) {
    this.#aborted = aborted;
  }

  add(signal: AbortSignal, entry: PendingCall): void {
    let calls = this.#calls.get(signal);
    if (calls === undefined) {
      this.#calls.set(signal, calls = new Set());
      signal.addEventListener("abort", this.#listener);
    }
    calls.add(entry);
  }

  remove(signal: AbortSignal, entry: PendingCall): void {
    const calls = this.#calls.get(signal)!;
    calls.delete(entry);
    if (calls.size > 0) return;
    this.#calls.delete(signal);
    signal.removeEventListener("abort", this.#listener);
  }

  readonly #listener = (event: Event): void => {
    const signal = event.currentTarget as AbortSignal;
    const calls = this.#calls.get(signal);
    if (calls === undefined || !signal.aborted) return; // an event that someone made up
    // Settling one call may settle others.
    for (const entry of [...calls]) if (calls.has(entry)) this.#aborted(entry, signal);
  };
}
