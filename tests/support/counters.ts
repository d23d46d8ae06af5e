/**
 * Counters that start near the point where 32 bits wrap, which would take 2^31 steps to reach.
 *
 * @module
 */

import { SLOT_CALL, SLOT_WORDS, WITHDRAWN } from "../../src/transport/layout.ts";
import { IMPOSSIBLE, NO_ROOM, RingConsumer, RingProducer } from "../../src/transport/ring.ts";
import { ProtocolViolation } from "../../src/transport/violation.ts";

/** What the classes need of their module. */
const OUTSIDE = {
  SLOT_CALL,
  SLOT_WORDS,
  WITHDRAWN,
  NO_ROOM,
  IMPOSSIBLE,
  HELD: 1,
  ProtocolViolation,
};

/** The real ring classes, from their own source, but for the number at which counting starts. */
export function ringStartingAt(start: number): {
  RingProducer: typeof RingProducer;
  RingConsumer: typeof RingConsumer;
} {
  const startingAt = <T>(ringClass: T): T => {
    const source = String(ringClass);
    const changed = source.replaceAll(/(#taken|#published|filled) = 0;/g, `$1 = ${start};`)
      .replaceAll("#begun = 0;", `#begun = ${start << 1};`);
    if (changed === source) {
      throw new Error("the counters are not where this helper looks for them");
    }
    const names = Object.keys(OUTSIDE);
    return new Function(...names, `return ${changed}`)(...Object.values(OUTSIDE)) as T;
  };
  return { RingProducer: startingAt(RingProducer), RingConsumer: startingAt(RingConsumer) };
}
