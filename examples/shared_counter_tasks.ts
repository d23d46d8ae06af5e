// The task of shared_counter.ts.

import { type Envelope, task } from "../mod.ts";
import type { ProcessSharedBuffer } from "../shared_memory.ts";

/** Counts in memory that other processes count in at the same time. */
export const count = task({
  f: ({ header, payload }: Envelope<{ times: number }, ProcessSharedBuffer>): void => {
    const counter = payload.view(Int32Array);
    // `counter[0]++` would lose what others add between reading and writing.
    for (let i = 0; i < header.times; i++) Atomics.add(counter, 0, 1);
  },
});
