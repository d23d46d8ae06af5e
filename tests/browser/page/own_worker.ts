// A web worker of the page's own, and no pool's. It makes one itself.

import { createPool, isMain } from "knitting/browser";

export const cube = (n: number): number => n ** 3;

if ((globalThis as { name?: string }).name === "own") {
  const pool = createPool({})({ cube });
  const result = await pool.call.cube(3);
  await pool.shutdown();
  (globalThis as unknown as { postMessage(message: unknown): void }).postMessage({
    result,
    isMain,
  });
}
