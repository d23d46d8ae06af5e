// What task() takes and gives. Compiled only: scripts/check_types.ts.

import { createPool, Envelope, task, type TaskDefinition } from "../../mod.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<_Proof extends true>(): void {}

/** Types inferred from the function. */
export const inferred = task({ f: (n: number) => "x".repeat(n) });
/** Types pinned; the parameter needs no annotation. */
export const pinned = task<[string, number], string>({ f: ([text, times]) => text.repeat(times) });
export const pinnedLater = task<number, string>({ f: (n) => Promise.resolve(String(n)) });
export const pinnedNothing = task({ f: () => {} });
export const unpromised = task<Promise<number> | number, number>({
  f: (n) => {
    same<Same<typeof n, number>>();
    return n + 1;
  },
});
export const enveloped = task<
  Envelope<{ format: string }, SharedArrayBuffer>,
  Envelope<{ width: number }>
>({
  f: ({ header, payload }) => {
    same<Same<typeof header, { format: string }>>();
    same<Same<typeof payload, SharedArrayBuffer>>();
    return new Envelope({ width: payload.byteLength }, new ArrayBuffer(1));
  },
});

export function definitions(): void {
  const text: string = inferred.f(3);
  const url: string = inferred.importedFrom;
  const id: number = inferred.id;
  const at: number = inferred.at;
  const definition: TaskDefinition<(n: number) => string> = inferred;
  void [text, url, id, at, definition];
  // @ts-expect-error not a number
  inferred.f("3");
  // @ts-expect-error definitions are not for writing
  inferred.f = pinned as never;
  // @ts-expect-error a function is needed
  task({});
  // @ts-expect-error a function is needed
  task({ f: 1 });
  // @ts-expect-error no such option
  task({ f: () => 1, retries: 3 });
  // @ts-expect-error the result is a string
  task<number, string>({ f: (n) => n });
}

export function calls(): void {
  const { call } = createPool({})({
    inferred,
    pinned,
    pinnedLater,
    pinnedNothing,
    unpromised,
    enveloped,
  });
  const repeated = call.inferred(2);
  same<Same<typeof repeated, Promise<string>>>();
  const paired = call.pinned(["x", 2]);
  same<Same<typeof paired, Promise<string>>>();
  // @ts-expect-error a tuple is one argument
  void call.pinned("x", 2);
  // @ts-expect-error the tuple has two elements
  void call.pinned(["x"]);
  const later = call.pinnedLater(1);
  same<Same<typeof later, Promise<string>>>();
  const nothing = call.pinnedNothing();
  same<Same<typeof nothing, Promise<void>>>();
  void call.pinnedNothing(undefined);
  void call.unpromised(1);
  void call.unpromised(Promise.resolve(1));
  // @ts-expect-error not a number
  void call.unpromised(Promise.resolve("1"));

  const answer = call.enveloped(new Envelope({ format: "png" }, new SharedArrayBuffer(1)));
  same<Same<typeof answer, Promise<Envelope<{ width: number }, ArrayBuffer>>>>();
  // @ts-expect-error another header
  void call.enveloped(new Envelope({ width: 1 }, new SharedArrayBuffer(1)));
  // @ts-expect-error a body is not an envelope
  void call.enveloped(new SharedArrayBuffer(1));
  // @ts-expect-error nor is a plain object
  void call.enveloped({ header: { format: "png" } });
}

export function envelopes(): void {
  const text: string = new Envelope("header", new ArrayBuffer(1)).header;
  const length: number = new Envelope(null, new ArrayBuffer(1)).payload.byteLength;
  const shared: SharedArrayBuffer = new Envelope([1], new SharedArrayBuffer(1)).payload;
  void [text, length, shared];
  // @ts-expect-error a body is binary
  new Envelope({}, "text");
  // @ts-expect-error a typed array is not a body
  new Envelope({}, new Uint8Array(1));
  // @ts-expect-error a header is what JSON can say
  new Envelope({ size: 1n }, new ArrayBuffer(1));
  // @ts-expect-error a header is what JSON can say
  new Envelope(() => 1, new ArrayBuffer(1));
}
