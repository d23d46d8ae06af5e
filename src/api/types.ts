/**
 * The types a user meets.
 *
 * @module
 */

import type { AbortToolkit } from "../runtime/call_signal.ts";
import type { EnforcedPermission, PoolPermissions } from "../safety/report.ts";
import type { Enforcer } from "../safety/enforcement.ts";
import type { PoolStats } from "../pool/stats.ts";
import type { Options } from "./options.ts";
import type { AbortOption, RetryOptions, TaskTimeout } from "./task_options.ts";

export type { EnforcedPermission, Enforcer, PoolPermissions };

/** What a task may be: a function of at most one argument. */
// deno-lint-ignore no-explicit-any
export type AnyFunction = (argument?: any) => any;

/** What an abort-aware task may be: the same, and it may look at the signal. */
// deno-lint-ignore no-explicit-any
export type AbortableFunction = (argument: any, signal: AbortToolkit) => any;

/** What `createPool` takes: an exported function, or a definition made by `task` or `importTask`. */
export type TaskLike = AnyFunction | { readonly f: AbortableFunction };

/**
 * A task with its metadata, as `task` and `importTask` make it. `S` is {@linkcode AbortOption} if the
 * task is abort-aware.
 */
export interface TaskDefinition<
  F extends AbortableFunction,
  S extends AbortOption | undefined = undefined,
> {
  /**
   * The function; calling it directly runs it here, without a pool. For an imported task it throws:
   * only workers have that function.
   */
  readonly f: F;
  /** As given. */
  readonly timeout: TaskTimeout | undefined;
  /** As given. */
  readonly abortSignal: S;
  /** As given. */
  readonly retry: RetryOptions | undefined;
  /** As given. */
  readonly stream: true | undefined;
  /** URL of the module that called `task` or `importTask`: the one that workers import. */
  readonly importedFrom: string;
  /** Whether `importTask` made it. */
  readonly imported: boolean;
  /** The how-manieth definition of that module it is, from 0. */
  readonly at: number;
  /** A number for each definition of this program, from 0. */
  readonly id: number;
  /**
   * Makes a pool of this task alone. Export what it returns: in a worker that is this definition, and
   * nothing starts.
   *
   * @param options as for `createPool`; all defaults if left out
   */
  createPool(options?: Options): SingleTaskPool<F, S>;
}

/** `T` without blobs, which cannot cross: their bytes are not there yet. */
// Without strictNullChecks null and undefined would pass for blobs.
export type NoBlob<T> = T extends null | undefined ? T : T extends Blob ? never : T;

/**
 * What may be passed: the value, or a promise of it, which is awaited before the call is sent; where a task reads a
 * stream, the generator of a `function*` as well.
 */
export type Passed<A> =
  | NoBlob<A>
  | Promise<NoBlob<Awaited<A>>>
  | (A extends AsyncIterable<infer Item> ? Generator<Item> : never);

/** The one argument of a call, from the parameters of the task; a second one is the signal. */
export type CallArguments<P extends readonly unknown[]> = P extends [] ? [argument?: undefined]
  : P extends [infer First, ...unknown[]] ? OneArgument<First>
  : [argument?: Passed<P[0]>];

/** One argument: may be left out if it can only be `undefined`. */
export type OneArgument<A> = 0 extends 1 & A ? [argument: A]
  : [A] extends [void | undefined] ? [argument?: undefined]
  : [argument: Passed<A>];

