import { Envelope } from "../../mod.ts";
import type { Counter } from "../fixtures/lane_tasks.ts";

/** In which order calls have run that note it: `note` of order_tasks.ts. */
export class RunningOrder {
  readonly #buffer = new SharedArrayBuffer(4 * 1024);
  readonly #words = new Int32Array(this.#buffer);
  #count = 0;

  /** The argument of one more call. */
  next(): Counter {
    return new Envelope({ index: this.#count++ }, this.#buffer);
  }

  /** How many have run. */
  get ran(): number {
    return Atomics.load(this.#words, 0);
  }

  /** The numbers of the calls that have run, from 0, in the order in which they did. */
  get order(): number[] {
    const places = this.#words.subarray(1, 1 + this.#count);
    const ran = [...places.keys()].filter((index) => places[index] !== 0);
    return ran.sort((a, b) => places[a]! - places[b]!);
  }
}

/** Lets the event loop turn a few times: all that the host does by itself is done then. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setTimeout(resolve));
}
