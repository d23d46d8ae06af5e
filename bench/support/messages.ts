/**
 * What a child process of `scripts/bench.ts` says, one JSON text a line.
 *
 * @module
 */

import type { Outcome } from "./measure.ts";

/** One cell, with all contenders; the first is what the others are compared with. */
export interface CellResult {
  readonly question: string;
  readonly group: string;
  readonly cell: string;
  readonly unit: string;
  readonly ideal: number | undefined;
  readonly outcomes: readonly Outcome[];
}

/** A line. */
export type BenchMessage =
  | { readonly kind: "begin"; readonly asks: string; readonly cells: number }
  /** It does this now; if nothing follows, this is what hangs. */
  | { readonly kind: "step"; readonly cell: string; readonly contender: string }
  | { readonly kind: "result"; readonly result: CellResult }
  /** One cell is through. */
  | { readonly kind: "done" };
