/**
 * The second argument of an abort-aware task: a real `AbortSignal` that also looks into shared
 * memory, so that a loop which never lets go of its thread sees that it is aborted.
 *
 * @module
 */

import { atomics } from "../transport/atomic.ts";

/**
 * What an abort-aware task gets as its second argument: an `AbortSignal`, for `fetch` and the like,
 * that can also be asked in a loop which never gives the event loop a turn.
 *
 * @example
 * ```ts
 * import { task } from "@vixeny/knitting";
 *
 * export const count = task({
 *   abortSignal: true,
 *   f: (limit: number, signal) => {
 *     let n = 0;
 *     while (n < limit && !signal.hasAborted()) n++;
 *     return n;
 *   },
 * });
 * ```
 */
export interface AbortToolkit extends AbortSignal {
  /** Whether the caller wants the task to stop; `aborted` says the same. */
  hasAborted(): boolean;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
}

/** The library's end of a {@linkcode AbortToolkit}. */
export interface CallSignal {
  /** What the task holds. */
  readonly toolkit: AbortToolkit;
  /** Tells the listeners, if the call was aborted and they do not know. */
  deliver(): void;
  /** The call has settled: from here on the signal stays as it is, whatever its word is used for. */
  close(): void;
}

/** Makes the signal of a call from the word that is not 0 once the call is aborted. */
export function openSignal(words: Int32Array, index: number): CallSignal {
  const controller = new AbortController();
  const toolkit = Object.setPrototypeOf(controller.signal, prototype) as Toolkit;
  const state = toolkit[STATE] = new State(words, index, controller, toolkit);
  state.deliver();
  return state;
}

class State implements CallSignal {
  readonly toolkit: AbortToolkit;
  readonly #controller: AbortController;
  readonly #words: Int32Array;
  readonly #index: number;
  /** What it stays at, once closed. */
  #final: boolean | undefined = undefined;
  #delivered = false;
  #delivering = false;
  #reason: unknown = undefined;

  constructor(
    words: Int32Array,
    index: number,
    controller: AbortController,
    toolkit: AbortToolkit,
  ) {
    this.#words = words;
    this.#index = index;
    this.#controller = controller;
    this.toolkit = toolkit;
  }

  get aborted(): boolean {
    // A controller asks whether its signal is aborted already, and then does nothing.
    if (this.#delivering) return nativeAborted.call(this.toolkit);
    return this.#final ?? atomics.load(this.#words, this.#index) !== 0;
  }

  get reason(): unknown {
    if (!this.aborted) return undefined;
    return this.#reason ??= new DOMException("The call was aborted", "AbortError");
  }

  deliver(): void {
    if (this.#delivered || !this.aborted) return;
    this.#delivered = true;
    const { reason } = this;
    this.#delivering = true;
    try {
      this.#controller.abort(reason);
    } finally {
      this.#delivering = false;
    }
  }

  close(): void {
    this.#final = this.aborted;
  }
}

const STATE: unique symbol = Symbol("knitting.callSignal");

interface Toolkit extends AbortToolkit {
  [STATE]: State;
}

const now = performance.now.bind(performance);
const nativeAborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")!.get!;

/** Between the object and `AbortSignal.prototype`: what has to look into shared memory. */
const prototype: object = Object.create(AbortSignal.prototype, {
  hasAborted: {
    value(this: Toolkit): boolean {
      return this[STATE].aborted;
    },
  },
  now: { value: now },
  aborted: {
    get(this: Toolkit): boolean {
      return this[STATE].aborted;
    },
  },
  reason: {
    get(this: Toolkit): unknown {
      return this[STATE].reason;
    },
  },
  throwIfAborted: {
    value(this: Toolkit): void {
      if (this[STATE].aborted) throw this[STATE].reason;
    },
  },
});
