/**
 * What every runtime does the same way with text: short text, and the question whether it is wide.
 *
 * @module
 */

/** Up to this many characters a loop beats a call into the engine. */
export const SHORT_TEXT = 24;

/** One byte a character, in a loop; false if a character does not fit. */
export function writeShortOneByte(
  bytes: Uint8Array,
  text: string,
  at: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0xff) return false;
    bytes[at + i] = unit;
  }
  return true;
}

/**
 * True if some character needs two bytes. V8 keeps text of one-byte characters in a form for which
 * it compiles this expression to "no", so the answer does not depend on the length.
 */
// deno-lint-ignore no-control-regex
export const WIDE: RegExp = /[^\x00-\xff]/;