/** What may be said about one call. */
export interface CallOptions {
  /**
   * Ends the call: it rejects with the signal's reason, and an abort-aware task is told to stop. The
   * call is not made if the signal is aborted already.
   */
  readonly signal?: AbortSignal;
  /**
   * Of the calls that wait for a worker, those with a greater priority begin first. Any finite number,
   * fractions and numbers below 0 too; default 0. One level is a head start of
   * {@linkcode Options.priorityAgeingMs}: the call goes before those that have come less than that before
   * it, so none waits for ever. What a worker has begun is not interrupted.
   *
   * @example
   * ```ts
   * import { createPool, isMain } from "@vixeny/knitting";
   *
   * export const shout = (text: string) => text.toUpperCase();
   *
   * if (isMain) {
   *   await using pool = createPool({ threads: 2 })({ shout });
   *   const report = pool.call.shout("the report of the night", { priority: -1 });
   *   console.log(await pool.call.shout("a user", { priority: 1 })); // A USER
   *   await report;
   * }
   * ```
   */
  readonly priority?: number;
  /**
   * Calls with the same key go to the same worker, for what that worker keeps of it: a cache, an open
   * file. Those with the same priority begin in the order in which they were made; each waits for its worker,
   * even if others are free. Different keys may share a worker. Never runs on the main thread, unless
   * there are no workers. If the worker dies, or ends because it was idle, the one in its place gets the
   * calls from then on. Default: any worker.
   *
   * @example
   * ```ts
   * import { createPool, isMain } from "@vixeny/knitting";
   *
   * const seen = new Map<string, number>(); // of each worker
   * export const visit = (user: string) => {
   *   seen.set(user, (seen.get(user) ?? 0) + 1);
   *   return seen.get(user);
   * };
   *
   * if (isMain) {
   *   await using pool = createPool({ threads: 4 })({ visit });
   *   await pool.call.visit("ann", { key: "ann" });
   *   console.log(await pool.call.visit("ann", { key: "ann" })); // 2
   * }
   * ```
   */
  readonly key?: string | number | bigint;
}

/** What may be said about a call of all workers: the same, but for the key. */
export interface EachOptions extends Omit<CallOptions, "key"> {}

/** How {@linkcode Operable.map} goes about it. */
export interface MapOptions {
  /**
   * How many items may be taken from the source whose results have not been read. 1 to 1,048,576; default
   * 16 for each worker.
   */
  readonly concurrency?: number;
  /**
   * `true` (default): results come in the order of their items. `false`: as they are there, so that a slow
   * one holds up none.
   */
  readonly ordered?: boolean;
  /** Ends it: the next read rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** The priority of its calls, as in {@linkcode CallOptions.priority}. */
  readonly priority?: number;
}

/** The promise of an abort-aware call. */
export type AbortablePromise<T> = Promise<T> & {
  /**
   * Without a reason: tells the task to stop, and the promise settles with whatever the task does
   * then. With a reason: also rejects the promise with it, at once.
   */
  reject(reason?: unknown): void;
};

/** A task as a function: takes its argument or a promise of it, returns a promise or stream of its result. */
export interface Call<A extends readonly [argument?: unknown], R, O = CallOptions> {
  /** Calls the task, with options for this call. */
  (argument: A[0], options: O): R;
  // The last one is what `Parameters` sees, and callbacks like that of `map`.
  /** Calls the task. */
  (...argument: A): R;
}

/** How a task is called; `S` as in {@linkcode TaskDefinition}. */
export type Caller<F, S = undefined> = F extends (...parameters: infer P) => infer R
  ? Call<CallArguments<P>, Result<Awaited<R>, S>>
  : never;

/** What a call returns: a stream of the items, if the task returns an iterator. */
export type Result<T, S> = 0 extends 1 & T ? Reply<NoBlob<T>, S>
  : [T] extends [never] ? Reply<NoBlob<T>, S>
  // deno-lint-ignore no-explicit-any
  : [T] extends [AsyncIterator<infer Y, infer R, any> | Iterator<infer Y, infer R, any>]
    ? TaskStream<NoBlob<Awaited<Y>>, NoBlob<Awaited<R>>>
  : [T] extends [AsyncIterable<infer Y>] ? TaskStream<NoBlob<Y>, unknown>
  : Reply<NoBlob<T>, S>;

/**
 * The items of a task that is a generator, as they come. The task begins with the call, and may be ahead of
 * the reader by about a thousand items, or 4 MiB; then it waits. It can be read once.
 *
 * Leaving the loop, or `return()`, lets the task end: its generator leaves at the `yield` where it is, by
 * its `finally` blocks, and the promise of `return()` resolves when it has; with what it throws then it
 * rejects. `throw(reason)` does the same, and rejects with `reason`, which the task does not get to see.
 *
 * @example
 * ```ts
 * import { createPool, isMain } from "@vixeny/knitting";
 *
 * export async function* countTo(limit: number) {
 *   for (let n = 1; n <= limit; n++) yield n;
 * }
 *
 * if (isMain) {
 *   await using pool = createPool({ threads: 1 })({ countTo });
 *   for await (const n of pool.call.countTo(1_000_000)) {
 *     if (n === 3) break; // the task ends here, too
 *     console.log(n);
 *   }
 * }
 * ```
 */
