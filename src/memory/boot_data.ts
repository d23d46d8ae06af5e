/**
 * Shared memory in what a worker is started with: it goes there as a structured clone, which knows
 * nothing of `ProcessSharedBuffer`.
 *
 * @module
 */

import { readCrossing, writeCrossing } from "./crossing.ts";
import { ProcessSharedBuffer } from "./process_shared_buffer.ts";

/** The one key of the object that stands for shared memory. */
const STAND_IN = "knitting.processSharedBuffer";

/** A copy of `data` in which plain objects stand for shared memory; `data` itself if it has none. */
export function packBootData(data: unknown): unknown {
  return replace(
    data,
    (value) => ProcessSharedBuffer.is(value) ? { [STAND_IN]: writeCrossing(value, 0) } : undefined,
    new Map(),
  );
}

/** What {@linkcode packBootData} was given. */
export function unpackBootData(data: unknown): unknown {
  return replace(data, (value) => {
    const text = (value as Record<string, unknown>)[STAND_IN];
    return typeof text === "string" && Object.keys(value).length === 1
      ? readCrossing(text)
      : undefined;
  }, new Map());
}

/** Plain objects and arrays are copied, those that contain something to replace; nothing else is. */
function replace(
  value: unknown,
  replacement: (value: object) => unknown,
  copies: Map<object, unknown>,
): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (copies.has(value)) return copies.get(value);
  const replaced = replacement(value);
  if (replaced !== undefined) {
    copies.set(value, replaced);
    return replaced;
  }
  if (!isContainer(value) || !contains(value, replacement, new Set())) return value;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
  copies.set(value, copy);
  for (const [key, entry] of Object.entries(value)) {
    (copy as Record<string, unknown>)[key] = replace(entry, replacement, copies);
  }
  return copy;
}

function contains(
  value: unknown,
  replacement: (value: object) => unknown,
  seen: Set<object>,
): boolean {
  if (typeof value !== "object" || value === null || seen.has(value)) return false;
  seen.add(value);
  if (replacement(value) !== undefined) return true;
  return isContainer(value) &&
    Object.values(value).some((entry) => contains(entry, replacement, seen));
}

function isContainer(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
