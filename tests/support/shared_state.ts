/** What tasks and tests tell each other in shared memory while a call runs. */
export class SharedState {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  /** How often something has started. */
  get started(): number {
    return Atomics.load(this.#words, 0);
  }

  /** Counts one more start; how many there are. */
  start(): number {
    return Atomics.add(this.#words, 0, 1) + 1;
  }

  get released(): boolean {
    return Atomics.load(this.#words, 1) !== 0;
  }

  /** Lets those go on who wait for it, spinning or with {@linkcode whenReleased}. */
  release(): void {
    Atomics.store(this.#words, 1, 1);
    Atomics.notify(this.#words, 1);
  }

  /** Resolves when released; one waiter serves all that wait on this object. */
  whenReleased(): Promise<unknown> {
    return this.#waiter ??= this.#wait();
  }

  #waiter: Promise<unknown> | undefined;

  async #wait(): Promise<void> {
    while (!this.released) await Atomics.waitAsync(this.#words, 1, 0).value;
  }
}
