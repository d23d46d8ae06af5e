/**
 * An encoder that counts bytes. For pools that measure their calls; the others have a plain one.
 *
 * @module
 */

import type { ChannelProducer } from "../transport/channel.ts";
import { Encoder } from "./encoder.ts";

/** Counts the bytes of payloads, without numbers and the like, which lie in their slots. */
export class MeteredEncoder extends Encoder {
  /** Bytes of all that was sent. */
  bytes = 0;
  /** Told how large each payload is, before anybody can have read it. */
  onSent: ((call: number, bytes: number) => void) | undefined;
  /** Told which slot a call is about to be written into, while that belongs to nobody else. */
  onSlot: ((call: number, slot: number) => void) | undefined;
  #placed = 0;
  readonly #claims: ChannelProducer;

  constructor(...parts: ConstructorParameters<typeof Encoder>) {
    super(...parts);
    this.#claims = parts[1];
  }

  override send(call: number, head: number, value: unknown): boolean {
    this.#placed = 0;
    if (this.onSlot !== undefined && !this.isBusy) {
      const slot = this.#claims.claim();
      if (slot < 0) return false;
      this.onSlot(call, slot);
    }
    if (!super.send(call, head, value)) return false;
    if (this.#placed !== 0) this.bytes += this.#placed;
    if (this.onSent !== undefined) this.onSent(call, this.#placed);
    return true;
  }

  override place(bytes: number, typeName: string, countedBytes?: number): boolean {
    this.#placed = bytes; // again for the same slot, if the first guess was too small
    return super.place(bytes, typeName, countedBytes);
  }

  override placeBeside(bytes: number, typeName: string, countedBytes?: number): boolean {
    this.#placed += bytes;
    return super.placeBeside(bytes, typeName, countedBytes);
  }
}
