/**
 * Limits of what a thread may use.
 *
 * @module
 */

/**
 * The smallest limits, in megabytes, where there are any. With smaller ones Node does not end the
 * thread, but the whole program.
 */
export const leastLimits: Readonly<Record<string, number>> = {
  maxOldGenerationSizeMb: 8,
  stackSizeMb: 0.5,
};
