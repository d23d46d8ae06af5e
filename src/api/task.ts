/**
 * Task definitions.
 *
 * @module
 */

import { received } from "../errors.ts";
import { type BrandedTask, fingerprintOf, lineageAfter, TASK_BRAND } from "../runtime/handshake.ts";
import { callerUrl } from "./module_url.ts";
import type { AnyFunction, TaskDefinition } from "./types.ts";

/** What {@linkcode task} takes. */
export interface TaskOptions<F> {
  /** The function that workers run. It takes one argument; what it returns may be a promise. */
  readonly f: F;
}

let count = 0;
/** The last definition of each module. */
const lastOfModule = new Map<string, { readonly at: number; readonly lineage: number }>();

/**
 * Describes a task. Only needed where there is more to say than the function, or where the function
 * lives in another module than the call of `createPool`: workers import the module that calls
 * `task`, and find the definition among its exports. So export it.
 *
 * Types are inferred from an annotated function, or pinned: `task<Input, Output>({ f })`.
 *
 * @param options `f`: the function
 * @throws {TypeError} if `f` is not a function, or there are other options
 *
 * @example
 * ```ts
 * import { task } from "@vixeny/knitting";
 *
 * export const add = task({ f: ([a, b]: [number, number]) => a + b });
 * console.log(add.f([1, 2])); // 3, without a pool
 * ```
 */
export function task<F extends AnyFunction>(options: TaskOptions<F>): TaskDefinition<F>;
/**
 * The same, with types pinned.
 *
 * @param options `f`: the function
 */
export function task<A = void, B = void>(
  options: TaskOptions<(argument: Awaited<A>) => B | Promise<B>>,
): TaskDefinition<(argument: A) => B>;
export function task(options: TaskOptions<AnyFunction>): TaskDefinition<AnyFunction> {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `task() must be given an object with a function f, received ${received(options)}`,
    );
  }
  const { f, ...others } = options;
  if (typeof f !== "function") {
    throw new TypeError(`task() must be given a function f, received ${received(f)}`);
  }
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new TypeError(`task() cannot have "${unknown}"; expected: f`);
  }
  const importedFrom = callerUrl(task);
  const last = lastOfModule.get(importedFrom);
  const fingerprint = fingerprintOf(f);
  const definition: BrandedTask & TaskDefinition<AnyFunction> = {
    [TASK_BRAND]: true,
    f,
    id: count++,
    importedFrom,
    target: undefined,
    fingerprint,
    at: last === undefined ? 0 : last.at + 1,
    lineage: lineageAfter(last?.lineage ?? 0, fingerprint),
  };
  lastOfModule.set(importedFrom, definition);
  return Object.freeze(definition);
}
