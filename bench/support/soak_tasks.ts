/**
 * What the workers of an operated pool run, see `soak_operated.ts`.
 *
 * @module
 */

import { task } from "../../task.ts";
import * as functions from "./functions.ts";

export const noop = task({ f: functions.noop });
export const echo = task({ f: functions.echo });
export const echoLater = task({ f: functions.echoLater });
export const fail = task({ f: functions.fail });
export const sleep = task({ f: functions.sleep });

/** Numbers from 0 on, now and then after a turn. */
export const countTo = task({
  f: async function* (limit: number) {
    for (let n = 0; n < limit; n++) {
      if (n % 100 === 99) await new Promise((resolve) => setTimeout(resolve));
      yield n;
    }
  },
});

/** How many items come, until one of them is `last`. */
export const countUntil = task({
  f: async (items: AsyncIterable<number>) => {
    let count = 0;
    for await (const item of items) {
      count++;
      if (item === LAST) break;
    }
    return count;
  },
});

/** The item that {@linkcode countUntil} stops at. */
export const LAST = 1_000;
