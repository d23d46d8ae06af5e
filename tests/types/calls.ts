// What may be passed to a call, and what comes back. Compiled only: scripts/check_types.ts.

import { type Callers, createPool, task } from "../../mod.ts";

/** Fails to compile unless `A` and `B` are the same type. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<_Proof extends true>(): void {}

interface Row {
  id: number;
  name?: string;
}

export const shout = (text: string): string => text.toUpperCase();
export const rows = (count: number): Row[] => [{ id: count }];
export const rowsLater = (count: number): Promise<Row[]> => Promise.resolve([{ id: count }]);
export const pair = ([left, right]: [string, number]): string => left.repeat(right);
export const seven = (): number => 7;
export const sevenLater = (): Promise<7> => Promise.resolve(7);
export const nothing = (): void => {};
export const optional = (count?: number): number => count ?? 0;
export const either = (value: string | number): string => String(value);
export const nullable = (value: string | null): string | null => value;
// deno-lint-ignore no-explicit-any
export const anything = (value: any): any => value;
export const unknownValue = (value: unknown): unknown => value;
export const identity = <T>(value: T): T => value;
export const row = ({ id, name }: Row): string => `${id} ${name}`;
export const never = (): never => {
  throw new Error("never");
};
export const bytes = (view: Uint8Array): ArrayBuffer => view.slice().buffer as ArrayBuffer;

const functions = {
  shout,
  rows,
  rowsLater,
  pair,
  seven,
  sevenLater,
  nothing,
  optional,
  either,
  nullable,
  anything,
  unknownValue,
  identity,
  row,
  never,
  bytes,
};
const definitions = {
  shout: task({ f: shout }),
  rows: task({ f: rows }),
  rowsLater: task({ f: rowsLater }),
  pair: task({ f: pair }),
  seven: task({ f: seven }),
  sevenLater: task({ f: sevenLater }),
  nothing: task({ f: nothing }),
  optional: task({ f: optional }),
  either: task({ f: either }),
  nullable: task({ f: nullable }),
  anything: task({ f: anything }),
  unknownValue: task({ f: unknownValue }),
  row: task({ f: row }),
  never: task({ f: never }),
  bytes: task({ f: bytes }),
};

/** Definitions are called like the functions that they are made of. */
type SameCalls = {
  [K in keyof typeof definitions]: Same<
    Callers<typeof definitions>[K],
    Callers<typeof functions>[K]
  >;
};
export const sameCalls: Record<keyof typeof definitions, true> = {} as SameCalls;

export function calls(): void {
  const { call } = createPool({})(functions);
  const shouted = call.shout("x");
  same<Same<typeof shouted, Promise<string>>>();
  void call.shout(Promise.resolve("x"));
  // @ts-expect-error a number is not a string
  void call.shout(1);
  // @ts-expect-error nor is a promise of one
  void call.shout(Promise.resolve(1));
  // @ts-expect-error the argument is not optional
  void call.shout();
  // @ts-expect-error there is one argument
  void call.shout("x", "y");

  const listed = call.rows(1);
  same<Same<typeof listed, Promise<Row[]>>>();
  const listedLater = call.rowsLater(Promise.resolve(1));
  same<Same<typeof listedLater, Promise<Row[]>>>();

  const repeated = call.pair(["x", 2]);
  same<Same<typeof repeated, Promise<string>>>();
  void call.pair(Promise.resolve(["x", 2] as [string, number]));
  // @ts-expect-error a tuple is one argument
  void call.pair("x", 2);
  // @ts-expect-error in this order
  void call.pair([2, "x"]);

  const number = call.seven();
  same<Same<typeof number, Promise<number>>>();
  const literal = call.sevenLater();
  same<Same<typeof literal, Promise<7>>>();
  const voided = call.nothing();
  same<Same<typeof voided, Promise<void>>>();
  void call.seven(undefined);
  void call.nothing(undefined);
  // @ts-expect-error there is nothing to pass
  void call.seven(1);

  void call.optional();
  void call.optional(1);
  void call.optional(undefined);
  void call.optional(Promise.resolve(1));
  // @ts-expect-error not a number
  void call.optional("1");

  void call.either("x");
  void call.either(1);
  void call.either(Promise.resolve("x"));
  void call.either(Promise.resolve<string | number>(1));
  void call.either(Math.random() < 0.5 ? 1 : "x");
  // @ts-expect-error neither
  void call.either(true);

  const nulled = call.nullable(null);
  same<Same<typeof nulled, Promise<string | null>>>();
  void call.nullable(Promise.resolve(null));

  void call.anything(1);
  void call.anything("x");
  void call.anything(Promise.resolve({}));
  void call.unknownValue(1);
  void call.unknownValue({ a: [1n] });
  const unknownResult = call.unknownValue(null);
  same<Same<typeof unknownResult, Promise<unknown>>>();

  void call.row({ id: 1 });
  void call.row({ id: 1, name: "x" });
  // @ts-expect-error id is missing
  void call.row({ name: "x" });
  // @ts-expect-error no such field
  void call.row({ id: 1, age: 2 });

  const neverResult = call.never();
  same<Same<typeof neverResult, Promise<never>>>();

  const buffer = call.bytes(new Uint8Array(1));
  same<Same<typeof buffer, Promise<ArrayBuffer>>>();
  // @ts-expect-error not bytes
  void call.bytes([1]);

  // @ts-expect-error not a task of the pool
  void call.missing;
  // @ts-expect-error calls are not for writing
  call.shout = shout as never;
}

/** A blob cannot cross, whatever a task says. */
export function blobs(): void {
  const { call } = createPool({})({
    size: (blob: Blob) => blob.size,
    blob: () => new Blob([]),
    either: task({ f: (value: string | File) => String(value) }),
  });
  // @ts-expect-error not even if the task takes one
  void call.size(new Blob([]));
  // @ts-expect-error nor a promise of one
  void call.size(Promise.resolve(new Blob([])));
  const blob = call.blob();
  same<Same<typeof blob, Promise<never>>>();
  void call.either("x");
  void call.either(Promise.resolve("x"));
  // @ts-expect-error a file is a blob
  void call.either(new File([], "x"));
}

/** Results go into calls. */
export async function chains(): Promise<void> {
  const { call } = createPool({ threads: 2 })({
    shout,
    length: task({ f: (s: string) => s.length }),
  });
  const length: number = await call.length(call.shout(call.shout("x")));
  // @ts-expect-error a number is not a string
  void call.shout(call.length("x"));
  void length;
}

/** A generic function can be called with anything. */
export function generic(): void {
  const { call } = createPool({})({ identity, defined: task({ f: identity }) });
  void call.identity(1);
  void call.identity("x");
  void call.defined({ a: 1 });
}
