// BufferReferences as arguments, results and bodies of envelopes. Compiled only: scripts/check_types.ts.

import { createPool, Envelope, type EnvelopeBody, task, type UnsafeOptions } from "../../mod.ts";
import {
  type BUFFER_REFERENCE_CODEC_ID,
  type BUFFER_REFERENCE_KIND,
  BufferReference,
  type BufferReferenceMetadata,
  BufferReferenceReturn,
  type BufferReferenceRuntime,
  isBufferReferenceMetadata,
} from "../../unsafe.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<_Proof extends true>(): void {}

type Moved<H extends string | { readonly op: string }> = Envelope<H, BufferReference>;

export const invert = task<BufferReference, BufferReference>({ f: (reference) => reference });
export const count = task<BufferReference, number>({ f: ({ byteLength }) => byteLength });
export const inEnvelope = task<Moved<{ op: string }>, Moved<string>>({
  f: ({ header, payload }) => new Envelope(header.op, payload),
});

export async function calls(): Promise<void> {
  const { call } = createPool({})({ invert, count, inEnvelope });
  const reference = await call.invert(new BufferReference(new Uint8Array(1)));
  same<Same<typeof reference, BufferReference>>();
  const bytes: Uint8Array<ArrayBuffer> = reference.toUint8Array();
  const counted: number = await call.count(Promise.resolve(reference));
  const envelope = await call.inEnvelope(new Envelope({ op: "x" }, reference));
  same<Same<typeof envelope, Envelope<string, BufferReference>>>();
  const body: EnvelopeBody = envelope.payload;
  void [bytes, counted, body];

  // @ts-expect-error not the memory itself
  void call.count(new ArrayBuffer(1));
  // @ts-expect-error not a plain object
  void call.count({ byteLength: 1 });
  // @ts-expect-error the body is a reference
  void call.inEnvelope(new Envelope({ op: "x" }, new ArrayBuffer(1)));
  // @ts-expect-error nor is it a typed array
  void new Envelope("x", new Uint8Array(1));
}

export function references(): void {
  const reference = new BufferReference(new DataView(new ArrayBuffer(8)));
  const told: BufferReferenceMetadata = reference.toMetadata();
  const second: BufferReference = BufferReference.fromMetadata(told);
  const runtime: BufferReferenceRuntime = second.runtime;
  const pointer: bigint = second.pointer;
  const nothing: undefined = second.source;
  const copy: ArrayBuffer = second.toArrayBuffer();
  const json: unknown = JSON.parse("{}");
  if (isBufferReferenceMetadata(json)) BufferReference.fromMetadata(json);
  void [runtime, pointer, nothing, copy];
  same<Same<typeof BUFFER_REFERENCE_KIND, "knitting.bufferReference">>();
  same<Same<typeof BUFFER_REFERENCE_CODEC_ID, "knitting.bufferReference">>();

  // @ts-expect-error not binary data
  void new BufferReference("text");
  // @ts-expect-error read only
  reference.byteLength = 1;
}

export function options(): void {
  const unsafe: UnsafeOptions = { BufferReferenceReturn: BufferReferenceReturn.Borrow };
  void createPool({ unsafe });
  void createPool({ unsafe: { BufferReferenceReturn: "copy" } });
  // @ts-expect-error one of two
  void createPool({ unsafe: { BufferReferenceReturn: "lend" } });
  // @ts-expect-error no such option
  void createPool({ unsafe: { other: true } });
}
