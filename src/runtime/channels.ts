/**
 * `node:diagnostics_channel`, which all three runtimes have: whoever observes a program subscribes there.
 *
 * @module
 */

import { diagnosticsChannels } from "./builtins.ts";

/** A channel with a name. */
export interface Channel {
  /** Whether anybody listens. */
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

/** The channel with this name, in the whole program. */
export function channelNamed(name: string): Channel {
  return diagnosticsChannels().channel(name);
}

/** Publishes what happens rarely: `message` is made only if somebody listens. */
export function announce(name: string, message: () => object): void {
  const { hasSubscribers, channel } = diagnosticsChannels();
  if (hasSubscribers(name)) channel(name).publish(message());
}
