/**
 * Bigints: 64 bits with a sign where that is enough, else text.
 *
 * @module
 */

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

/** Whether a bigint fits into 64 bits with a sign. */
export function isLong(value: bigint): boolean {
  return value >= LONG_MIN && value <= LONG_MAX;
}

/** Any bigint as text: hexadecimal digits, after a minus sign if there is one. */
export function bigintToText(value: bigint): string {
  return value.toString(16);
}

/** Reads what {@linkcode bigintToText} wrote. */
export function bigintFromText(hex: string): bigint {
  return hex.startsWith("-") ? -BigInt("0x" + hex.slice(1)) : BigInt("0x" + hex);
}
