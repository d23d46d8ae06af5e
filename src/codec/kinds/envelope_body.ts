/**
 * The bodies that an envelope can have, and how each of them travels.
 *
 * @module
 */

import { received } from "../../errors.ts";
import { readCrossing, type Sender } from "../../memory/crossing.ts";
import { ProcessSharedBuffer } from "../../memory/process_shared_buffer.ts";
import { BufferReference } from "../../memory/buffer_reference.ts";
import { checkAttachment } from "../attachments.ts";
import type { Encoder } from "../encoder.ts";
import type { Memory } from "../memory.ts";
import { typeError } from "../refusals.ts";
import { arrived, memoryOf } from "./buffer_reference.ts";
import { bytesOf } from "./bytes.ts";
import type { EnvelopeBody } from "./envelope.ts";

/** One kind of body. Its place in {@linkcode bodyKinds} is its number on the wire. */
export interface BodyKind {
  /** Whether something of it goes beside the shared memory. */
  readonly attached: boolean;
  matches(body: unknown): boolean;
  /** The bytes to write after the header; `undefined` is no room now. Attaches what goes beside. */
  encode(encoder: Encoder, body: EnvelopeBody): Uint8Array | undefined;
  /**
   * The body from those bytes, and what came beside them.
   *
   * @param from who wrote them, if that is another process
   */
  decode(
    memory: Memory,
    at: number,
    length: number,
    attached: unknown,
    from: Sender | undefined,
  ): EnvelopeBody;
}

const copied: BodyKind = {
  attached: false,
  matches: (body) => body instanceof ArrayBuffer,
  encode: (_, body) => bytesOf(body as ArrayBuffer),
  decode: (memory, at, length) => memory.raw.copyOut(at, length).buffer as ArrayBuffer,
};

const shared: BodyKind = {
  attached: true,
  matches: (body) => body instanceof SharedArrayBuffer,
  encode(encoder, body) {
    encoder.attach(body);
    return new Uint8Array();
  },
  decode: (_memory, _at, _length, attached) => checkAttachment(attached, SharedArrayBuffer),
};

/** The bytes say which part of the buffer is shown. */
const moved: BodyKind = {
  attached: true,
  matches: (body) => body instanceof BufferReference,
  encode(encoder, body) {
    const memory = memoryOf(body, "payload");
    if (!encoder.move(memory)) return undefined;
    return new Uint8Array(Float64Array.of(memory.byteOffset, memory.byteLength).buffer);
  },
  decode(memory, at, _length, attached) {
    const [byteOffset, byteLength] = memory.doubles.subarray(at >> 3);
    return arrived(checkAttachment(attached, ArrayBuffer), byteOffset!, byteLength!);
  },
};

/** The bytes say which memory it is. */
const mapped: BodyKind = {
  attached: false,
  matches: ProcessSharedBuffer.is,
  encode: (encoder, body) => new TextEncoder().encode(encoder.share(body as ProcessSharedBuffer)),
  decode: (memory, at, length, _attached, from) =>
    readCrossing(new TextDecoder().decode(memory.raw.copyOut(at, length)), from),
};

/** All of them, by number; new ones go to the end. */
export const bodyKinds: readonly BodyKind[] = [copied, shared, moved, mapped];

/**
 * The number of the kind of `body`.
 *
 * @throws {KnittingError} `KNT_ERROR_3` if it is none of them
 */
export function bodyKindOf(body: unknown): number {
  const kind = bodyKinds.findIndex(({ matches }) => matches(body));
  if (kind >= 0) return kind;
  throw typeError(
    "Envelope payload must be an ArrayBuffer, SharedArrayBuffer, ProcessSharedBuffer, or " +
      `BufferReference. Received ${received(body)}`,
    "payload",
  );
}
