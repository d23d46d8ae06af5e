/**
 * What cannot cross, said in one way: the code, the reason, and the path to the offending value.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";

/** The key of a registered symbol. */
export function symbolKey(symbol: symbol, path = ""): string {
  const key = Symbol.keyFor(symbol);
  if (key === undefined) {
    throw new KnittingError(
      "KNT_ERROR_1",
      `KNT_ERROR_1: Symbol must use Symbol.for(...) keys${at(path)}; received ${String(symbol)}`,
    );
  }
  return key;
}

/** The refusal of a function. */
export function functionError(value: { name?: unknown }, path: string): KnittingError {
  const found = nameOf(value);
  const name = typeof found === "string" && found !== "" ? found : "<anonymous>";
  return new KnittingError(
    "KNT_ERROR_0",
    `KNT_ERROR_0: Function is not a valid type; name: ${name}${at(path)}`,
  );
}

/** How a path into the value is shown in a message. */
export function at(path: string): string {
  return path === "" ? "" : ` (at ${path})`;
}

/**
 * Getters, proxies and `toJSON` are the caller's code and may throw anything, also what throws when it
 * is looked at. This never does.
 */
export function asEncodeError(error: unknown): KnittingError {
  if (isOurs(error)) return error;
  const detail = describeThrown(error);
  return new KnittingError(
    "KNT_ERROR_2",
    `KNT_ERROR_2: the value cannot be read; ${detail}`,
    { cause: error },
  );
}

function isOurs(error: unknown): error is KnittingError {
  try {
    return error instanceof KnittingError;
  } catch {
    return false;
  }
}

function describeThrown(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "it throws something that cannot be shown";
  }
}

function nameOf(value: { name?: unknown }): unknown {
  try {
    return value.name;
  } catch {
    return undefined;
  }
}

/** The refusal of a type. */
export function typeError(detail: string, path: string): KnittingError {
  return new KnittingError(
    "KNT_ERROR_3",
    `KNT_ERROR_3: Unsupported payload type; ${detail}${at(path)}`,
  );
}

/** What is said of a payload that no encoder has written. */
export function malformed(detail: string): KnittingError {
  return typeError(`malformed payload: ${detail}`, "");
}

/** The refusal of a shape: a cycle, or nesting that is too deep. */
export function graphError(detail: string, path: string): KnittingError {
  return new KnittingError(
    "KNT_ERROR_2",
    `KNT_ERROR_2: JSON stringify failed; ${detail}${at(path)}`,
  );
}

/** The refusal of an object whose prototype has behaviour that would be lost. */
export function objectError(value: object, path: string): KnittingError {
  return typeError(
    `Unsupported object type. Received ${describe(value)}; allowed are plain objects and arrays, ` +
      `Date, Error, ArrayBuffer, typed arrays, DataView, Buffer, ProcessSharedBuffer, ` +
      `SharedArrayBuffer, BufferReference and Envelope (the last three not inside objects or arrays: ` +
      `pass them directly, or as the body of an Envelope), of this copy of knitting.`,
    path,
  );
}

function describe(value: object): string {
  try {
    const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
    if (typeof name === "string" && name !== "") return `an instance of ${name}`;
  } catch {
    // A getter or a proxy that throws: the tag below does not ask the object.
  }
  return Object.prototype.toString.call(value);
}
