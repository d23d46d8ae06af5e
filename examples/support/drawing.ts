// Drawings made of text.

import process from "node:process";

const FRAME_MS = 40;

export interface LiveDrawing {
  /** Replaces the drawing, unless that was done a moment ago. */
  show(lines: () => readonly string[]): void;
  /** Takes the drawing away. */
  end(): void;
}

/** A drawing on standard error that changes; only on a terminal. */
export function liveDrawing(): LiveDrawing {
  let height = 0;
  let next = 0;
  // Up to where the last drawing began, and nothing from there on.
  const clear = (): string => height > 0 ? `\x1b[${height}A\x1b[J` : "";
  return {
    show(lines) {
      if (!process.stderr.isTTY || performance.now() < next) return;
      const drawn = lines();
      process.stderr.write(clear() + drawn.map((line) => line + "\n").join(""));
      height = drawn.length;
      next = performance.now() + FRAME_MS;
    },
    end: () => void process.stderr.write(clear()),
  };
}

const ROWS = 15;
const COLUMNS = 64;

/** Plots values from left to right, with room for `total` of them, around a line that is at `target`. */
export function plotAround(target: number, values: readonly number[], total: number): string[] {
  const reach = Math.max(1e-9, ...values.map((value) => Math.abs(value - target)));
  const grid = Array.from({ length: ROWS }, () => Array<string>(COLUMNS).fill(" "));
  grid[(ROWS - 1) / 2]!.fill("─");
  for (let column = 0; column < COLUMNS; column++) {
    const value = values[Math.floor(column * total / COLUMNS)];
    if (value === undefined) break;
    const row = Math.round((1 - (value - target) / reach) / 2 * (ROWS - 1));
    grid[row]![column] = "●";
  }
  const labels = new Map([[0, target + reach], [(ROWS - 1) / 2, target], [
    ROWS - 1,
    target - reach,
  ]]);
  return grid.map((cells, row) =>
    `${(labels.get(row)?.toFixed(6) ?? "").padStart(10)} ${cells.join("")}`.trimEnd()
  );
}
