/**
 * Pools in workers, which do nothing.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import type { Pool } from "./types.ts";

/** What `createPool` gives in a worker, so that a module without a guard can still be imported. */
export function inertPool<T>(): Pool<T> {
  const refuse = (): never => {
    throw new KnittingError(
      "KNT_ERROR_NOT_MAIN",
      "createPool can only be called in the main thread. Guard it with isMain: " +
        "workers import the module again.",
    );
  };
  // What is called may be a task of it, or the pool's only task itself.
  const refuseAny = new Proxy(refuse, { get: () => refuse }) as never;
  return {
    call: refuseAny,
    all: refuseAny,
    map: refuse,
    permissions: new Proxy({}, { get: () => refuse() }) as never,
    ready: refuse,
    get needsDrain() {
      return refuse();
    },
    drained: refuse,
    stats: refuse,
    shutdown: refuse,
    [Symbol.dispose]: () => {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
