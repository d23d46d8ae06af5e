// What importTask() takes and gives. Compiled only: scripts/check_types.ts.

import {
  type AbortablePromise,
  createPool,
  Envelope,
  importTask,
  type ImportTaskOptions,
  type SingleTaskPool,
  type TaskDefinition,
} from "../../mod.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<_Proof extends true>(): void {}

const href = "./worker-tasks.ts";

export const add = importTask<[number, number], number>({ href, name: "add" });
export const timed = importTask<[number, number], number>({
  href,
  timeout: { time: 5, default: 0 },
});
export const later = importTask<string, Promise<string>>({ href });
export const nothing = importTask({ href });
export const resized = importTask<Envelope<{ width: number }>, Envelope<{ height: number }>>({
  href: "https://example.org/tasks.ts",
});
export const counted = importTask<number, number>({ href, abortSignal: { hasAborted: true } });
export const stopped = importTask<void, string>({ href, abortSignal: true, timeout: 5 });

export function definitions(): void {
  same<Same<typeof add, TaskDefinition<(argument: [number, number]) => number>>>();
  same<Same<typeof timed, typeof add>>();
  const imported: boolean = add.imported;
  const options: ImportTaskOptions = { href };
  void [imported, options];
  // @ts-expect-error a module is needed
  importTask({ name: "add" });
  // @ts-expect-error a URL object is not text
  importTask({ href: new URL("https://example.org") });
  // @ts-expect-error the function is not given here
  importTask({ href, f: () => 1 });
  // @ts-expect-error text is not a time
  importTask({ href, timeout: "5" });
  // @ts-expect-error an object must have a time
  importTask({ href, timeout: { maybe: true } });
  // @ts-expect-error there is no other value
  importTask({ href, abortSignal: false });
}

export function calls(): void {
  const { call } = createPool({})({ add, timed, later, nothing, resized, counted, stopped });
  const sum = call.add([1, 2]);
  same<Same<typeof sum, Promise<number>>>();
  void call.add(Promise.resolve([1, 2] as [number, number]));
  // @ts-expect-error a tuple is one argument
  void call.add(1, 2);
  // @ts-expect-error of two numbers
  void call.timed(["1", 2]);
  const text = call.later("x");
  same<Same<typeof text, Promise<string>>>();
  const voided = call.nothing();
  same<Same<typeof voided, Promise<void>>>();
  const envelope = call.resized(new Envelope({ width: 1 }, new ArrayBuffer(1)));
  same<Same<typeof envelope, Promise<Envelope<{ height: number }>>>>();
  // @ts-expect-error a body is not an envelope
  void call.resized(new ArrayBuffer(1));

  const count = call.counted(5);
  same<Same<typeof count, AbortablePromise<number>>>();
  count.reject("enough");
  call.stopped().reject();
  // @ts-expect-error not a number
  void call.counted("5");

  const pool = add.createPool({ threads: 2 });
  same<Same<typeof pool, SingleTaskPool<(argument: [number, number]) => number>>>();
  void pool.call([1, 2]);
}
