// What a task may declare, and how that changes its calls. Compiled only: scripts/check_types.ts.

import {
  type AbortablePromise,
  type AbortOption,
  type AbortToolkit,
  type CallOptions,
  createPool,
  Envelope,
  type RetryOptions,
  type SingleTaskPool,
  task,
  type TaskDefinition,
  type TaskTimeout,
} from "../../mod.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<_Proof extends true>(): void {}

const double = (n: number): number => n * 2;

/** No form of a timeout changes the types of a call. */
export const plain = task({ f: double });
export const timed = {
  number: task({ timeout: 100, f: double }),
  none: task({ timeout: Infinity, f: double }),
  object: task({ timeout: { time: 100 }, f: double }),
  byDefault: task({ timeout: { time: 100, default: "too late" }, f: double }),
  undefinedByDefault: task({ timeout: { time: 100, default: undefined }, f: double }),
  maybe: task({ timeout: { time: 100, maybe: true }, f: double }),
  error: task({ timeout: { time: 100, error: new Error("too late") }, f: double }),
  several: task({ timeout: { time: 1, default: 1, maybe: true, error: 1 }, f: double }),
};
type SameCalls = {
  [K in keyof typeof timed]: Same<typeof timed[K], TaskDefinition<(n: number) => number>>;
};
export const sameCalls: Record<keyof typeof timed, true> = {} as SameCalls;

export function timeouts(): void {
  // @ts-expect-error text is not a time
  task({ timeout: "100", f: double });
  // @ts-expect-error an object must have a time
  task({ timeout: { default: 1 }, f: double });
  // @ts-expect-error there is no other value
  task({ timeout: { time: 100, maybe: false }, f: double });
  // @ts-expect-error no such field
  task({ timeout: { time: 100, retries: 3 }, f: double });
  const timeout: TaskTimeout | undefined = timed.number.timeout;
  void timeout;
}

/** Nor does a retry. */
export const retried = task({ retry: { attempts: 3, backoffMs: 10 }, f: double });
export const sameRetried: Same<typeof retried, TaskDefinition<(n: number) => number>> = true;

export function retries(): void {
  const retry: RetryOptions | undefined = retried.retry;
  void retry;
  // @ts-expect-error the number of attempts is needed
  task({ retry: {}, f: double });
  // @ts-expect-error a number alone does not do
  task({ retry: 3, f: double });
}

/** The second parameter needs no annotation. */
export const counted = task({
  abortSignal: { hasAborted: true },
  f: (limit: number, signal) => {
    same<Same<typeof signal, AbortToolkit>>();
    let n = 0;
    while (n < limit && !signal.hasAborted()) n++;
    return n;
  },
});
export const fetched = task({
  timeout: { time: 5_000, maybe: true },
  abortSignal: true,
  f: async (url: string, signal) => {
    same<Same<typeof signal, AbortToolkit>>();
    signal.throwIfAborted();
    const time: number = signal.now();
    return (await fetch(url, { signal })).status + time;
  },
});
export const annotated = task({
  abortSignal: true,
  f: (n: number, signal: AbortSignal) => signal.aborted ? 0 : n,
});
export const poller = task({
  f: (n: number, signal: { hasAborted(): boolean }) => signal.hasAborted() ? "" : String(n),
  abortSignal: true,
});
export const optional = task({
  abortSignal: true,
  f: (n: number, signal?: AbortToolkit) => signal?.aborted ? 0 : n,
});
export const unsignalled = task({ abortSignal: true, f: double });
export const noParameter = task({ abortSignal: true, f: () => "x" });
export const pinned = task<[string, number], string>({
  abortSignal: true,
  f: ([text, times], signal) => {
    same<Same<typeof signal, AbortToolkit>>();
    return signal.aborted ? "" : text.repeat(times);
  },
});
export const pinnedLater = task<Promise<number> | number, Envelope<{ n: number }>>({
  abortSignal: { hasAborted: true },
  timeout: 100,
  f: (n) => {
    same<Same<typeof n, number>>();
    return Promise.resolve(new Envelope({ n }, new ArrayBuffer(n)));
  },
});
export const pinnedNothing = task<void, number>({
  abortSignal: true,
  f: (_, signal) => signal.now(),
});

