/**
 * The operations of the transport on memory that other processes have mapped too. `Atomics` does all
 * but waking and sleeping: it knows only the threads of this process.
 *
 * @module
 */

import { type AsyncWait, type AtomicOps, atomics } from "../transport/atomic.ts";
import type { HeldMemory } from "./held_memory.ts";
import { nativeLibrary } from "./library.ts";
import { Waiter } from "./waiter.ts";

/** Operations on the words of one block of shared memory, as long as somebody has a view of it. */
export interface MappedAtomics extends AtomicOps {
  /** Ends all sleeps; later ones end at once. */
  close(): void;
}

/**
 * Operations on the words of shared memory. For views that begin where the memory begins.
 *
 * At most one sleep at a time on each word, which is all that a doorbell needs: a thread of the native
 * library stands ready for every word that was slept on.
 */
export function mappedAtomics({ address }: HeldMemory): MappedAtomics {
  const { knit_wake: wake } = nativeLibrary().call;
  const waiters = new Map<number, Waiter>();
  let closed = false;

  const waiterOf = (index: number): Waiter => {
    let waiter = waiters.get(index);
    if (waiter === undefined) {
      waiter = new Waiter(address + index * 4);
      waiters.set(index, waiter);
    }
    return waiter;
  };

  return {
    load: atomics.load,
    store: atomics.store,
    compareExchange: atomics.compareExchange,
    notify: (_, index, count = Infinity) => wake(address + index * 4, Math.min(count, 0x7fffffff)),
    waitAsync(words, index, value, timeoutMs = Infinity): AsyncWait {
      if (closed) return { async: false, value: "timed-out" }; // not covered: only if the memory is closed while somebody is about to sleep
      if (atomics.load(words, index) !== value) return { async: false, value: "not-equal" };
      const woken = waiterOf(index).wait(value, timeoutMs);
      return { async: true, value: woken.then(() => "ok" as const) };
    },
    close() {
      closed = true;
      for (const waiter of waiters.values()) waiter.close();
      waiters.clear();
    },
  };
}
