/**
 * The work: functions that every contender runs in its workers.
 *
 * @module
 */

import process from "node:process";

/** Does nothing. */
export function noop(): void {}

/** Sends its argument back. */
export function echo(value: unknown): unknown {
  return value;
}

/** The same by way of a promise. */
export function echoLater(value: unknown): Promise<unknown> {
  return Promise.resolve(value);
}

/** Throws. */
export function fail(message: string): never {
  throw new Error(message);
}

/** Keeps the processor busy; returns the microseconds it really took. */
export function burn(us: number): number {
  const start = performance.now();
  const end = start + us / 1000;
  let now = start;
  while (now < end) now = performance.now();
  return (now - start) * 1000;
}

/** Waits for a timer; resolves to the microseconds it really took. */
export async function sleep(ms: number): Promise<number> {
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return (performance.now() - start) * 1000;
}

/** Microseconds of processor time that this process has taken so far. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Number of this process. */
export function processNumber(): number {
  return process.pid;
}
