/** Payloads up to this many bytes never count against `maxPayloadBytes`. */
export const UNCOUNTED_BYTES = 512;

/**
 * The room that the largest payload can take. Text counts as UTF-8, and may take two bytes a character; of
 * an envelope only the body counts.
 */
export function mostBytesOf(maxPayloadBytes: number): number {
  return 2 * Math.max(maxPayloadBytes, UNCOUNTED_BYTES) + 2 * UNCOUNTED_BYTES;
}
