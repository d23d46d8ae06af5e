// Tasks that are streams, and arguments that are. Compiled only: scripts/check_types.ts.

import { createPool, importTask, task, type TaskStream } from "../../mod.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<_Proof extends true>(): void {}

export async function* count(limit: number) {
  for (let n = 0; n < limit; n++) yield n;
  return "counted";
}
export function* countInOneGo(limit: number): Generator<number, void> {
  for (let n = 0; n < limit; n++) yield n;
}
export function* texts(): Generator<string, void> {
  yield "text";
}
export function* promises(): Generator<Promise<string>, void> {
  yield Promise.resolve("later");
}
export const readable = task({ stream: true, f: () => new ReadableStream<string>() });
export const later = task({ stream: true, f: (limit: number) => Promise.resolve(count(limit)) });
export const abortable = task({
  abortSignal: true,
  f: async function* (limit: number, signal) {
    while (!signal.hasAborted()) yield limit;
  },
});
export const imported = importTask<number, AsyncGenerator<string, number>>({
  href: "./elsewhere.ts",
  stream: true,
});
export const list = (limit: number): number[] => [limit];
export const sum = async (numbers: AsyncIterable<number>): Promise<number> => {
  let sum = 0;
  for await (const n of numbers) sum += n;
  return sum;
};

const pool = createPool({})({
  count,
  countInOneGo,
  promises,
  readable,
  later,
  abortable,
  imported,
  list,
  sum,
});

export async function streams(): Promise<void> {
  const { call } = pool;
  same<Same<ReturnType<typeof call.count>, TaskStream<number, string>>>();
  same<Same<ReturnType<typeof call.countInOneGo>, TaskStream<number, void>>>();
  same<Same<ReturnType<typeof call.promises>, TaskStream<string, void>>>();
  same<Same<ReturnType<typeof call.readable>, TaskStream<string, unknown>>>();
  same<Same<ReturnType<typeof call.later>, TaskStream<number, string>>>();
  same<Same<ReturnType<typeof call.abortable>, TaskStream<number, void>>>();
  same<Same<ReturnType<typeof call.imported>, TaskStream<string, number>>>();
  same<Same<ReturnType<typeof call.list>, Promise<number[]>>>();
  for await (const n of call.count(3)) n.toFixed();
  const { value } = await call.count(3, { signal: AbortSignal.timeout(5) }).next();
  same<Same<typeof value, string | number>>();
  // @ts-expect-error a stream is not a promise
  call.count(3).then(() => {});
  // @ts-expect-error text is no number
  call.count("3");
  // @ts-expect-error true or nothing
  task({ stream: false, f: count });
}

export async function sources(): Promise<void> {
  const { call } = pool;
  same<Same<ReturnType<typeof call.sum>, Promise<number>>>();
  await call.sum(count(3));
  await call.sum(new ReadableStream<number>());
  await call.sum(Promise.resolve(count(3)));
  await call.sum(call.count(3));
  await call.sum(countInOneGo(3));
  await call.sum((function* () {
    yield 3;
    return "three";
  })());
  // @ts-expect-error items are numbers
  await call.sum(new ReadableStream<string>());
  // @ts-expect-error items of generators are numbers, too
  await call.sum(texts());
  // @ts-expect-error an array is data
  await call.sum([1, 2, 3]);
  // @ts-expect-error a number is no stream
  await call.sum(3);
}
