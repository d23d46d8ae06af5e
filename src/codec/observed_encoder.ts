/**
 * An encoder that tells of each value it sends: for traces, and for what calls carry. Other pools have a plain one.
 *
 * @module
 */

import type { ChannelProducer } from "../transport/channel.ts";
import { Encoder } from "./encoder.ts";

/** Tells of each value it sends. */
export class ObservedEncoder extends Encoder {
  /** Told how large each payload is, before anybody can have read it. */
  onSent: ((call: number, bytes: number) => void) | undefined;
  /** Told which slot a call is about to be written into, while that belongs to nobody else. */
  onSlot: ((call: number, slot: number) => void) | undefined;
  readonly #claims: ChannelProducer;

  constructor(...parts: ConstructorParameters<typeof Encoder>) {
    super(...parts);
    this.#claims = parts[1];
  }

  override send(call: number, head: number, value: unknown): boolean {
    if (this.isBusy) return false;
    this.placed = 0;
    if (this.onSlot !== undefined) {
      const slot = this.#claims.claim();
      if (slot < 0) return false;
      this.onSlot(call, slot);
    }
    if (!super.send(call, head, value)) return false;
    if (this.onSent !== undefined) this.onSent(call, this.placed);
    return true;
  }
}
