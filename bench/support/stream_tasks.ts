import { task } from "../../task.ts";
import { items, type Wanted } from "./stream_items.ts";

/** Items as a stream. */
export const stream = task({ f: items });

/** Items as a stream, from a generator that is asynchronous. */
export const streamLater = task({
  f: async function* (wanted: Wanted) {
    yield* items(wanted);
  },
});

/** Reads a stream; how many items. */
export const drain = task({
  f: async (items: AsyncIterable<unknown>) => {
    let count = 0;
    for await (const _ of items) count++;
    return count;
  },
});
