/**
 * The references in values: a value is one, or an envelope has one as its body.
 *
 * @module
 */

import { type BufferReference, isReference, referenceTo } from "../memory/buffer_reference.ts";
import { memoryOf } from "./kinds/buffer_reference.ts";
import { Envelope } from "./kinds/envelope.ts";

/** The reference that a value is, or has as the body of an envelope. Never throws. */
export function referenceIn(value: unknown): BufferReference | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (isReference(value)) return value;
  try {
    if (!(value instanceof Envelope)) return undefined;
    const body: unknown = value.payload;
    return typeof body === "object" && body !== null && isReference(body) ? body : undefined;
  } catch {
    return undefined; // somebody's getter, or a proxy
  }
}

/**
 * What a value with a reference in it becomes where nothing is encoded: the same with a reference
 * that has taken the memory over.
 *
 * @throws {KnittingError} if the memory is gone
 */
export function handOver(value: unknown, reference: BufferReference): [unknown, BufferReference] {
  // Read first: it may be a getter that throws, and then the memory stays where it is.
  const header = value === reference ? undefined : (value as Envelope).header;
  const owner = referenceTo(memoryOf(reference, "").handOver());
  return [value === reference ? owner : new Envelope(header!, owner), owner];
}
