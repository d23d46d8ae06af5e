/**
 * Sleeping on a word of shared memory without blocking: a thread of the library sleeps, and tells the
 * event loop.
 *
 * @module
 */

import { platform } from "../runtime/native_module.ts";
import { nativeLibrary } from "./library.ts";

const NS_PER_MS = 1e6;

/** What such a thread sleeps with: what `../../ffi/futex_*.c` call. */
const SLEEPS_WITH: Readonly<Record<string, string>> = {
  linux: "futex",
  darwin: "os_sync_wait_on_address",
  win32: "semaphore",
};

/** What threads of the library sleep with on this system. */
export function sleepsWith(): string {
  return SLEEPS_WITH[platform.split("-", 1)[0]!] ?? "unknown"; // not covered: only on systems that cannot sleep so
}

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
