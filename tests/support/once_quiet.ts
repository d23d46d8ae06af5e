const MOST_TRIES = 5;

/**
 * Runs `body` until it passes, a few times at most. For what has to be done in a time that the machine takes
 * part in: one that is busy with other things keeps a program waiting now and then, but what the library
 * itself delays it delays each time.
 */
export async function onceQuiet(body: () => Promise<void>): Promise<void> {
  for (let tries = 1; tries < MOST_TRIES; tries++) {
    try {
      return await body();
    } catch {
      // The next try, or the last one, says what it was.
    }
  }
  await body();
}
