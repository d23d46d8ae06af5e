/** Longer than a test waits for a worker to be ended. */
const LONG_MS = 12_000;

/**
 * Keeps its thread busy for so long that it has to be ended. It does end by itself: Deno 2.9 does not end
 * such a thread, and it would keep a processor from all later tests.
 */
export function spinLong(): void {
  for (const end = performance.now() + LONG_MS; performance.now() < end;);
}
