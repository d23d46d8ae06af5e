// Options of calls, pool.all and pool.map. Compiled only: scripts/check_types.ts.

import {
  type Call,
  type CallOptions,
  createPool,
  type EachCaller,
  type EachCallers,
  type EachOptions,
  type MapOptions,
  type Pool,
  type SingleTaskPool,
  task,
} from "../../mod.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<_Proof extends true>(): void {}

export const square = (n: number): number => n * n;
export const seven = (): number => 7;
export const later = async (text: string): Promise<number> => await text.length;
// deno-lint-ignore no-explicit-any
export const anything = (value: any): any => value;
export const row = ({ id, name }: { id: number; name?: string }): string => `${id} ${name}`;
export const stoppable = task({
  abortSignal: true,
  f: (count: number, signal) => signal.aborted ? "" : "x".repeat(count),
});

const tasks = { square, seven, later, anything, row, stoppable };

export function options(): void {
  const { call } = createPool({ priorityAgeingMs: 100 })(tasks);
  const some: CallOptions[] = [{}, { priority: -1.5 }, { key: "a" }, { key: 1 }, { key: 2n }];
  void call.square(2, { priority: 1, key: "a", signal: new AbortController().signal });
  void call.seven(undefined, { key: 7 });
  void call.stoppable(2, { priority: 1 }).reject();
  void some;
  // @ts-expect-error not a number
  void call.square(2, { priority: "high" });
  // @ts-expect-error not a text, a number or a bigint
  void call.square(2, { key: {} });
  // @ts-expect-error no such option
  void call.square(2, { urgent: true });
  // @ts-expect-error not a number
  createPool({ priorityAgeingMs: "1s" });
}

export function everywhere(pool: Pool<typeof tasks>): void {
  const { all } = pool;
  const squares = all.square(2, { priority: 1 });
  same<Same<typeof squares, Promise<number[]>>>();
  const sevens = all.seven();
  same<Same<typeof sevens, Promise<number[]>>>();
  const lengths = all.later(Promise.resolve("x"));
  same<Same<typeof lengths, Promise<number[]>>>();
  const texts = all.stoppable(2);
  same<Same<typeof texts, Promise<string[]>>>();
  const each: EachCallers<{ square: typeof square }> = all;
  const caller: EachCaller<typeof pool.call.square> = all.square;
  const some: EachOptions = { priority: 2 };
  void [each, caller, some];
  // @ts-expect-error a text is not a number
  void all.square("2");
  // @ts-expect-error the argument is not optional
  void all.square();
  // @ts-expect-error a worker is not chosen
  void all.square(2, { key: 1 });
  // @ts-expect-error there is nothing to reject
  void all.stoppable(2).reject();
}

export async function mapped(pool: Pool<typeof tasks>): Promise<void> {
  const { call, map } = pool;
  const squares = map([1, 2, 3], call.square);
  same<Same<typeof squares, AsyncGenerator<number, void, void>>>();
  for await (const result of map(new Set(["a", "b"]), call.later)) {
    same<Same<typeof result, number>>();
  }
  for await (const result of map([{ id: 1 }, { id: 2, name: "x" }], call.row)) {
    same<Same<typeof result, string>>();
  }
  for await (const result of map([1], call.stoppable)) same<Same<typeof result, string>>();
  const numbers = async function* (): AsyncGenerator<number> {
    yield await 1;
  };
  const texts = async function* (): AsyncGenerator<string> {
    yield await "a";
  };
  const some: MapOptions = { concurrency: 4, ordered: false, priority: -1 };
  map(numbers(), call.square, some);
  map([Promise.resolve(1), 2], call.square);
  map([undefined, undefined], call.seven);
  map([1, "x", {}], call.anything);
  // @ts-expect-error texts are not numbers
  map(["a"], call.square);
  // @ts-expect-error a field is missing
  map([{ name: "x" }], call.row);
  // @ts-expect-error texts are not numbers, also later
  map(texts(), call.square);
  // @ts-expect-error nothing to iterate
  map(3, call.square);
  // @ts-expect-error not a function of a pool
  map([1], "square");
  // @ts-expect-error no such option
  map([1], call.square, { limit: 3 });
}

export function single(pool: SingleTaskPool<typeof square>): void {
  const each = pool.all(2);
  same<Same<typeof each, Promise<number[]>>>();
  const results = pool.map([1, 2], pool.call);
  same<Same<typeof results, AsyncGenerator<number, void, void>>>();
  // @ts-expect-error a text is not a number
  void pool.all("2");
  // @ts-expect-error texts are not numbers
  pool.map(["a"], pool.call);
}

/** A function over calls, of whatever task. */
export async function first<A extends readonly [argument?: unknown], R>(
  pool: Pool<typeof tasks>,
  items: Iterable<A[0]>,
  call: Call<A, Promise<R>>,
): Promise<R | undefined> {
  for await (const result of pool.map(items, call)) return result;
  return undefined;
}
