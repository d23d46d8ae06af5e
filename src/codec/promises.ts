/**
 * Promises of strangers: objects that throw when they are looked at, and promises whose `then` is
 * not the one they were born with. In an argument only native promises are awaited; what merely has a
 * `then` is data. What a task returns is awaited as `await` would.
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

/**
 * What a task returned, if it is a promise, or something that can be awaited like one; else
 * `undefined`. Never throws.
 */
export function asPromise(value: unknown): Promise<unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (isPromise(value)) return value;
  try {
    return typeof (value as { then?: unknown }).then === "function"
      ? Promise.resolve(value)
      : undefined;
  } catch {
    return undefined;
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
