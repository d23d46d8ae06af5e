/**
 * The references that a pool has returned and may still take the views of.
 *
 * @module
 */

import { type BufferReference, hasMemory, revokeViews } from "../memory/buffer_reference.ts";

/** So many are kept before those that are gone are looked for. */
const LEAST = 64;

/** Remembers references without keeping them alive. */
export class Borrowed {
  #references: WeakRef<BufferReference>[] = [];
  /** How many there may be before the next look: a look at each costs the same however many there are. */
  #most = LEAST;

  /** How many are remembered, gone ones included. */
  get size(): number {
    return this.#references.length;
  }

  add(reference: BufferReference): void {
    if (this.#references.length >= this.#most) this.#prune();
    this.#references.push(new WeakRef(reference));
  }

  #prune(): void {
    this.#references = this.#references.filter((weak) => {
      const reference = weak.deref();
      return reference !== undefined && hasMemory(reference);
    });
    this.#most = Math.max(LEAST, 2 * this.#references.length);
  }

  /** Detaches all views that were taken of them; the references give new ones. */
  revokeAll(): void {
    for (const weak of this.#references) {
      const reference = weak.deref();
      if (reference !== undefined) revokeViews(reference);
    }
    this.#references = [];
  }
}
