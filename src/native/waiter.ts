/**
 * Sleeping on a word of shared memory without blocking: a thread of the library sleeps, and tells the
 * event loop.
 *
 * @module
 */

import { nativeLibrary } from "./library.ts";

const NS_PER_MS = 1e6;

/** Sleeps on one word, once at a time. It does not keep the program alive. */
export class Waiter {
  readonly #waiter: number;
  #resolve: (() => void) | undefined;

  /** @param address of the word; its memory stays as long as this is open */
  constructor(address: number) {
    this.#waiter = nativeLibrary().openWaiter(address, () => this.#woken());
  }

  /**
   * Resolves when the word is woken, if it is `expected` at first; or when it is not, or the time is
   * up. Only one at a time.
   */
  wait(expected: number, mostMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      // A negative one would be no limit to the library, and is one that is over.
      const limitNs = mostMs === Infinity ? -1 : Math.ceil(Math.max(0, mostMs) * NS_PER_MS);
      nativeLibrary().wait(this.#waiter, expected, limitNs);
    });
  }

  #woken(): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.();
  }

  /** Ends the thread. Who waits is let go. Nothing may be asked of it afterwards. */
  close(): void {
    nativeLibrary().closeWaiter(this.#waiter);
    this.#woken();
  }
}