export interface TaskStream<Y, R = void> extends AsyncGenerator<Y, R, undefined> {
  /**
   * Lets the task end, and waits for it.
   *
   * @param value what the promise resolves to, as `value`
   */
  return(value?: R | PromiseLike<R>): Promise<IteratorResult<Y, R>>;
  /** The same as {@linkcode TaskStream.return}: `await using items = pool.call.countTo(3)`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a call returns. */
export type Reply<T, S> = AbortOption extends S ? AbortablePromise<T> : Promise<T>;

/** How a function or a definition is called. */
export type CallerOf<T> = T extends { readonly f: infer F; readonly abortSignal: infer S }
  ? Caller<F, S>
  : T extends { readonly f: infer F } ? Caller<F>
  : Caller<T>;

/** The tasks of a pool as functions. */
export type Callers<T> = { readonly [K in keyof T]: CallerOf<T[K]> };

/** A task called on all workers, from how it is called on one; not one that is a stream. */
export type EachCaller<C> = C extends Call<infer A, infer R>
  // deno-lint-ignore no-explicit-any
  ? R extends AsyncIterator<unknown, unknown, any> ? never
  : Call<A, Promise<Awaited<R>[]>, EachOptions>
  : never;

/** The tasks of a pool as functions that run on all workers. */
export type EachCallers<T> = { readonly [K in keyof T]: EachCaller<CallerOf<T[K]>> };

/** How a pool ends. */
export interface Closable {
  /**
   * Ends the pool. Calls that no worker has answered reject with `KNT_ERROR_CLOSED` ("Thread closed").
   *
   * @param delayMs milliseconds to wait first, 0 by default; until then the pool works as before
   * @returns resolves when every worker is gone; the same promise every time
   */
  shutdown(delayMs?: number): Promise<void>;
  /** Starts {@linkcode Closable.shutdown} and does not wait for it: `using pool = ...`. */
  [Symbol.dispose](): void;
  /** Waits for {@linkcode Closable.shutdown}: `await using pool = ...`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a pool has besides its calls. */
export interface Operable extends Closable {
  /** What workers may do, and who enforces it; {@linkcode Options.permission} says what they should. */
  readonly permissions: PoolPermissions;
  /**
   * Resolves when all workers are ready to run calls, or {@linkcode Options.minThreads} of them, for what should not begin cold; calls need not wait
   * for it. With workers that die and are replaced later it has nothing to do.
   *
   * @throws {KnittingError} `KNT_ERROR_WORKER_STARTUP` if workers cannot start, and `KNT_ERROR_CLOSED` if the
   *   pool is shut down first
   *
   * @example
   * ```ts
   * import { createPool, isMain } from "@vixeny/knitting";
   *
   * export const square = (n: number) => n * n;
   *
   * if (isMain) {
   *   await using pool = createPool({ threads: 2 })({ square });
   *   await pool.ready(); // both workers have loaded this module
   *   console.log(await pool.call.square(8)); // 64
   * }
   * ```
   */
  ready(): Promise<void>;
  /**
   * Whether {@linkcode Options.highWaterMark} calls or more wait for a worker, as of now. Then what makes
   * calls should pause, until {@linkcode Operable.drained} resolves.
   */
  readonly needsDrain: boolean;
  /**
   * Resolves when no call waits for a worker: at once if none does, and at the latest when the pool is shut
   * down. Workers may still be running calls then.
   *
   * @example
   * ```ts
   * import { createPool, isMain } from "@vixeny/knitting";
   *
   * export const square = (n: number) => n * n;
   *
   * if (isMain) {
   *   await using pool = createPool({ threads: 2, highWaterMark: 100 })({ square });
   *   const squares: Promise<number>[] = [];
   *   for (let n = 0; n < 10_000; n++) {
   *     if (pool.needsDrain) await pool.drained();
   *     squares.push(pool.call.square(n));
   *   }
   *   console.log((await Promise.all(squares)).length); // 10000
   * }
   * ```
   */
  drained(): Promise<void>;
  /**
   * Calls a task for each item of a source, and gives the results as they are asked for: `for await`. Items
   * are taken from the source only as far ahead of the reader as `concurrency` says, and none before the
   * first result is asked for; so a source may be larger than memory, or never end.
   *
   * An error of the source or of a call comes once, after the results before it, and is the end. Leaving
   * the loop, too, closes the source, takes back the calls that have not begun, and tells abort-aware tasks
   * that are running to stop.
   *
   * @param source what to take items from; they may be promises, like the argument of any call
   * @param call the task: `pool.call.name`, or `pool.call` of a pool of one task
   * @throws {TypeError} if there is nothing to iterate, `call` is not a function, or an option is wrong
   * @throws {RangeError} for a concurrency out of range, or a priority that is not finite
   *
   * @example
   * ```ts
   * import { createPool, isMain } from "@vixeny/knitting";
   *
   * export const square = (n: number) => n * n;
   *
   * if (isMain) {
   *   await using pool = createPool({ threads: 2 })({ square });
   *   for await (const result of pool.map([1, 2, 3], pool.call.square)) {
   *     console.log(result); // 1, 4, 9
   *   }
   * }
   * ```
   */
  map<A extends readonly [argument?: unknown], R>(
    source: Iterable<A[0]> | AsyncIterable<A[0]>,
    call: Call<A, PromiseLike<R>>,
    options?: MapOptions,
  ): AsyncGenerator<R, void, void>;
  /**
   * What the pool is doing and has done. How many calls wait and run is always there; the rest, such as how they
   * ended and how long they took, needs {@linkcode Options.metrics}, and is `undefined` without. Asking costs
   * some microseconds for each task and worker, and disturbs no worker.
   *
   * @example
   * ```ts
   * import { createPool, isMain } from "@vixeny/knitting";
   *
   * export const square = (n: number) => n * n;
   *
   * if (isMain) {
   *   await using pool = createPool({ threads: 2, metrics: true })({ square });
   *   await Promise.all([1, 2, 3].map((n) => pool.call.square(n)));
   *   const { queued, running, measures } = pool.stats();
   *   console.log(queued, running, measures?.completed); // 0 0 3
   *   console.log(`half of the calls ran for less than ${measures?.run.p50Ms} ms`);
   * }
   * ```
   */
  stats(): PoolStats;
}

/** A running pool. */
export interface Pool<T> extends Operable {
  /**
   * The tasks, called like functions. Each call returns a promise of the task's result, or a
   * {@linkcode TaskStream} of its items; it rejects with what the task throws, or with a `KnittingError`.
   */
  readonly call: Callers<T>;
  /**
   * The same tasks, run once on every worker: to warm a cache, or to empty it. The promise resolves to the
   * results in the order of the workers, and rejects with the first reason of any; the others run to their
   * end. Workers that are still starting run it as soon as they are ready, but if one dies, so does a call
   * that it has begun. An elastic pool starts none for it. The main thread takes no part, also not with
   * `inliner`.
   *
   * @example
   * ```ts
   * import { createPool, isMain } from "@vixeny/knitting";
   *
   * const settings = { language: "en" }; // of each worker
   * export const setLanguage = (language: string) => void (settings.language = language);
   * export const hello = (name: string) => (settings.language === "de" ? "Hallo " : "Hello ") + name;
   *
   * if (isMain) {
   *   await using pool = createPool({ threads: 2 })({ setLanguage, hello });
   *   await pool.all.setLanguage("de");
   *   console.log(await pool.call.hello("Ann")); // Hallo Ann
   * }
   * ```
   */
  readonly all: EachCallers<T>;
}

/** A running pool of one task; `S` as in {@linkcode TaskDefinition}. */
export interface SingleTaskPool<F, S = undefined> extends Operable {
  /** The task, called like a function, as in {@linkcode Pool.call}. */
  readonly call: Caller<F, S>;
  /** The task, run once on every worker, as in {@linkcode Pool.all}. */
  readonly all: EachCaller<Caller<F, S>>;
}

/** What the second half of `createPool(options)(tasks)` is. */
export type PoolMaker = <const T extends Readonly<Record<string, TaskLike>>>(tasks: T) => Pool<T>;
