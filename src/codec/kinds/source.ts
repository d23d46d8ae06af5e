/**
 * What can be given to a call as a stream.
 *
 * @module
 */

/**
 * Whether `value` is an async iterable, a `ReadableStream`, say, or a generator; for values that are
 * nothing else. Never throws.
 */
export function isSource(value: object): boolean {
  try {
    return typeof (value as { [Symbol.asyncIterator]?: unknown })[Symbol.asyncIterator] ===
        "function" || Object.prototype.toString.call(value) === "[object Generator]";
  } catch {
    return false; // somebody's getter, or a proxy
  }
}
