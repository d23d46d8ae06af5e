/**
 * Stores whose values go with calls: host and worker know them by their names, because each has its own.
 *
 * @module
 */

/** What an `AsyncLocalStorage` is to the library: whatever has a value, and runs a function with another one. */
export interface CarriedStore {
  /** The value here and now. */
  getStore(): unknown;
  /** Calls `f`, which and all that comes of it finds `value`. */
  run<R>(value: unknown, f: () => R): R;
}

/** Where all copies of the library in one program have the stores. */
const STORES = Symbol.for("knitting.carriedStores");

function stores(): Map<string, CarriedStore> {
  const holder = globalThis as { [STORES]?: Map<string, CarriedStore> };
  return holder[STORES] ??= new Map();
}

/** @throws {TypeError} if another store has the name */
export function declareStore(name: string, store: CarriedStore): void {
  const known = stores().get(name);
  if (known !== undefined && known !== store) {
    throw new TypeError(`there are two carried stores with the name ${JSON.stringify(name)}`);
  }
  stores().set(name, store);
}

/** The name that a store was declared with; `undefined` if it was not. */
export function nameOfStore(store: unknown): string | undefined {
  for (const [name, known] of stores()) if (known === store) return name;
  return undefined;
}

/** The store with a name; `undefined` if no module that is loaded here declares it. */
export function storeNamed(name: string): CarriedStore | undefined {
  return stores().get(name);
}

/** Calls `f` with values of stores; where there is no value, or no store, with what is there anyway. */
export function runWith<R>(
  chosen: readonly (CarriedStore | undefined)[],
  values: readonly unknown[],
  f: () => R,
): R {
  let next = f;
  chosen.forEach((store, i) => {
    const value = values[i];
    if (store === undefined || value === undefined) return;
    const inner = next;
    next = () => store.run(value, inner);
  });
  return next();
}
