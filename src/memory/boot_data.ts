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
  return replaceAll(
    data,
    ProcessSharedBuffer.is,
    (shared) => ({ [STAND_IN]: writeCrossing(shared, 0) }),
  );
}

/** What {@linkcode packBootData} was given. */
export function unpackBootData(data: unknown): unknown {
  return replaceAll(data, isStandIn, (standIn) => readCrossing(standIn[STAND_IN]));
}

interface StandIn {
  readonly [STAND_IN]: string;
}

function isStandIn(value: unknown): value is StandIn {
  const text = (value as Partial<StandIn>)[STAND_IN];
  return typeof text === "string" && Object.keys(value as StandIn).length === 1;
}

/** A clone of `data` in which shared memory is the same memory. */
export function cloneBootData(data: unknown): unknown {
  return unpackBootData(structuredClone(packBootData(data)));
}

/** A copy in which what `matches` is replaced; `data` itself if there is none of it. */
function replaceAll<T extends object>(
  data: unknown,
  matches: (value: unknown) => value is T,
  replacement: (value: T) => unknown,
): unknown {
  if (!contains(data, matches)) return data;
  const copies = new Map<object, unknown>();

  const copyOf = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (copies.has(value)) return copies.get(value);
    const isMatch = matches(value);
    if (!isMatch && !isContainer(value)) return value;
    const copy = isMatch ? replacement(value) : emptyLike(value);
    copies.set(value, copy); // before its entries: one of them may be the value itself
    if (!isMatch) fill(copy as object, value, copyOf);
    return copy;
  };
  return copyOf(data);
}

/** Puts the entries of one container into another. */
function fill(copy: object, value: object, copyOf: (entry: unknown) => unknown): void {
  if (value instanceof Map) {
    for (const [key, entry] of value) (copy as typeof value).set(copyOf(key), copyOf(entry));
  } else if (value instanceof Set) {
    for (const entry of value) (copy as typeof value).add(copyOf(entry));
  } else {
    for (const [key, entry] of Object.entries(value)) define(copy, key, copyOf(entry));
  }
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

/** Without recursion: what has no shared memory may be as deep as a clone can be. */
function contains(data: unknown, matches: (value: unknown) => boolean): boolean {
  const found = new Set<unknown>([data]);
  for (const value of found) { // also what is added on the way
    if (typeof value !== "object" || value === null) continue;
    if (matches(value)) return true;
    if (isContainer(value)) entriesOf(value).forEach((entry) => found.add(entry));
  }
  return false;
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
