/** Payloads up to this many bytes never count against `maxPayloadBytes`. */
export const UNCOUNTED_BYTES = 512;
