/** Payloads up to this many bytes never count against `maxPayloadBytes`. */
export const UNCOUNTED_BYTES = 512;

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

/** Whether a bigint fits into 64 bits with a sign. */
export function isLong(value: bigint): boolean {
  return value >= LONG_MIN && value <= LONG_MAX;
}
