/**
 * The diagnostics logger: one line each to standard error, `[w0·node·+12.3ms] imports: ...`.
 * Loaded only when something is to be logged.
 *
 * @module
 */

import { runtime } from "./current.ts";
import type { DebugLog, DebugNamespaces } from "./debug.ts";
import { writeErrorLine } from "./threads.ts";

/** @param who `host`, or `w0`, `w1`, ... */
export function createDebugLog(who: string, on: DebugNamespaces): DebugLog {
  const start = performance.now();
  return {
    on,
    line(namespace, text) {
      if (!on[namespace]) return;
      const elapsed = (performance.now() - start).toFixed(1);
      writeErrorLine(`[${who}·${runtime.name}·+${elapsed}ms] ${namespace}: ${text}`);
    },
  };
}
