import assert from "node:assert/strict";

/** A wake-up takes less than a millisecond; the limit is for what is never woken. */
const LIMIT_MS = 10_000;

/**
 * Resolves when `sleep` does; fails if it does not. Keeps the program alive meanwhile, which a
 * pending `Atomics.waitAsync` does not.
 */
export async function wakes(sleep: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => timer = setTimeout(resolve, LIMIT_MS, "late"));
  try {
    assert.notEqual(await Promise.race([sleep, late]), "late", "still asleep");
  } finally {
    clearTimeout(timer);
  }
}
