/**
 * `carried`: declares a store whose value goes to the worker with calls.
 *
 * @module
 */

import { received } from "../errors.ts";
import { type CarriedStore, declareStore } from "../runtime/carried_stores.ts";

export type { CarriedStore };

/**
 * Declares an `AsyncLocalStorage` whose value can go to workers with calls, see `carry` of `createPool`. Declare it
 * in a module that workers import as well: theirs is another store, found by the name.
 *
 * @param name unlike that of any other such store
 * @param store an `AsyncLocalStorage`, or whatever has `getStore` and `run` like it
 * @returns `store`
 * @throws {TypeError} for a name that is no text or is taken, and for what is no store
 *
 * @example
 * ```ts
 * import { AsyncLocalStorage } from "node:async_hooks";
 * import { carried, createPool, isMain } from "@vixeny/knitting";
 *
 * export const requestId = carried("requestId", new AsyncLocalStorage<string>());
 *
 * export const hello = (name: string) => `${requestId.getStore()}: hello ${name}`;
 *
 * if (isMain) {
 *   await using pool = createPool({ carry: [requestId] })({ hello });
 *   console.log(await requestId.run("request 7", () => pool.call.hello("you"))); // request 7: hello you
 * }
 * ```
 */
export function carried<S extends CarriedStore>(name: string, store: S): S {
  if (typeof name !== "string" || name === "") {
    throw new TypeError(`the name of a carried store must be a text, received ${received(name)}`);
  }
  const { getStore, run } = (store ?? {}) as Partial<CarriedStore>;
  if (typeof getStore !== "function" || typeof run !== "function") {
    throw new TypeError(
      `a carried store must have getStore and run, like AsyncLocalStorage; received ${
        received(store)
      }`,
    );
  }
  declareStore(name, store);
  return store;
}
