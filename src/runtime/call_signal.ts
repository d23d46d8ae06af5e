/**
 * The second argument of an abort-aware task: a real `AbortSignal` that also looks into shared
 * memory, so that a loop which never lets go of its thread sees that it is aborted.
 *
 * Making one must cost little more than a call (`bench/stopping_bench.ts`). Properties of its own that
 * are functions are cheap; accessors, or another prototype, cost many times as much. So it is the
 * prototype of all signals that knows the way to shared memory, in workers only.
 *
 * @module
 */

import { atomics } from "../transport/atomic.ts";
import { ABORTED } from "../transport/layout.ts";

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

/** The library's end of a {@linkcode AbortToolkit}, kept by the signal itself. */
export class CallSignal {
  /** What the task holds. */
  readonly toolkit: AbortToolkit;
  readonly controller: AbortController;
  readonly words: Int32Array;
  readonly index: number;
  /** What it stays at, once closed. */
  final: boolean | undefined = undefined;
  delivered = false;
  /** While the controller tells the listeners; it asks its signal whether that has been done already. */
  delivering = false;
  knownReason: unknown = undefined;

  /** The signal of a call: aborted once the word says so. */
  constructor(words: Int32Array, index: number) {
    this.words = words;
    this.index = index;
    this.controller = new AbortController();
    const toolkit = this.controller.signal as Toolkit;
    toolkit[STATE] = this;
    toolkit.hasAborted = hasAborted;
    toolkit.now = now;
    this.toolkit = toolkit;
    if (this.aborted) this.deliver();
  }

  get aborted(): boolean {
    // SYNC raise: pairs with "SYNC raise" in Lane.#signal. Nothing else is read after it, so it may be late.
    return this.final ?? (atomics.load(this.words, this.index) & ABORTED) !== 0;
  }

  get reason(): unknown {
    if (!this.aborted) return undefined;
    return this.knownReason ??= new DOMException("The call was aborted", "AbortError");
  }

  /** Tells the listeners, if the call was aborted and they do not know. */
  deliver(): void {
    if (this.delivered || !this.aborted) return;
    this.delivered = true;
    const { reason } = this;
    this.delivering = true;
    try {
      this.controller.abort(reason);
    } finally {
      this.delivering = false;
    }
  }

  /** The call has settled: from here on the signal stays as it is, whatever its word is used for. */
  close(): void {
    this.final = this.aborted;
  }
}

const STATE: unique symbol = Symbol("knitting.callSignal");

interface Toolkit extends AbortToolkit {
  [STATE]?: CallSignal;
}

const now = performance.now.bind(performance);

function hasAborted(this: Toolkit): boolean {
  return this[STATE]!.aborted;
}

/**
 * Lets `aborted`, `reason` and `throwIfAborted` of call signals look into shared memory, without the
 * event loop. Other signals stay as they are. Once, in a worker with abort-aware tasks.
 */
export function letSignalsLook(): void {
  const { prototype } = AbortSignal;
  const native = Object.getOwnPropertyDescriptors(prototype);
  /** The state of a call's signal, unless the runtime's own answer is wanted. */
  const stateOf = (signal: Toolkit): CallSignal | undefined => {
    const state = signal[STATE];
    return state?.delivering === true ? undefined : state;
  };
  Object.defineProperties(prototype, {
    aborted: {
      ...native.aborted,
      get(this: Toolkit): boolean {
        const state = stateOf(this);
        return state === undefined ? native.aborted.get!.call(this) : state.aborted;
      },
    },
    reason: {
      ...native.reason,
      get(this: Toolkit): unknown {
        const state = stateOf(this);
        return state === undefined ? native.reason.get!.call(this) : state.reason;
      },
    },
    throwIfAborted: {
      ...native.throwIfAborted,
      value(this: Toolkit): void {
        const state = stateOf(this);
        if (state === undefined) native.throwIfAborted.value!.call(this);
        else if (state.aborted) throw state.reason;
      },
    },
  });
}
