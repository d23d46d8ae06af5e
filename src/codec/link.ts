/**
 * What a lane is made of, as one side has it: where it lies, what goes beside it, and how its words
 * are worked on. Threads and processes differ in nothing else.
 *
 * @module
 */

import type { AtomicOps } from "../transport/atomic.ts";
import type { Attachments } from "./attachments.ts";
import type { Memory } from "./memory.ts";

/** One side's end of a lane. */
export interface LaneLink {
  readonly memory: Memory;
  readonly attachments: Attachments;
  readonly atomic: AtomicOps;
}
