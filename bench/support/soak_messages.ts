/**
 * What a child process of `scripts/soak.ts` says, one JSON text a line.
 *
 * @module
 */

import type { MemoryTrend } from "./memory_log.ts";

/** What a phase found. */
export interface PhaseReport {
  readonly phase: string;
  readonly calls: number;
  readonly seconds: number;
  /** Answers that were not right. */
  readonly wrong: number;
  /** Calls that took far too long, or never settled: a wake-up was lost. */
  readonly lost: number;
  /** Microseconds from issue to answer; a call waits for those issued with it. */
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
  readonly memory: MemoryTrend;
}

/** A line. */
export type SoakMessage =
  | {
    readonly kind: "progress";
    readonly phase: string;
    readonly done: number;
    readonly of: number;
  }
  | { readonly kind: "trouble"; readonly text: string }
  | { readonly kind: "phase"; readonly report: PhaseReport };
