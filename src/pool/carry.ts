/**
 * What the caller's stores say goes with each call: in a place beside its slot, which a call that is sent again
 * fills again.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import type { Memory } from "../codec/memory.ts";
import { StructuredWriter } from "../codec/kinds/structured_writer.ts";
import { asEncodeError } from "../codec/refusals.ts";
import type { TaskFunction } from "../runtime/branded_task.ts";
import { type CarriedStore, runWith } from "../runtime/carried_stores.ts";
import { CARRIED_BYTES, type LaneLayout, SLOT_WORDS } from "../transport/layout.ts";
import type { CallObserver } from "./meter.ts";
import type { PendingCall } from "./pending_calls.ts";

/** One of them is the length. */
const MOST_BYTES: number = CARRIED_BYTES - 4;

interface Taken {
  readonly values: readonly unknown[];
  readonly bytes: Uint8Array;
}

/** Takes what stores say when calls are made, and sends it along. */
export class Carry implements CallObserver {
  readonly #stores: readonly CarriedStore[];
  /** By number of the call. */
  readonly #taken = new Map<number, Taken>();
  /** What the call says that the main thread is about to run. */
  #inline: readonly unknown[] = [];

  constructor(stores: readonly CarriedStore[]) {
    this.#stores = stores;
  }

  /** @throws {KnittingError} `KNT_ERROR_3` if a value cannot cross, or all together are too large */
  made({ id }: PendingCall): void {
    this.#taken.delete(id);
    const values = this.#stores.map((store) => store.getStore());
    if (values.every((value) => value === undefined)) return;
    this.#taken.set(id, { values, bytes: encode(values) });
  }

  ended({ id }: PendingCall): void {
    this.#taken.delete(id);
  }

  /** Writes what goes with a call beside its slot. */
  write({ words, bytes }: Memory, layout: LaneLayout, call: number, slot: number): void {
    const at = layout.carriedByte +
      ((slot - layout.call.slotsWord) / SLOT_WORDS) * CARRIED_BYTES;
    const taken = this.#taken.get(call);
    // SYNC publish: pairs with "SYNC publish" in CarryingDecoder.decode. It goes out with its slot.
    words[at / 4] = taken === undefined ? 0 : taken.bytes.length;
    if (taken !== undefined) bytes.set(taken.bytes, at + 4);
  }

  /** The main thread is about to run a call. */
  begunInline({ id }: PendingCall): void {
    this.#inline = this.#taken.get(id)?.values ?? [];
  }

  /** Has a function of the main thread find what its call says. */
  wrapInline(f: TaskFunction | undefined): TaskFunction | undefined {
    return f &&
      ((argument, signal) => runWith(this.#stores, this.#inline, () => f(argument, signal)));
  }
}

function encode(values: readonly unknown[]): Uint8Array {
  try {
    const writer = StructuredWriter.begin(checkLength);
    writer.value(values);
    const bytes = writer.end();
    checkLength(bytes.length); // the writer itself asks only before it walks an array
    return bytes.slice();
  } catch (error) {
    throw asEncodeError(error);
  }
}

function checkLength(bytes: number): void {
  if (bytes <= MOST_BYTES) return;
  throw new KnittingError(
    "KNT_ERROR_3",
    `KNT_ERROR_3: what carried stores say does not fit. limit=${MOST_BYTES}; actual=${bytes}.`,
  );
}
