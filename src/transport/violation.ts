/**
 * What the other side did with shared memory although the rules of the transport forbid it: it is
 * broken, or hostile, and nothing it says can be believed any more.
 *
 * @module
 */

/** Thrown where the rules are seen to be broken. */
export class ProtocolViolation extends Error {
  /** @param detail what was seen */
  constructor(detail: string) {
    super(detail);
  }
}
