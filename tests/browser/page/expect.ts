// What checks say on a page, where there is no node:assert.

/** @throws {Error} unless `condition` */
export function ok(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`expected that ${what}`);
}

/** @throws {Error} unless the two are the same, by type and by all that they hold */
export function equal(actual: unknown, expected: unknown, path = "the value"): void {
  if (Object.is(actual, expected)) return;
  const differ = (): never => {
    throw new Error(`${path} is ${show(actual)} and should be ${show(expected)}`);
  };
  if (typeof actual !== "object" || typeof expected !== "object" || !actual || !expected) differ();
  const [a, b] = [actual as object, expected as object];
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) differ();
  if (a instanceof Date) return equal(a.getTime(), (b as Date).getTime(), `${path}.getTime()`);
  if (a instanceof ArrayBuffer) {
    return equal(new Uint8Array(a), new Uint8Array(b as ArrayBuffer), path);
  }
  if (a instanceof DataView) return equal(a.buffer, (b as DataView).buffer, path);
  if (ArrayBuffer.isView(a)) return equalElements(a as Uint8Array, b as Uint8Array, path);
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  if (keys.join() !== others.join()) differ();
  for (const key of keys) equal(Reflect.get(a, key), Reflect.get(b, key), `${path}.${key}`);
}

function equalElements(actual: Uint8Array, expected: Uint8Array, path: string): void {
  equal(actual.length, expected.length, `${path}.length`);
  for (let i = 0; i < actual.length; i++) {
    if (!Object.is(actual[i], expected[i])) equal(actual[i], expected[i], `${path}[${i}]`);
  }
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  return typeof value === "object" && value !== null
    ? `${value.constructor?.name} ${JSON.stringify(value)?.slice(0, 80)}`
    : String(value);
}

/** What `promise` rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: unknown }> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    ok(error instanceof Error, `an error is thrown, and not ${error}`);
    return error;
  }
  throw new Error(`expected a rejection, and not ${show(value)}`);
}

/** What `act` throws. */
export function thrown(act: () => unknown): Promise<Error & { code?: unknown }> {
  return rejection(Promise.try(act));
}
