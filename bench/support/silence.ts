/**
 * Calls that come after a silence.
 *
 * @module
 */

import { setTimeout as silence } from "node:timers/promises";
import type { CellOptions, Measured } from "./question.ts";

/** Most of a round is silence. */
export const SPARSE: CellOptions = { slow: true, roundMs: 1000, least: 30 };

/** Microseconds that `work` takes after `gapMs` milliseconds, but for those of its own that it resolves to. */
export function afterSilence(gapMs: number, work: () => Promise<unknown>): Measured {
  return {
    async sample(clock) {
      await silence(gapMs);
      clock.start();
      const start = performance.now();
      const own = await work() as number | undefined;
      const elapsed = (performance.now() - start) * 1000;
      clock.end();
      return elapsed - (own ?? 0);
    },
  };
}
