/**
 * The types a user meets.
 *
 * @module
 */

import type { Options } from "./options.ts";

/** What a task may be: a function of at most one argument. */
// deno-lint-ignore no-explicit-any
export type AnyFunction = (argument?: any) => any;

/** What `createPool` takes: an exported function, or a definition made by `task`. */
export type TaskLike = AnyFunction | { readonly f: AnyFunction };

/** A task with its metadata, as `task` makes it. */
export interface TaskDefinition<F extends AnyFunction> {
  /** The function; calling it directly runs it here, without a pool. */
  readonly f: F;
  /** URL of the module that called `task`: the one that workers import. */
  readonly importedFrom: string;
  /** The how-manieth `task` of that module it is, from 0. */
  readonly at: number;
  /** A number for each definition of this program, from 0. */
  readonly id: number;
}

/** The function behind a task. */
export type FunctionOf<T> = T extends { readonly f: infer F } ? F : T;

/** What may be passed: the value, or a promise of it, which is awaited before the call is sent. */
export type Passed<A> = A | Promise<Awaited<A>>;

/** The one argument of a call, from the parameters of the task. */
export type CallArguments<P extends readonly unknown[]> = P extends [] ? [argument?: undefined]
  : P extends [infer First, ...unknown[]] ? OneArgument<First>
  : [argument?: Passed<P[0]>];

/** One argument: may be left out if it can only be `undefined`. */
export type OneArgument<A> = 0 extends 1 & A ? [argument: A]
  : [A] extends [void | undefined] ? [argument?: undefined]
  : [argument: Passed<A>];

/** How a task is called: its argument or a promise of it, and a promise of its result. */
export type Caller<F> = F extends (...parameters: infer P) => infer R
  ? (...argument: CallArguments<P>) => Promise<Awaited<R>>
  : never;

/** The tasks of a pool as functions. */
export type Callers<T> = { readonly [K in keyof T]: Caller<FunctionOf<T[K]>> };

/** A running pool. */
export interface Pool<T> {
  /**
   * The tasks, called like functions. Each call returns a promise of the task's result; it rejects
   * with what the task throws, or with a `KnittingError`.
   */
  readonly call: Callers<T>;
  /**
   * Ends the pool. Calls that have not settled reject with `KNT_ERROR_CLOSED` ("Thread closed").
   *
   * @param delayMs milliseconds to wait first, 0 by default; until then the pool works as before
   * @returns resolves when every worker is gone; the same promise every time
   */
  shutdown(delayMs?: number): Promise<void>;
  /** Starts {@linkcode Pool.shutdown} and does not wait for it: `using pool = ...`. */
  [Symbol.dispose](): void;
  /** Waits for {@linkcode Pool.shutdown}: `await using pool = ...`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What the second half of `createPool(options)(tasks)` is. */
export type PoolMaker = <const T extends Readonly<Record<string, TaskLike>>>(tasks: T) => Pool<T>;

export type { Options };
