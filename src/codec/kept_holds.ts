/**
 * Shared memory that was sent to another process, which has yet to open it: kept here until then, even
 * if nothing else in this process uses it any more.
 *
 * @module
 */

import { dropHold } from "../memory/crossing.ts";
import { later } from "../runtime/threads.ts";
import type { ChannelProducer } from "../transport/channel.ts";

/** How often to look whether it has been opened. */
const LOOK_MS = 50;

/** Holds on what was sent through one channel. */
export class KeptHolds {
  readonly #channel: ChannelProducer;
  /** Oldest first, with how many slots had been sent when theirs was. */
  readonly #kept: { readonly hold: number; readonly sent: number }[] = [];
  #looking = false;

  constructor(channel: ChannelProducer) {
    this.#channel = channel;
  }

  /** Keeps holds until the slot that was committed last has been taken. */
  add(holds: readonly number[]): void {
    const { sent } = this.#channel;
    for (const hold of holds) this.#kept.push({ hold, sent });
    this.#lookLater();
  }

  #lookLater(): void {
    if (this.#looking || this.#kept.length === 0) return;
    this.#looking = true;
    later(LOOK_MS, () => {
      this.#looking = false;
      this.#dropTaken();
      this.#lookLater();
    });
  }

  #dropTaken(): void {
    const firstKept = this.#kept.findIndex(({ sent }) => !this.#channel.hasTaken(sent));
    const taken = this.#kept.splice(0, firstKept < 0 ? Infinity : firstKept);
    for (const { hold } of taken) dropHold(hold);
  }
}
