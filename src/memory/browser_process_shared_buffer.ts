/**
 * Memory that is shared with other processes, which pages have none of.
 *
 * @module
 */

/** What is asked of the class where there is one. */
export const ProcessSharedBuffer = {
  /** Nothing is one. */
  is: (_value: unknown): _value is never => false,
};
