/**
 * Those who wait for something to become true of a pool.
 *
 * @module
 */

import { keepAlive } from "../runtime/threads.ts";

/** Promises that settle together. The program stays alive until they do. */
export class Waiters {
  readonly #alive = keepAlive();
  #shared: PromiseWithResolvers<void> | undefined;

  /** Whether somebody waits. */
  get any(): boolean {
    return this.#shared !== undefined;
  }

  /** Settles with the next {@linkcode resolve} or {@linkcode reject}. */
  wait(): Promise<void> {
    this.#alive.hold();
    this.#shared ??= Promise.withResolvers();
    return this.#shared.promise;
  }

  resolve(): void {
    this.#end()?.resolve();
  }

  reject(reason: unknown): void {
    this.#end()?.reject(reason);
  }

  #end(): PromiseWithResolvers<void> | undefined {
    const shared = this.#shared;
    this.#shared = undefined;
    this.#alive.close();
    return shared;
  }
}
