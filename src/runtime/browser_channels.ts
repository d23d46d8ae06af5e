/**
 * Browsers have no channels for diagnostics, in the place of `channels.ts`.
 *
 * @module
 */

import type { Channel } from "./channels.ts";

/** A channel to which nobody listens. */
export function channelNamed(_name: string): Channel {
  return { hasSubscribers: false, publish() {} };
}

/** Publishes nothing. */
export function announce(_name: string, _message: () => object): void {}
