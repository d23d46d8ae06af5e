import process from "node:process";

/** Forces the garbage collector, which must be exposed, and lets finalizers run. */
export async function collect(): Promise<void> {
  const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(force: boolean): void } };
  if (Bun !== undefined) Bun.gc(true);
  else if (gc !== undefined) gc();
  else throw new Error("this program must be run with the garbage collector exposed");
  await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Collects until `condition` is true, or it makes no sense to go on. */
export async function collectUntil(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 200 && !condition(); round++) await collect();
}

/** What the process needs of memory, in bytes: the least of several looks, because heaps give back in steps. */
export async function leastRss(): Promise<number> {
  let least = Infinity;
  for (let look = 0; look < 20; look++) {
    await collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
    least = Math.min(least, process.memoryUsage.rss());
  }
  return least;
}
