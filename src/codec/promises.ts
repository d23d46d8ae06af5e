/**
 * Promises of strangers: objects that throw when they are looked at, and promises whose `then` is
 * not the one they were born with. Only native promises are awaited; what merely has a `then` is data.
 *
 * @module
 */

/** Whether `value` is a native promise. Never throws. */
export function isPromise(value: unknown): value is Promise<unknown> {
  if (typeof value !== "object" || value === null) return false;
  try {
    return value instanceof Promise;
  } catch {
    return false;
  }
}

/** Calls back when `promise` settles; also if it cannot be subscribed to, with the reason. */
export function then(
  promise: Promise<unknown>,
  fulfilled: (value: unknown) => void,
  rejected: (reason: unknown) => void,
): void {
  try {
    Promise.prototype.then.call(promise, fulfilled, rejected);
  } catch (error) {
    rejected(error);
  }
}
