/** Lets `body` set what `performance.now()` says. */
export async function withClock(body: (clock: Clock) => void | Promise<void>): Promise<void> {
  const { now } = performance;
  const clock: Clock = { ms: 0, reads: 0 };
  performance.now = () => {
    clock.reads++;
    return clock.ms;
  };
  try {
    await body(clock);
  } finally {
    performance.now = now;
  }
}

export interface Clock {
  /** What it says. */
  ms: number;
  /** How often it was looked at. */
  reads: number;
}
