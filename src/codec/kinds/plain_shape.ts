/**
 * What counts as a plain object, and when JSON carries it without change.
 *
 * @module
 */

/** Deeper objects are walked, where depth is checked with a clear error. */
const JSON_DEPTH = 200;

/** Whether JSON gives back exactly this value. */
export function isJsonClean(value: unknown, depth: number = JSON_DEPTH): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && (value !== 0 || 1 / value > 0);
    case "object":
      return value === null || (depth > 0 && isCleanObject(value, depth - 1));
    default:
      return false;
  }
}

function isCleanObject(value: object, depth: number): boolean {
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      if (!isJsonClean(value[i], depth)) return false;
    }
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const key in value) {
    if (!isJsonClean((value as Record<string, unknown>)[key], depth)) return false;
  }
  return true;
}

/** Whether `value` is a plain object, also one made in another realm or without a prototype. */
export function isPlain(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf"));
}
