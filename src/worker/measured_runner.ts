/**
 * A task runner that tells how large the heap is, in pools that replace workers for it.
 *
 * @module
 */

import { heapBytes } from "../runtime/threads.ts";
import type { AtomicOps } from "../transport/atomic.ts";
import { HEAP } from "../transport/layout.ts";
import { TaskRunner } from "./task_runner.ts";

/** The heap is measured no more often than this: to ask the runtime takes about 10 us. */
const MEASURE_MS = 10;

/** Measures the heap after calls. */
export class MeasuredRunner extends TaskRunner {
  readonly #lane: Int32Array;
  readonly #atomic: AtomicOps;
  #measured = -Infinity;

  constructor(atomic: AtomicOps, ...parts: ConstructorParameters<typeof TaskRunner>) {
    super(...parts);
    this.#lane = parts[2];
    this.#atomic = atomic;
  }

  /** Measures nothing; for pools that do not ask for it. */
  protected leaveHeapAlone(): void {
    this.#measured = Infinity;
  }

  override flush(): void {
    super.flush();
    if (this.#measured === Infinity) return; // a clock takes longer to read than all of this
    const now = performance.now();
    if (now - this.#measured < MEASURE_MS) return;
    this.#measured = now;
    // A hint, like the pace of the worker: nothing hangs on when it is seen.
    this.#atomic.store(this.#lane, HEAP, Math.min(heapBytes() / 1024, 0x7fffffff));
  }
}
