/**
 * A header and a binary body in one argument.
 *
 * ```text
 *   u32 length of the header in bytes, u32 kind of the body, header (a structured value), pad to 8,
 *   bytes of the body
 * ```
 *
 * The kinds of bodies are in envelope_body.ts. Of some the memory itself is attached.
 *
 * @module
 */

import { received } from "../../errors.ts";
import type { BufferReference } from "../../memory/buffer_reference.ts";
import type { Sender } from "../../memory/crossing.ts";
import type { ProcessSharedBuffer } from "../../memory/process_shared_buffer.ts";
import type { Encoder } from "../encoder.ts";
import { UNCOUNTED_BYTES } from "../limits.ts";
import type { Memory } from "../memory.ts";
import { malformed, typeError } from "../refusals.ts";
import { Flag, NO_SPACE, Tag } from "../tags.ts";
import { bodyKindOf, bodyKinds } from "./envelope_body.ts";
import { decodeStructured } from "./structured.ts";
import { StructuredWriter } from "./structured_writer.ts";

/** A header is what JSON can say. */
export type EnvelopeHeader =
  | string
  | number
  | boolean
  | null
  | readonly EnvelopeHeader[]
  | { readonly [key: string]: EnvelopeHeader | undefined };

/**
 * A body is binary: an `ArrayBuffer` is copied, a `SharedArrayBuffer` or a `ProcessSharedBuffer` is
 * shared, and the memory of a `BufferReference` is moved.
 */
export type EnvelopeBody = ArrayBuffer | SharedArrayBuffer | ProcessSharedBuffer | BufferReference;

/**
 * Pairs a small header with a binary body, so that one argument carries both metadata and bytes.
 *
 * An `ArrayBuffer` body is copied; a `SharedArrayBuffer` or `ProcessSharedBuffer` body stays
 * shared with the worker; a `BufferReference` body moves. The header is anything that JSON can say.
 *
 * @example
 * ```ts
 * import { Envelope } from "@vixeny/knitting";
 *
 * const image = new Envelope({ format: "png" }, new ArrayBuffer(1024));
 * console.log(image.header.format, image.payload.byteLength); // png 1024
 * ```
 */
export class Envelope<
  H extends EnvelopeHeader = EnvelopeHeader,
  B extends EnvelopeBody = ArrayBuffer,
> {
  /** The metadata. */
  readonly header: H;
  /** The bytes. */
  readonly payload: B;

  /**
   * Puts the two together; nothing is copied yet.
   *
   * @param header what JSON can say
   * @param payload the body
   */
  constructor(header: H, payload: B) {
    this.header = header;
    this.payload = payload;
  }

  /** Disposes a body that is disposable; nothing to do for the others. */
  [Symbol.dispose](): void {
    (this.payload as { [Symbol.dispose]?: () => void })[Symbol.dispose]?.();
  }
}

const PREFIX_BYTES = 8;

/** Encodes an envelope; flags and tag, or `NO_SPACE`. */
export function encodeEnvelope(
  encoder: Encoder,
  envelope: Envelope<EnvelopeHeader, EnvelopeBody>,
): number {
  const body = envelope.payload;
  const kind = bodyKindOf(body);
  const { attached, encode } = bodyKinds[kind]!;
  const bytes = encode(encoder, body);
  if (bytes === undefined) return NO_SPACE;
  const header = encodeHeader(encoder, envelope.header);
  const bodyAt = bodyOffset(header.length);
  const counted = header.length > UNCOUNTED_BYTES ? bodyAt + bytes.length : bytes.length;
  if (!encoder.place(bodyAt + bytes.length, "Envelope", counted)) return NO_SPACE;

  const { target, at } = encoder;
  target.words[at >> 2] = header.length;
  target.words[(at >> 2) + 1] = kind;
  target.raw.copyIn(header, at + PREFIX_BYTES, header.length);
  target.raw.copyIn(bytes, at + bodyAt, bytes.length);
  return attached ? Tag.Envelope | (Flag.Attached << 8) : Tag.Envelope;
}

/**
 * Reads what {@linkcode encodeEnvelope} wrote.
 *
 * @param attached what came beside it, if anything did
 * @param from who wrote it, if that is another process
 */
export function decodeEnvelope(
  memory: Memory,
  at: number,
  length: number,
  attached: unknown,
  from: Sender | undefined,
): Envelope<EnvelopeHeader, EnvelopeBody> {
  const headerBytes = memory.words[at >> 2]! >>> 0;
  const kind = bodyKinds[memory.words[(at >> 2) + 1]!];
  if (kind === undefined || kind.attached !== (attached !== undefined)) {
    throw malformed("an Envelope without a body");
  }
  if (headerBytes > length || bodyOffset(headerBytes) > length) {
    throw malformed("an Envelope that is shorter than its header");
  }
  const bodyAt = bodyOffset(headerBytes);
  const header = decodeStructured(memory, at + PREFIX_BYTES, headerBytes) as EnvelopeHeader;
  return new Envelope<EnvelopeHeader, EnvelopeBody>(
    header,
    kind.decode(memory, at + bodyAt, length - bodyAt, attached, from),
  );
}

function bodyOffset(headerBytes: number): number {
  return (PREFIX_BYTES + headerBytes + 7) & ~7;
}

function encodeHeader(encoder: Encoder, header: unknown): Uint8Array {
  if (header === undefined || typeof header === "function" || typeof header === "symbol") {
    throw typeError(
      `Envelope header must be a JSON-like value or string. Received ${received(header)}`,
      "header",
    );
  }
  const writer = StructuredWriter.begin((bytes) => encoder.checkLimit(bytes, "Envelope"));
  writer.forHeader = true;
  writer.entry("header", header);
  return writer.end();
}
