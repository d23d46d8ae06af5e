/** Compile-only: consumers without strict checks. */

import { createPool, task } from "../../mod.ts";

const square = (n: number) => n * n;
const nothing = () => 1;
const definition = task({ f: (s: string) => s.length });
const pinned = task<[number, number], number>({ f: ([a, b]) => a + b });

const { call } = createPool({})({ square, nothing, definition, pinned });

export const results: Promise<number>[] = [
  call.square(1),
  call.square(Promise.resolve(1)),
  call.nothing(),
  call.definition("a"),
  call.pinned([1, 2]),
];
