// Shared memory in the types of calls. Compiled only: scripts/check_types.ts.

import { createPool, Envelope, task } from "../../mod.ts";
import {
  getDefaultProcessSharedBufferPrimitives,
  ProcessSharedBuffer,
  type ProcessSharedBufferMapping,
  type ProcessSharedBufferPrimitives,
} from "../../shared_memory.ts";

/** Fails to compile unless `A` and `B` are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<_Proof extends true>(): void {}

export const readFirst = task<ProcessSharedBuffer, number>({
  f: (shared) => Atomics.load(shared.view(Int32Array), 0),
});
export const make = task<number, ProcessSharedBuffer>({
  f: (size) => ProcessSharedBuffer.create(size),
});
export const bare = (shared: ProcessSharedBuffer): ProcessSharedBuffer => shared.subbuffer(0, 4);
export const mark = task({
  f: ({ header, payload }: Envelope<{ at: number }, ProcessSharedBuffer>) => {
    payload.bytes()[header.at] = 1;
    return new Envelope("marked", payload);
  },
});

const pool = createPool({})({ readFirst, make, bare, mark });
declare const shared: ProcessSharedBuffer;
declare const memory: SharedArrayBuffer;

export function calls(): void {
  const first = pool.call.readFirst(shared);
  same<Same<typeof first, Promise<number>>>();
  void pool.call.readFirst(Promise.resolve(shared));
  const made = pool.call.make(64);
  same<Same<typeof made, Promise<ProcessSharedBuffer>>>();
  const back = pool.call.bare(shared);
  same<Same<typeof back, Promise<ProcessSharedBuffer>>>();
  // @ts-expect-error: other memory
  void pool.call.readFirst(memory);
  // @ts-expect-error: metadata is not memory
  void pool.call.readFirst(shared.toMetadata());
  // @ts-expect-error: no argument
  void pool.call.readFirst();
}

export function envelopes(): void {
  const envelope = new Envelope({ at: 1 }, shared);
  same<Same<typeof envelope.payload, ProcessSharedBuffer>>();
  const marked = pool.call.mark(envelope);
  same<Same<typeof marked, Promise<Envelope<"marked", ProcessSharedBuffer>>>>();
  // @ts-expect-error: another body
  void pool.call.mark(new Envelope({ at: 1 }, memory));
  // @ts-expect-error: another header
  void pool.call.mark(new Envelope({ from: 1 }, shared));
  // @ts-expect-error: no body at all
  new Envelope({ at: 1 }, shared.bytes());
}

export function views(): void {
  const words: Int32Array = shared.view(Int32Array);
  const longs: BigInt64Array = shared.view(BigInt64Array);
  // @ts-expect-error: of another class
  const floats: Float64Array = shared.view(Int32Array);
  const bytes: Uint8Array = shared.bytes();
  const sab: SharedArrayBuffer = shared.getSAB();
  void [words, longs, floats, bytes, sab];
  // @ts-expect-error: not a typed array
  shared.view(Array);
}

/** As in the documentation. */
export function primitives(): void {
  const primitives: ProcessSharedBufferPrimitives = getDefaultProcessSharedBufferPrimitives();
  const owner = ProcessSharedBuffer.create({ name: "x", size: 64, mode: "create" }, primitives);
  owner.descriptor.mapping?.close?.();
  const mapping: ProcessSharedBufferMapping | undefined = owner.descriptor.mapping;
  const removed: boolean | undefined = primitives.unlinkSharedMemory?.("x");
  void [mapping, removed];
  // @ts-expect-error: no such mode
  ProcessSharedBuffer.create({ size: 64, mode: "shared" });
  // @ts-expect-error: no size
  ProcessSharedBuffer.create({ name: "x", mode: "create" });
}
