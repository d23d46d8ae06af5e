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

/** A clone of `data` in which shared memory is the same memory. */
export function cloneBootData(data: unknown): unknown {
  return unpackBootData(structuredClone(packBootData(data)));
}

/** Containers are copied, those that contain something to replace; nothing else is. */
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
  const copy = emptyLike(value);
  copies.set(value, copy);
  const replaceAll = (entry: unknown): unknown => replace(entry, replacement, copies);
  if (value instanceof Map) {
    for (const [key, entry] of value) {
      (copy as typeof value).set(replaceAll(key), replaceAll(entry));
    }
  } else if (value instanceof Set) {
    for (const entry of value) (copy as typeof value).add(replaceAll(entry));
  } else {
    for (const [key, entry] of Object.entries(value)) define(copy, key, replaceAll(entry));
  }
  return copy;
}

function emptyLike(value: object): object {
  if (Array.isArray(value)) return new Array(value.length);
  if (value instanceof Map) return new Map();
  return value instanceof Set ? new Set() : {};
}

/** An own property, whatever its name: assigning to `__proto__` would make none. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
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
    entriesOf(value).some((entry) => contains(entry, replacement, seen));
}

function entriesOf(value: object): unknown[] {
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  return value instanceof Set ? [...value] : Object.values(value);
}

/** Arrays, maps, sets and plain objects. */
function isContainer(value: object): boolean {
  if (value instanceof Map || value instanceof Set) return true;
  const prototype: object | null = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
