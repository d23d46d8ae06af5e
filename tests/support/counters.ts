/**
 * Counters that start near the point where 32 bits wrap, which would take 2^31 steps to reach.
 *
 * @module
 */

import { SLOT_WORDS } from "../../src/transport/layout.ts";
import { NO_ROOM, RingConsumer, RingProducer } from "../../src/transport/ring.ts";

/** The real ring classes, from their own source, but for the number at which counting starts. */
export function ringStartingAt(start: number): {
  RingProducer: typeof RingProducer;
  RingConsumer: typeof RingConsumer;
} {
  const startingAt = <T>(ringClass: T): T => {
    const source = String(ringClass);
    const changed = source.replaceAll(/(#taken|#published|filled) = 0;/g, `$1 = ${start};`);
    if (changed === source) {
      throw new Error("the counters are not where this helper looks for them");
    }
    return new Function("SLOT_WORDS", "NO_ROOM", `return ${changed}`)(SLOT_WORDS, NO_ROOM) as T;
  };
  return { RingProducer: startingAt(RingProducer), RingConsumer: startingAt(RingConsumer) };
}
