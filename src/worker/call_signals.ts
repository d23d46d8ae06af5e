/**
 * The signals of the abort-aware calls that this worker runs.
 *
 * The number of such a call is also the place of its word among the lane's signals. The host raises
 * it, says so in RAISED, and rings; the number is not used again before this worker has answered.
 *
 * @module
 */

import { CallSignal } from "../runtime/call_signal.ts";
import type { AtomicOps } from "../transport/atomic.ts";
import { RAISED } from "../transport/layout.ts";

/** Opens signals and tells them what the host has raised. */
export class CallSignals {
  readonly #words: Int32Array;
  readonly #first: number;
  readonly #atomic: AtomicOps;
  /** By call. */
  readonly #open: (CallSignal | undefined)[];
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
    return this.#open[call] = new CallSignal(this.#words, this.#first + call);
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

  /** Lets the listeners of raised signals know. */
  deliver(): void {
    // SYNC raise: pairs with "SYNC raise" in Lane.raise. RAISED is read before the signals: one that
    // is set later changes it again.
    this.#raised = this.#atomic.load(this.#words, RAISED);
    for (const signal of [...this.#open]) signal?.deliver();
  }
}
