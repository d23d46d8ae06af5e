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

/** Held, because Bun forgets a channel, and who listens, if nobody had it before the first subscription. */
const channels = new Map<string, Channel>();

/** The channel with this name, in the whole program. */
export function channelNamed(name: string): Channel {
  let channel = channels.get(name);
  if (channel === undefined) channels.set(name, channel = diagnosticsChannels().channel(name));
  return channel;
}

/** Publishes what happens rarely: `message` is made only if somebody listens. */
export function announce(name: string, message: () => object): void {
  const channel = channelNamed(name);
  if (channel.hasSubscribers) channel.publish(message());
}
