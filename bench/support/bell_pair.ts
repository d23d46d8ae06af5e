/**
 * Two doorbells in shared memory, and a number beside each of them.
 *
 * @module
 */

import { NativeMapping } from "../../src/memory/native_primitives.ts";
import type { ProcessSharedBuffer } from "../../src/memory/process_shared_buffer.ts";
import { mappedAtomics } from "../../src/native/mapped_atomics.ts";
import { Doorbell, ITEMS, ring } from "../../src/transport/doorbell.ts";

/** Bytes that a pair needs. */
export const PAIR_BYTES = 512;
/** First word of each side: its doorbell, and after it what it says. */
const PLACES = { near: 0, far: 64 } as const;
const SAID = 32;

/** One side's end. It never looks before it sleeps. */
export function bellPair(memory: ProcessSharedBuffer, side: "near" | "far") {
  const { mapping } = memory.descriptor;
  if (!(mapping instanceof NativeMapping)) throw new Error("the memory is not mapped");
  const atomic = mappedAtomics(mapping.held);
  const words = memory.view(Int32Array);
  const own = PLACES[side];
  const other = PLACES[side === "near" ? "far" : "near"];
  const bell = new Doorbell(words, own, atomic);
  return {
    /** Says a number and rings. */
    say(number: number): void {
      atomic.store(words, own + SAID, number);
      ring(words, other, ITEMS, atomic);
    },
    /** Resolves when the other side has said `number`. */
    async heard(number: number): Promise<void> {
      for (;;) {
        bell.arm(ITEMS);
        if (atomic.load(words, other + SAID) === number) return bell.disarm();
        await bell.wait(ITEMS);
        bell.disarm();
      }
    },
    close: () => atomic.close(),
  };
}
