/**
 * Which kind an object is. Decided by its exact prototype, never by what it says of itself.
 *
 * @module
 */

import { BufferReference } from "../../memory/buffer_reference.ts";
import { ProcessSharedBuffer } from "../../memory/process_shared_buffer.ts";
import type { Encoder } from "../encoder.ts";
import { objectError, typeError } from "../refusals.ts";
import { Flag, Tag } from "../tags.ts";
import { encodeReference } from "./buffer_reference.ts";
import { bytesTag, encodeBytes } from "./bytes.ts";
import { encodeEnvelope, Envelope } from "./envelope.ts";
import { isErrorObject } from "./error.ts";
import { encodePlain } from "./plain.ts";
import { isPlain } from "./plain_shape.ts";
import { encodeShared } from "./process_shared_buffer.ts";
import { isSource } from "./source.ts";
import { encodeStructured } from "./structured.ts";

/** Encodes any object; flags and tag, or `NO_SPACE`. */
export function encodeObject(encoder: Encoder, value: object): number {
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || Array.isArray(value)) return encodePlain(encoder, value);
  if (prototype !== null) {
    const bytes = bytesTag(prototype);
    if (bytes !== undefined) return encodeBytes(encoder, bytes, value as ArrayBufferView);
  }
  if (value instanceof Date) {
    encoder.writeDouble(value.getTime());
    return Tag.Date;
  }
  if (isErrorObject(value)) return encodeStructured(encoder, value);
  if (value instanceof SharedArrayBuffer) {
    void value.byteLength; // throws for an object that only looks like one
    encoder.attach(value);
    return Tag.SharedArrayBuffer | (Flag.Attached << 8);
  }
  if (value instanceof Envelope) return encodeEnvelope(encoder, value);
  if (value instanceof BufferReference) return encodeReference(encoder, value);
  if (ProcessSharedBuffer.is(value)) return encodeShared(encoder, value);
  if (value instanceof Promise) {
    throw typeError("a Promise is awaited only when it is the argument itself", "");
  }
  if (isPlain(value)) return encodePlain(encoder, value);
  if (isSource(value)) {
    if (encoder.mayStream) return Tag.Stream;
    throw typeError(
      "an iterator is the result only of a generator function, or of a task with { stream: true }",
      "",
    );
  }
  throw objectError(value, "");
}
