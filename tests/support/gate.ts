/**
 * Memory that tests share with workers of either kind: how often something happened, and whether those
 * who wait may go on.
 *
 * @module
 */

import { ProcessSharedBuffer } from "../../shared_memory.ts";

const pause = new Int32Array(new SharedArrayBuffer(4));

/** Made by the test; a task makes another one of the memory that it is passed. */
export class Gate {
  readonly memory: ProcessSharedBuffer;
  readonly #words: Int32Array;

  constructor(memory: ProcessSharedBuffer = ProcessSharedBuffer.create(64)) {
    this.memory = memory;
    this.#words = memory.view(Int32Array);
  }

  /** How often {@linkcode arrive} was called. */
  get arrived(): number {
    return Atomics.load(this.#words, 0);
  }

  /** One more has come; how many there are. */
  arrive(): number {
    return Atomics.add(this.#words, 0, 1) + 1;
  }

  get isOpen(): boolean {
    return Atomics.load(this.#words, 1) !== 0;
  }

  /** Lets those go on who wait. */
  open(): void {
    Atomics.store(this.#words, 1, 1);
  }

  /** A number for the other side. */
  get note(): number {
    return Atomics.load(this.#words, 2);
  }

  set note(note: number) {
    Atomics.store(this.#words, 2, note);
  }

  /** Keeps this thread from everything else until the gate is open. */
  block(): void {
    while (!this.isOpen) Atomics.wait(pause, 0, 0, 1);
  }

  /** Waits, and leaves the event loop free. */
  async wait(): Promise<void> {
    while (!this.isOpen) await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
