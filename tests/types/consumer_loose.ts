// For programs that are compiled with `strict: false` and `strictNullChecks: false`: tasks keep
// their types there, too. Compiled only: scripts/check_types.ts.

import { createPool, Envelope, isMain, task } from "../../mod.ts";

export const shout = (text: string) => text.toUpperCase();
export const seven = () => 7;
export const pair = task<[string, number], string>({ f: ([text, times]) => text.repeat(times) });
export const add = task({ f: ([a, b]: [number, number]) => a + b });
export const later = task({ f: async (n: number) => n + 1 });
export const nothing = task({ f: () => {} });
export const flag = task({ f: (on: boolean) => !on });
export const row = task({ f: (row: { id: number; name?: string }) => row.name });
export const body = task({ f: (e: Envelope<{ a: number }>) => e.payload });
export const anything = (value) => value;

export async function main() {
  const pool = createPool({ threads: 1 })({
    shout,
    seven,
    pair,
    add,
    later,
    nothing,
    flag,
    row,
    body,
    anything,
  });
  const { call } = pool;
  const text: string = await call.shout("x");
  const number: number = await call.seven();
  const repeated: string = await call.pair(["x", 2]);
  const sum: number = await call.add(Promise.resolve([1, 2] as [number, number]));
  const next: number = await call.later(call.later(1));
  await call.nothing();
  const off: boolean = await call.flag(true);
  const name: string = await call.row({ id: 1 });
  const buffer: ArrayBuffer = await call.body(new Envelope({ a: 1 }, new ArrayBuffer(1)));
  await call.anything(1);
  await call.anything("x");
  void [text, number, repeated, sum, next, off, name, buffer];

  // @ts-expect-error a number is not a string
  void call.shout(1);
  // @ts-expect-error a tuple is one argument
  void call.pair("x", 2);
  // @ts-expect-error not a boolean
  void call.flag("on");
  // @ts-expect-error the result is a number
  const wrong: string = await call.add([1, 2]);
  void wrong;
  await pool.shutdown();
}

if (isMain) void main();
