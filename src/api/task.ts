/**
 * `task`: a function with what there is to say about it.
 *
 * @module
 */

import { received } from "../errors.ts";
import type { TaskFunction } from "../runtime/branded_task.ts";
import type { AbortToolkit } from "../runtime/call_signal.ts";
import { fields, type Given } from "./checks.ts";
import { type AnyDefinition, define } from "./definition.ts";
import { callerOf } from "./module_url.ts";
import {
  type AbortOption,
  declarationNames,
  declarationsIn,
  type RetryOptions,
  type TaskTimeout,
} from "./task_options.ts";
import type { AbortableFunction, AnyFunction, TaskDefinition } from "./types.ts";

/** What {@linkcode task} takes. */
export interface TaskOptions<F> {
  /** The function that workers run. It takes one argument; what it returns may be a promise. */
  readonly f: F;
  /** How long a call may take. Default: as long as it likes. */
  readonly timeout?: TaskTimeout;
  /** Whether a call is made again if its worker dies. Default: never. */
  readonly retry?: RetryOptions;
  /**
   * `true`: calls give the items of what `f` returns, an iterator or something that can be iterated, as a
   * {@linkcode TaskStream}. Default: if `f` is a generator function. So it is only needed where that
   * cannot be seen: `f` returns the generator of another function, say, or was compiled for engines
   * without generators.
   */
  readonly stream?: true;
  /** Not given, or else see {@linkcode AbortableTaskOptions}. */
  readonly abortSignal?: undefined;
}

/** What {@linkcode task} takes for an abort-aware task. */
export interface AbortableTaskOptions<F> extends Omit<TaskOptions<F>, "f" | "abortSignal"> {
  /** The function that workers run; its second argument is an {@linkcode AbortToolkit}. */
  readonly f: F;
  /** `f` gets a signal, and calls can be told to stop. */
  readonly abortSignal: AbortOption;
}

/**
 * Describes a task. Only needed where there is more to say than the function, or where the function
 * lives in another module than the call of `createPool`: workers import the module that calls
 * `task`, and find the definition among its exports. So export it.
 *
 * Types are inferred from an annotated function, or pinned: `task<Input, Output>({ f })`.
 *
 * @param options `f`: the function; `timeout`, `abortSignal`, `retry`, `stream`
 * @throws {TypeError} if `f` is not a function, an option has the wrong type, or does not exist
 * @throws {RangeError} for a timeout below 0 and for NaN, and for `retry` out of range
 *
 * @example
 * ```ts
 * import { task } from "@vixeny/knitting";
 *
 * export const add = task({ f: ([a, b]: [number, number]) => a + b });
 * console.log(add.f([1, 2])); // 3, without a pool
 *
 * export const fetchText = task({
 *   timeout: { time: 5_000, default: "" },
 *   abortSignal: true,
 *   f: async (url: string, signal) => (await fetch(url, { signal })).text(),
 * });
 * ```
 */
export function task<F extends AnyFunction>(options: TaskOptions<F>): TaskDefinition<F>;
/**
 * The same for an abort-aware task.
 *
 * @param options `f`: the function; `timeout`, `abortSignal`, `retry`, `stream`
 */
export function task<F extends AbortableFunction>(
  options: AbortableTaskOptions<F>,
): TaskDefinition<F, AbortOption>;
/**
 * The same, with types pinned.
 *
 * @param options `f`: the function; `timeout`, `retry`, `stream`
 */
export function task<A = void, B = void>(
  options: TaskOptions<(argument: Awaited<A>) => B | Promise<B>>,
): TaskDefinition<(argument: A) => B>;
/**
 * The same for an abort-aware task, with types pinned.
 *
 * @param options `f`: the function; `timeout`, `abortSignal`, `retry`, `stream`
 */
export function task<A = void, B = void>(
  options: AbortableTaskOptions<(argument: Awaited<A>, signal: AbortToolkit) => B | Promise<B>>,
): TaskDefinition<(argument: A, signal: AbortToolkit) => B, AbortOption>;
export function task(
  options: TaskOptions<AnyFunction> | AbortableTaskOptions<AbortableFunction>,
): AnyDefinition {
  const o: Given<TaskOptions<AnyFunction>> = fields("task options", options, [
    "f",
    ...declarationNames,
  ]);
  const { f } = o;
  if (typeof f !== "function") {
    throw new TypeError(`task f must be a function, received ${received(f)}`);
  }
  return define("task", {
    f: f as TaskFunction,
    caller: callerOf(task),
    target: undefined,
    declarations: declarationsIn(o),
  });
}
