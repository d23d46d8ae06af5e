/**
 * Environment variables, which pages have none of.
 *
 * @module
 */

/** Nothing. */
export function environment(_name: string): string | undefined {
  return undefined;
}
