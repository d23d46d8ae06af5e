/**
 * Values at random, of every kind that can cross.
 *
 * @module
 */

import fc from "fast-check";
import { Buffer } from "node:buffer";
import { Envelope } from "../../src/codec/kinds/envelope.ts";
import { KnittingError } from "../../src/errors.ts";
import { TYPED_ARRAYS } from "./binary.ts";

const unit = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 32, max: 126 }) },
  fc.integer({ min: 0, max: 0xff }),
  fc.integer({ min: 0, max: 0xffff }),
  fc.integer({ min: 0xd800, max: 0xdfff }),
);
const text = fc.oneof(
  fc.array(unit, { maxLength: 60 }).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 200 }))
    .map(([pattern, times]) => pattern.repeat(times)),
);
const key = fc.oneof(
  fc.string({ maxLength: 10 }),
  text,
  fc.constantFrom("__proto__", "constructor", "toString", "then", "length", "0", "-1", "a b"),
);

const binary = fc.tuple(
  fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.integer({ min: 0, max: 1500 }).map((length) => new Uint8Array(length).fill(length)),
  ),
  fc.nat(8),
  fc.nat(TYPED_ARRAYS.length + 2),
).map(([bytes, at, kind]): ArrayBuffer | ArrayBufferView => {
  const from = Math.min(at * 8, bytes.length & ~7);
  const buffer = bytes.slice().buffer;
  if (kind === TYPED_ARRAYS.length) return buffer;
  if (kind === TYPED_ARRAYS.length + 1) return Buffer.from(buffer, from);
  if (kind === TYPED_ARRAYS.length + 2) return new DataView(buffer, from);
  const View = TYPED_ARRAYS[kind]!;
  return new View(buffer, from, Math.floor((bytes.length - from) / View.BYTES_PER_ELEMENT));
});

const date = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc.double().map((time) => new Date(time)),
);
const bigint = fc.oneof(
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
  fc.tuple(fc.nat(2000), fc.bigInt({ min: -2n, max: 2n })).map(([bits, n]) =>
    2n ** BigInt(bits) + n
  ),
);
const primitive = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(undefined, null, true, false, NaN, -0, 0, Infinity, -Infinity),
  text,
  bigint,
  key.map((key) => Symbol.for(key)),
);

/** Things that JSON carries; without them hardly any value at random would go as JSON. */
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.oneof(
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
    fc.array(tie("value"), { maxLength: 6 }),
    fc.dictionary(key, tie("value"), { maxKeys: 6 }),
  ),
})).value;

const { value } = fc.letrec<{ value: unknown; error: Error }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    primitive,
    date,
    binary,
    json,
    fc.array(tie("value"), { maxLength: 6 }),
    fc.sparseArray(tie("value"), { maxLength: 12, maxNumElements: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 6 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: false }),
    tie("error"),
  ),
  error: fc.record({
    kind: fc.nat(9),
    message: text,
    name: fc.option(text, { nil: undefined }),
    stack: fc.option(text, { nil: undefined }),
    cause: fc.option(tie("value"), { nil: undefined }),
    errors: fc.array(tie("value"), { maxLength: 3 }),
    fields: fc.dictionary(key, tie("value"), { maxKeys: 3 }),
  }).map(makeError),
}));

interface ErrorParts {
  kind: number;
  message: string;
  name: string | undefined;
  stack: string | undefined;
  cause: unknown;
  errors: unknown[];
  fields: Record<string, unknown>;
}

function makeError({ kind, message, name, stack, cause, errors, fields }: ErrorParts): Error {
  const classes = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError];
  const options = cause === undefined ? undefined : { cause };
  const error = kind === 7
    ? new AggregateError(errors, message, options)
    : kind === 8
    ? new DOMException(message, name ?? "Error")
    : kind === 9
    ? new KnittingError("KNT_ERROR_TASK", message, options)
    : new classes[kind]!(message, options);
  const hide = (key: string, value: unknown): void => {
    Object.defineProperty(error, key, { value, enumerable: false, configurable: true });
  };
  if (name !== undefined && kind !== 8) hide("name", name);
  if (stack !== undefined) hide("stack", stack);
  for (const [key, value] of Object.entries(fields)) {
    if (["name", "message", "stack", "cause", "errors", "code"].includes(key)) continue;
    Object.defineProperty(error, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return error;
}

const envelope = (body: fc.Arbitrary<ArrayBufferLike | ArrayBufferView>): fc.Arbitrary<unknown> =>
  fc.tuple(json, body).map(([header, body]) => {
    const payload = ArrayBuffer.isView(body) ? body.buffer as ArrayBuffer : body;
    return new Envelope(header as string, payload as ArrayBuffer);
  });

/** Everything that can be an argument or a result, but for shared memory. */
export const anyUnsharedValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 12, arbitrary: value },
  { weight: 2, arbitrary: json },
  envelope(binary),
);

/** Everything that can be an argument or a result. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 28, arbitrary: anyUnsharedValue },
  envelope(fc.constant(new SharedArrayBuffer(8))),
  fc.constant(new SharedArrayBuffer(16)),
);
