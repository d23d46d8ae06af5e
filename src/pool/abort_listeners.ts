/**
 * The signals that callers gave to their calls.
 *
 * @module
 */

import type { PendingCall } from "./pending_calls.ts";

/**
 * One listener for each signal, however many calls it is given to: runtimes warn of many listeners,
 * and removing one of them takes as long as there are others.
 */
export class AbortListeners {
  readonly #aborted: (entry: PendingCall, signal: AbortSignal) => void;
  readonly #calls = new Map<AbortSignal, Set<PendingCall>>();

  /** @param aborted called for each call of a signal that was aborted */
  constructor(aborted: (entry: PendingCall, signal: AbortSignal) => void) {
    this.#aborted = aborted;
  }

  /** The call settles when the signal is aborted. */
  add(signal: AbortSignal, entry: PendingCall): void {
    let calls = this.#calls.get(signal);
    if (calls === undefined) {
      this.#calls.set(signal, calls = new Set());
      signal.addEventListener("abort", this.#listener);
    }
    calls.add(entry);
  }

  /** The call has settled. */
  remove(signal: AbortSignal, entry: PendingCall): void {
    const calls = this.#calls.get(signal)!;
    calls.delete(entry);
    if (calls.size > 0) return;
    this.#calls.delete(signal);
    signal.removeEventListener("abort", this.#listener);
  }

  readonly #listener = (event: Event): void => {
    // Not `currentTarget`, which on Node all listeners but the first find to be null.
    const signal = event.target as AbortSignal;
    const calls = this.#calls.get(signal);
    if (calls === undefined || !signal.aborted) return; // an event that someone made up
    // Settling one call may settle others.
    for (const entry of [...calls]) if (calls.has(entry)) this.#aborted(entry, signal);
  };
}
