/**
 * Runs tasks with what the stores of their callers said. Workers load it only if their pool carries something.
 *
 * @module
 */

import type { Attachments } from "../codec/attachments.ts";
import { Decoder } from "../codec/decoder.ts";
import { decodeStructured } from "../codec/kinds/structured.ts";
import type { Memory } from "../codec/memory.ts";
import type { TaskFunction } from "../runtime/branded_task.ts";
import { type CarriedStore, runWith, storeNamed } from "../runtime/carried_stores.ts";
import { CARRIED_BYTES, type LaneLayout, SLOT_WORDS } from "../transport/layout.ts";

/** A decoder that also takes what lies beside the slot. */
export class CarryingDecoder extends Decoder {
  readonly #memory: Memory;
  readonly #layout: LaneLayout;
  readonly #stores: readonly (CarriedStore | undefined)[];
  #values: readonly unknown[] = [];

  /** @param names of the stores; those that no module here declares nobody can read */
  constructor(
    memory: Memory,
    attachments: Attachments,
    layout: LaneLayout,
    names: readonly string[],
  ) {
    super(memory, attachments);
    this.#memory = memory;
    this.#layout = layout;
    this.#stores = names.map(storeNamed);
  }

  override decode(slot: number, head: number): unknown {
    const { carriedByte, call } = this.#layout;
    const at = carriedByte + ((slot - call.slotsWord) / SLOT_WORDS) * CARRIED_BYTES;
    // SYNC publish: pairs with "SYNC publish" in Carry.write. It came with the slot, which is not given back yet.
    const length = this.#memory.words[at / 4]!;
    this.#values = length === 0
      ? []
      : decodeStructured(this.#memory, at + 4, Math.min(length, CARRIED_BYTES - 4)) as unknown[];
    return super.decode(slot, head);
  }

  /** A function that finds what the call that was decoded last says. */
  wrap(f: TaskFunction): TaskFunction {
    return (argument, signal) => runWith(this.#stores, this.#values, () => f(argument, signal));
  }
}
