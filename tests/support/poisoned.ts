/** Payloads that are more, or other, than what they look like. Made anew for each use. */
export const poisoned: Readonly<Record<string, () => unknown>> = {
  "an object whose constructor throws": () => poison({ a: 1 }, "constructor"),
  "an array whose constructor throws": () => poison([1, undefined, 3], "constructor"),
  "an array whose species throws": () => withSpecies([1, undefined, 3]),
  "bytes whose constructor throws": () => poison(Uint8Array.of(1, 2, 3), "constructor"),
  "bytes whose species throws": () => withSpecies(Uint8Array.of(1, 2, 3)),
  "many bytes whose species throws": () => withSpecies(new Uint8Array(500_000).fill(7)),
  "a buffer whose species throws": () => withSpecies(Uint8Array.of(1, 2, 3).buffer),
  "bytes whose length is no number": () => withOwn(Uint8Array.of(1, 2, 3), "length", NaN),
  "bytes whose length is negative": () => withOwn(Uint8Array.of(1, 2, 3), "length", -5),
  "bytes whose length is too large": () => withOwn(Uint8Array.of(1, 2, 3), "length", 2 ** 32),
  "numbers whose byteLength is too large": () => withOwn(new Float64Array(3), "byteLength", 1e6),
  "numbers whose byteOffset lies": () => withOwn(new Float64Array(3), "byteOffset", 8),
  "bytes whose buffer throws": () => poison(Uint8Array.of(1, 2, 3), "buffer"),
  "a date whose getTime throws": () => poison(new Date(5), "getTime"),
  "an object with a toJSON that throws": () => poison({ a: 1 }, "toJSON"),
  "an error whose constructor throws": () => poison(new RangeError("told"), "constructor"),
  "an error whose stack throws": () => poison(new RangeError("told"), "stack"),
  "a promise whose constructor throws": () => poison(Promise.resolve(1), "constructor"),
  "an object that only looks like bytes": () => Object.create(Uint8Array.prototype),
  "an object that only looks like a buffer": () => Object.create(ArrayBuffer.prototype),
  "an object that only looks like shared memory": () => Object.create(SharedArrayBuffer.prototype),
  "an object that only looks like a date": () => Object.create(Date.prototype),
  "an object that only looks like a promise": () => Object.create(Promise.prototype),
  "a proxy of bytes": () => new Proxy(Uint8Array.of(1, 2, 3), {}),
  "a proxy that throws at every turn": () => new Proxy({}, new Proxy({}, { get: refuse })),
  "an object whose fields throw": () => poison({ a: 1 }, "b"),
};

function refuse(): never {
  throw new Error("do not look");
}

function poison<T extends object>(value: T, name: PropertyKey): T {
  return Object.defineProperty(value, name, { get: refuse, enumerable: true });
}

function withOwn<T extends object>(value: T, name: PropertyKey, own: unknown): T {
  return Object.defineProperty(value, name, { value: own });
}

/** A value that makes new ones of its kind, as `slice` and `map` do, by a function that throws. */
function withSpecies<T extends object>(value: T): T {
  const constructor = Object.defineProperty(() => {}, Symbol.species, { get: refuse });
  return Object.defineProperty(value, "constructor", { value: constructor });
}
