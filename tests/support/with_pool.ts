import { createPool, type Options, type Pool, type TaskLike } from "../../mod.ts";

/** A body that takes longer hangs. */
const LIMIT_MS = 30_000;

/** Runs `body` with a pool of `tasks`, and shuts it down whatever happens. */
export function withPool<const T extends Readonly<Record<string, TaskLike>>>(
  tasks: T,
  options: Options,
  body: (pool: Pool<T>) => Promise<void>,
): Promise<void> {
  return usePool(createPool(options)(tasks), body);
}

/** The same with a pool made elsewhere. */
export async function usePool<P extends { shutdown(): Promise<void> }>(
  pool: P,
  body: (pool: P) => Promise<void>,
): Promise<void> {
  try {
    await inTime("the body of the test", body(pool), LIMIT_MS);
  } finally {
    await inTime("shutdown", pool.shutdown(), LIMIT_MS);
  }
}

/** The outcome of `promise`, or an error if it has none within `limitMs`. */
export async function inTime<T>(
  what: string,
  promise: Promise<T>,
  limitMs: number = 10_000,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took more than ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
