/**
 * The signals of the abort-aware calls and of the streams that this worker runs.
 *
 * The number of such a call is also the place of its word among the lane's signals. The host changes
 * it, says so in RAISED, and rings; the number is not used again before this worker has answered.
 *
 * @module
 */

import { CallSignal } from "../runtime/call_signal.ts";
import type { AtomicOps } from "../transport/atomic.ts";
import { RAISED } from "../transport/layout.ts";

/** What looks at the word of one call. */
export interface Signalled {
  /** The word may have changed. */
  deliver(): void;
  /** The call has settled: the word is not looked at any more. */
  close(): void;
}

/** Opens signals and tells them what the host has raised. */
export class CallSignals {
  readonly #words: Int32Array;
  readonly #first: number;
  readonly #atomic: AtomicOps;
  /** By call. */
  readonly #open: (Signalled | undefined)[];
  #raised = 0;

  /**
   * @param first index of the first signal's word
   * @param count how many there are
   */
  constructor(words: Int32Array, first: number, count: number, atomic: AtomicOps) {
    this.#words = words;
    this.#first = first;
    this.#atomic = atomic;
    this.#open = new Array(count).fill(undefined);
  }

  /** The signal of a call that starts. */
  open(call: number): CallSignal {
    const signal = new CallSignal(this.#words, this.#first + call);
    this.#open[call] = signal;
    return signal;
  }

  /** Lets something else look at the word of a call, instead of its signal. */
  replace(call: number, signalled: Signalled): void {
    this.#open[call] = signalled;
  }

  /** The word of a call. */
  wordOf(call: number): number {
    // SYNC raise: pairs with "SYNC raise" in Lane.#signal. Nothing else is read after it, so it may be late.
    return this.#atomic.load(this.#words, this.#first + call);
  }

  /** The call has settled. */
  close(call: number): void {
    this.#open[call]!.close();
    this.#open[call] = undefined;
  }

  /** Whether the host has raised signals since {@linkcode deliver}. */
  get changed(): boolean {
    return this.#atomic.load(this.#words, RAISED) !== this.#raised;
  }

  /** Lets those that are open look at their words. */
  deliver(): void {
    // SYNC raise: pairs with "SYNC raise" in Lane.#signal. RAISED is read before the signals: one that
    // is set later changes it again.
    this.#raised = this.#atomic.load(this.#words, RAISED);
    for (const signal of [...this.#open]) signal?.deliver();
  }
}
