/** Compile-only: how tasks are typed from their functions. */

import { createPool, Envelope, type Pool, task } from "../../mod.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
const same = <T extends true>(_?: T): void => {};

const square = (n: number): number => n * n;
const greet = (name: string): string => `hello ${name}`;
const nothing = (): number => 1;
const later = async (n: number): Promise<string> => await Promise.resolve(String(n));
const optional = (n?: number): number => n ?? 0;

const inferred = task({ f: (n: string) => "x" + n });
const pinned = task<[string, number], string>({ f: ([s, n]) => s.repeat(n) });
const awaited = task<Promise<number> | number, number>({ f: (n) => n + 1 });
const noArgument = task({ f: () => 5 });
const header = task<Envelope<{ a: number }>, Envelope<{ b: string }>>({
  f: (e) => new Envelope({ b: String(e.header.a) }, e.payload),
});
const shared = task<SharedArrayBuffer, number>({ f: (buffer) => buffer.byteLength });

const pool = createPool({ threads: 2 })({
  square,
  greet,
  nothing,
  later,
  optional,
  inferred,
  pinned,
  awaited,
  noArgument,
  header,
  shared,
});
const { call } = pool;

same<Equal<ReturnType<typeof call.square>, Promise<number>>>();
same<Equal<ReturnType<typeof call.later>, Promise<string>>>();
same<Equal<ReturnType<typeof call.inferred>, Promise<string>>>();
same<Equal<ReturnType<typeof call.pinned>, Promise<string>>>();
same<Equal<ReturnType<typeof call.awaited>, Promise<number>>>();
same<Equal<ReturnType<typeof call.header>, Promise<Envelope<{ b: string }>>>>();

call.square(2);
call.square(Promise.resolve(2));
call.nothing();
call.noArgument();
call.optional();
call.optional(1);
call.inferred("a");
call.inferred(Promise.resolve("a"));
call.pinned(["a", 2]);
call.awaited(1);
call.awaited(Promise.resolve(1));
call.header(new Envelope({ a: 1 }, new ArrayBuffer(1)));
call.shared(new SharedArrayBuffer(1));
call.greet(call.later(1));

// @ts-expect-error a number is expected
call.square("2");
// @ts-expect-error an argument is expected
call.square();
// @ts-expect-error one tuple, not two arguments
call.pinned("a", 2);
// @ts-expect-error the tuple is the other way round
call.pinned([2, "a"]);
// @ts-expect-error there is no such task
call.missing;
// @ts-expect-error an ArrayBuffer is no Envelope
call.header(new ArrayBuffer(1));
// @ts-expect-error an ArrayBuffer is not shared
call.shared({ byteLength: 1 });
// @ts-expect-error the tasks of a pool are fixed
call.square = square;

same<Equal<ReturnType<typeof inferred.f>, string>>();
inferred.f("a");
// @ts-expect-error the function takes a string
inferred.f(1);

// @ts-expect-error threads is a number
createPool({ threads: "2" });
// @ts-expect-error there is no such option
createPool({ thread: 2 });
// @ts-expect-error a mode is one of two
createPool({ payload: { mode: "elastic" } });
// @ts-expect-error a namespace is one of five
createPool({ debug: { everything: true } });
// @ts-expect-error a task is a function or a definition
createPool({})({ five: 5 });
// @ts-expect-error f is a function
task({ f: 5 });

same<Equal<ReturnType<typeof pool.shutdown>, Promise<void>>>();
same<Equal<ReturnType<typeof pool[typeof Symbol.asyncDispose]>, Promise<void>>>();
export const typed: Pool<{ square: typeof square }> = createPool({})({ square });
