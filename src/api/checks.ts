/**
 * The checks that options go through: each gives the value back, or says what was expected and what
 * came.
 *
 * @module
 */

import { received } from "../errors.ts";

/**
 * What a user wrote where the options `T` are expected, not checked yet. What {@linkcode fields} returns
 * fits only if it was given every name that `T` has.
 */
export type Given<T> = { readonly [name in keyof T]-?: unknown };

/** The fields of an object that may have only these; those left out are `undefined`. */
export function fields<K extends string>(
  what: string,
  value: unknown,
  names: readonly K[],
): { readonly [name in K]: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${what} must be an object, received ${received(value)}`);
  }
  for (const name of Object.keys(value)) {
    if (!names.includes(name as K)) {
      throw new TypeError(`${what} cannot have "${name}"; expected one of: ${names.join(", ")}`);
    }
  }
  return value as { readonly [name in K]: unknown };
}

/** The same for an object that may be left out. */
export function optionalFields<K extends string>(
  what: string,
  value: unknown,
  names: readonly K[],
): { readonly [name in K]: unknown } {
  return fields(what, value === undefined ? {} : value, names);
}

/** A whole number from `least` to `most`, or the default. */
export function integer<D>(
  name: string,
  value: unknown,
  byDefault: D,
  least: number,
  most: number,
): number | D {
  if (value === undefined) return byDefault;
  const number = aNumber(name, value);
  if (!Number.isInteger(number) || number < least || number > most) {
    throw new RangeError(
      `${name} must be a whole number from ${least} to ${most}, received ${number}`,
    );
  }
  return number;
}

/** A whole number from `least` on or `Infinity`, or the default. */
export function limit(name: string, value: unknown, byDefault: number, least: number): number {
  if (value === undefined) return byDefault;
  const number = aNumber(name, value);
  if (number !== Infinity && (!Number.isInteger(number) || number < least)) {
    throw new RangeError(
      `${name} must be Infinity or a whole number from ${least} on, received ${number}`,
    );
  }
  return number;
}

/** Any number from `least` on, `Infinity` included, or the default. */
export function duration<D>(name: string, value: unknown, byDefault: D, least = 0): number | D {
  if (value === undefined) return byDefault;
  const number = aNumber(name, value);
  if (!(number >= least)) {
    throw new RangeError(`${name} must be a number from ${least} on, received ${number}`);
  }
  return number;
}

/** A number that is neither NaN nor infinite, or the default. */
export function finite<D>(name: string, value: unknown, byDefault: D): number | D {
  if (value === undefined) return byDefault;
  const number = aNumber(name, value);
  if (!Number.isFinite(number)) {
    throw new RangeError(`${name} must be a finite number, received ${number}`);
  }
  return number;
}

function aNumber(name: string, value: unknown): number {
  if (typeof value === "number") return value;
  throw new TypeError(`${name} must be a number, received ${received(value)}`);
}

/** One of these texts, or the default. */
export function oneOf<T extends string, D>(
  name: string,
  value: unknown,
  byDefault: D,
  allowed: readonly T[],
): T | D {
  if (value === undefined) return byDefault;
  if (allowed.includes(value as T)) return value as T;
  const names = allowed.map((text) => JSON.stringify(text)).join(", ");
  const expected = allowed.length === 1
    ? names
    : allowed.length === 2
    ? names.replace(", ", " or ")
    : `one of ${names}`;
  throw new TypeError(`${name} must be ${expected}, received ${received(value)}`);
}

/** Text that is not empty, or the default. */
export function optionalText<D>(name: string, value: unknown, byDefault: D): string | D {
  return value === undefined ? byDefault : text(name, value);
}

/** Text that is not empty. */
export function text(name: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError(`${name} must be a non-empty string, received ${received(value)}`);
}

/** `true` or `false`, or the default. */
export function boolean<D>(name: string, value: unknown, byDefault: D): boolean | D {
  if (value === undefined) return byDefault;
  if (typeof value === "boolean") return value;
  throw new TypeError(`${name} must be a boolean, received ${received(value)}`);
}
