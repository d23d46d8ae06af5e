// Without strict checks a task is abort-aware only if it says so, too. Compiled only:
// scripts/check_types.ts.

import { type AbortablePromise, createPool, task } from "../../mod.ts";

export const square = (n: number) => n * n;
export const plain = task({ f: square });
export const timed = task({ timeout: { time: 10, maybe: true }, f: square });
export const pinned = task<[string, number], string>({ f: ([text, times]) => text.repeat(times) });
export const untyped = task({ abortSignal: true, f: (value, signal) => signal.aborted || value });
export const counted = task({
  abortSignal: { hasAborted: true },
  f: (limit: number, signal) => signal.hasAborted() ? 0 : limit,
});
export const pinnedSignal = task<number, number>({
  abortSignal: true,
  f: (n, signal) => signal.now() + n,
});

export async function main() {
  using pool = createPool({})({ square, plain, timed, pinned, untyped, counted, pinnedSignal });
  const { call } = pool;
  const numbers: number[] = await Promise.all([call.square(1), call.plain(1), call.timed(1)]);
  const text: string = await call.pinned(["x", 2]);
  await call.untyped({});
  const counts: AbortablePromise<number>[] = [call.counted(1), call.pinnedSignal(1)];
  counts[0].reject();
  call.counted(1, { signal: new AbortController().signal }).reject("enough");
  void [numbers, text];

  // @ts-expect-error no signal
  call.square(1).reject();
  // @ts-expect-error no signal
  call.plain(1).reject();
  // @ts-expect-error no signal
  call.timed(1).reject();
  // @ts-expect-error not a number
  void call.counted("1");
  // @ts-expect-error not a pool of many
  void plain.createPool().call.plain(1);
  const alone: number = await plain.createPool().call(1);
  void alone;
}