export function signals(): void {
  // @ts-expect-error without abortSignal there is no second parameter
  task({ f: (n: number, signal: AbortToolkit) => signal.aborted ? 0 : n });
  // @ts-expect-error nor if types are pinned
  task<number, number>({ f: (n, signal) => signal.aborted ? 0 : n });
  task({ abortSignal: undefined, f: double });
  // @ts-expect-error there are no other values
  task({ abortSignal: false, f: double });
  // @ts-expect-error there are no other values
  task({ abortSignal: { hasAborted: false }, f: double });
  // @ts-expect-error hasAborted is missing
  task({ abortSignal: {}, f: double });
  // @ts-expect-error the signal is not a number
  task({ abortSignal: true, f: (n: number, signal: number) => n + signal });
  const option: AbortOption = counted.abortSignal;
  const none: undefined = plain.abortSignal;
  void [option, none];
  // @ts-expect-error a signal is needed to run it here
  counted.f(1);
  noParameter.f();
}

export function calls(): void {
  const { call } = createPool({ abortSignalCapacity: 2 })({
    plain,
    counted,
    fetched,
    annotated,
    poller,
    optional,
    unsignalled,
    noParameter,
    pinned,
    pinnedLater,
    pinnedNothing,
  });
  const count = call.counted(5);
  same<Same<typeof count, AbortablePromise<number>>>();
  const awaitable: Promise<number> = count;
  count.reject();
  count.reject(new Error("enough"));
  const status = call.fetched(Promise.resolve("https://example.org"));
  same<Same<typeof status, AbortablePromise<number>>>();
  const numbers: AbortablePromise<number>[] = [
    call.annotated(1),
    call.optional(1),
    call.unsignalled(1),
    call.pinnedNothing(),
  ];
  const texts: AbortablePromise<string>[] = [
    call.poller(1),
    call.noParameter(),
    call.noParameter(undefined),
    call.pinned(["x", 2]),
  ];
  const envelope = call.pinnedLater(1);
  same<Same<typeof envelope, AbortablePromise<Envelope<{ n: number }>>>>();
  void [awaitable, numbers, texts];

  // @ts-expect-error a number is needed
  void call.counted("5");
  // @ts-expect-error the signal is not for the caller
  void call.counted(5, new AbortController().signal);
  // @ts-expect-error a tuple is one argument
  void call.pinned("x", 2);
  // @ts-expect-error there is nothing to pass
  void call.noParameter(1);
  // @ts-expect-error nobody can tell a task to stop that does not listen
  void call.plain(1).reject();
}

export async function callOptions(): Promise<void> {
  const { call } = createPool({})({ plain, counted, noParameter });
  const { signal } = new AbortController();
  const options: CallOptions = { signal };
  const one = call.plain(1, { signal });
  same<Same<typeof one, Promise<number>>>();
  const two = call.counted(Promise.resolve(1), options);
  same<Same<typeof two, AbortablePromise<number>>>();
  void call.plain(1, {});
  void call.noParameter(undefined, { signal });
  // @ts-expect-error options are the second argument
  void call.noParameter({ signal });
  // @ts-expect-error no such option
  void call.plain(1, { timeout: 100 });
  // @ts-expect-error not a signal
  void call.plain(1, { signal: true });
  // @ts-expect-error a controller is not a signal
  void call.plain(1, { signal: new AbortController() });

  // A call is still a function of one argument, for those who pass more.
  const all: number[] = await Promise.all([1, 2, 3].map(call.plain));
  const wrapped: (n: number) => Promise<number> = call.plain;
  const argument: Parameters<typeof call.plain> = [1];
  void [all, wrapped, argument];
}

export async function singleTaskPools(): Promise<void> {
  const pool = plain.createPool();
  same<Same<typeof pool, SingleTaskPool<(n: number) => number>>>();
  const four = pool.call(2);
  same<Same<typeof four, Promise<number>>>();
  void pool.call(Promise.resolve(2), { signal: new AbortController().signal });
  // @ts-expect-error not a number
  void pool.call("2");
  // @ts-expect-error the task has no name here
  void pool.call.plain(2);

  const abortable = counted.createPool({ threads: 2, balancer: "firstIdle" });
  const count = abortable.call(5);
  same<Same<typeof count, AbortablePromise<number>>>();
  count.reject();
  // @ts-expect-error no such option
  counted.createPool({ thread: 2 });

  const closed: Promise<void> = abortable.shutdown(100);
  await closed;
  pool[Symbol.dispose]();
  await pool[Symbol.asyncDispose]();
  using disposable = plain.createPool();
  await using waiting = plain.createPool({});
  void [disposable, waiting];
}
