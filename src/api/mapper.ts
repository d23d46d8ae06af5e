/**
 * `pool.map`: checks what it is given.
 *
 * @module
 */

import { received } from "../errors.ts";
import { mapCalls } from "../pool/map_calls.ts";
import { type CallPlaces, checkSignal, fieldsOfCall, laneCount } from "./call_options.ts";
import { boolean, finite, type Given, integer } from "./checks.ts";
import type { CallOptions, MapOptions, Operable } from "./types.ts";

const ITEMS_PER_WORKER = 16;
const MAX_CONCURRENCY = 2 ** 20;

/**
 * `map` of a pool with these lanes.
 *
 * @param functions those of its tasks, which are easily taken for their calls
 */
export function mapper(
  places: CallPlaces,
  functions: ReadonlySet<unknown>,
): Operable["map"] {
  return (source, call, options) => {
    checkSource(source);
    if (typeof call !== "function") {
      throw new TypeError(`map needs a function of pool.call, received ${received(call)}`);
    }
    if (functions.has(call)) {
      throw new TypeError(
        `map needs a function of pool.call, received the task's own ${
          received(call)
        }, which would run here`,
      );
    }
    const o: Given<MapOptions> = fieldsOfCall("map options", options, [
      "concurrency",
      "ordered",
      "signal",
      "priority",
    ]);
    const byDefault = ITEMS_PER_WORKER * laneCount(places);
    const priority = finite("priority", o.priority, 0);
    return mapCalls({
      source,
      call: (item, signal) => call(item, { signal, priority } satisfies CallOptions),
      concurrency: integer("concurrency", o.concurrency, byDefault, 1, MAX_CONCURRENCY),
      ordered: boolean("ordered", o.ordered, true),
      signal: checkSignal(o.signal),
    });
  };
}

function checkSource(source: unknown): void {
  const iterable = source as Partial<Iterable<unknown> & AsyncIterable<unknown>> | null | undefined;
  if (typeof iterable?.[Symbol.asyncIterator] === "function") return;
  if (typeof iterable?.[Symbol.iterator] === "function") return;
  throw new TypeError(
    `map needs an iterable or an async iterable, received ${received(source)}`,
  );
}
