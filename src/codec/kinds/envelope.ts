/**
 * A header and a binary body in one argument.
 *
 * ```text
 *   u32 length of the header in bytes, u32 nothing, header (a structured value), pad to 8, body
 * ```
 *
 * A shared body is attached; then the payload is the header alone.
 *
 * @module
 */

import { received } from "../../errors.ts";
import type { Encoder } from "../encoder.ts";
import { UNCOUNTED_BYTES } from "../limits.ts";
import type { Memory } from "../memory.ts";
import { typeError } from "../refusals.ts";
import { Flag, NO_SPACE, Tag } from "../tags.ts";
import { bytesOf } from "./bytes.ts";
import { decodeStructured, StructuredWriter } from "./structured.ts";

/** A header is what JSON can say. */
export type EnvelopeHeader =
  | string
  | number
  | boolean
  | null
  | readonly EnvelopeHeader[]
  | { readonly [key: string]: EnvelopeHeader | undefined };

/** A body is binary: copied if it is an `ArrayBuffer`, shared if it is a `SharedArrayBuffer`. */
export type EnvelopeBody = ArrayBuffer | SharedArrayBuffer;

/**
 * Pairs a small header with a binary body, so that one argument carries both metadata and bytes.
 *
 * An `ArrayBuffer` body is copied; a `SharedArrayBuffer` body stays shared with the worker. The
 * header is anything that JSON can say.
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
  const body: unknown = envelope.payload;
  const shared = body instanceof SharedArrayBuffer;
  if (!shared && !(body instanceof ArrayBuffer)) {
    throw typeError(
      "Envelope payload must be an ArrayBuffer, SharedArrayBuffer, ProcessSharedBuffer, or " +
        `BufferReference. Received ${received(body)}`,
      "payload",
    );
  }
  const bytes = shared ? new Uint8Array() : bytesOf(body);
  const header = encodeHeader(encoder, envelope.header);
  const bodyAt = bodyOffset(header.length);
  const counted = header.length > UNCOUNTED_BYTES ? bodyAt + bytes.length : bytes.length;
  if (!encoder.place(bodyAt + bytes.length, "Envelope", counted)) return NO_SPACE;

  const { target, at } = encoder;
  target.words[at >> 2] = header.length;
  target.bytes.set(header, at + PREFIX_BYTES);
  target.bytes.set(bytes, at + bodyAt);
  if (!shared) return Tag.Envelope;
  encoder.attach(body);
  return Tag.Envelope | (Flag.Attached << 8);
}

/**
 * Reads what {@linkcode encodeEnvelope} wrote.
 *
 * @param shared the attached body, if there is one
 */
export function decodeEnvelope(
  memory: Memory,
  at: number,
  length: number,
  shared: SharedArrayBuffer | undefined,
): Envelope<EnvelopeHeader, EnvelopeBody> {
  const headerBytes = memory.words[at >> 2]!;
  const header = decodeStructured(memory, at + PREFIX_BYTES) as EnvelopeHeader;
  const bodyAt = bodyOffset(headerBytes);
  return new Envelope<EnvelopeHeader, EnvelopeBody>(
    header,
    shared ?? memory.raw.copyOut(at + bodyAt, length - bodyAt),
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
