/**
 * Encoders that count bytes. For pools that measure their calls; the others have a plain one.
 *
 * @module
 */

import type { ChannelProducer } from "../transport/channel.ts";
import { Encoder } from "./encoder.ts";
import { NO_SPACE } from "./tags.ts";

/** Counts the bytes of payloads, without numbers and the like, which lie in their slots. */
export class MeteredEncoder extends Encoder {
  /** Bytes of all that was sent. */
  bytes = 0;
  /** Those of the last payload. */
  protected placed = 0;

  protected override encode(slot: number, value: unknown): number {
    this.placed = 0;
    const kind = super.encode(slot, value);
    if (kind !== NO_SPACE) this.bytes += this.placed;
    return kind;
  }

  override place(bytes: number, typeName: string, countedBytes?: number): boolean {
    this.placed = bytes; // again for the same slot, if the first guess was too small
    return super.place(bytes, typeName, countedBytes);
  }

  override placeBeside(bytes: number, typeName: string, countedBytes?: number): boolean {
    this.placed += bytes;
    return super.placeBeside(bytes, typeName, countedBytes);
  }
}

/** Tells of each value it sends, too: for traces, and for what calls carry. */
export class ObservedEncoder extends MeteredEncoder {
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
