/**
 * Equality as strict as the payload contract: it tells `-0` from `0`, a hole from `undefined`, each
 * kind of typed array from the others; and it asks of what arrived that it owns its memory.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Envelope } from "../../src/codec/kinds/envelope.ts";
import { KnittingError } from "../../src/errors.ts";

const ERROR_CLASSES: readonly (new (...args: never[]) => Error)[] = [
  KnittingError,
  AggregateError,
  DOMException,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  Error,
];
/** Fields of errors that are not counted as fields of their own. */
const ERROR_KEYS = ["name", "message", "stack", "cause"];

/** Asserts that `actual` is what `sent` should arrive as. */
export function assertArrived(actual: unknown, sent: unknown): void {
  compare(actual, sent, "value", new Map());
}

function compare(actual: unknown, sent: unknown, path: string, seen: Map<unknown, unknown>): void {
  if (typeof sent !== "object" || sent === null) {
    if (!Object.is(actual, sent)) {
      assert.fail(`${path}: expected ${show(sent)}, received ${show(actual)}`);
    }
    return;
  }
  assert.ok(typeof actual === "object" && actual !== null, `${path}: received ${show(actual)}`);
  if (sent instanceof SharedArrayBuffer) return assert.ok(actual === sent, `${path}: other memory`);
  assert.notEqual(actual, sent, `${path}: the very object that was sent`);

  if (sent instanceof Error) return compareErrors(actual, sent, path, seen);
  assert.equal(Object.getPrototypeOf(actual), arrivesAs(sent), `${path}: prototype`);
  if (sent instanceof Date) {
    compare((actual as Date).getTime(), sent.getTime(), `${path} (time)`, seen);
  } else if (sent instanceof ArrayBuffer || ArrayBuffer.isView(sent)) {
    compareBytes(actual as ArrayBuffer, sent, path);
  } else if (sent instanceof Envelope) {
    const envelope = actual as Envelope;
    compare(envelope.header, sent.header, `${path}.header`, seen);
    compare(envelope.payload, sent.payload, `${path}.payload`, seen);
  } else {
    if (Array.isArray(sent)) {
      compare((actual as unknown[]).length, sent.length, `${path}.length`, seen);
    } else {
      // What such a value consists of must be compared above: it need not have fields.
      assert.equal(arrivesAs(sent), Object.prototype, `${path}: a kind that is not compared here`);
    }
    const keys = Array.isArray(sent) ? indices(sent) : Object.keys(sent);
    assert.deepEqual(Object.keys(actual), keys, `${path}: keys`);
    compareFields(actual, sent, keys, path, seen);
  }
}

function compareFields(
  actual: object,
  sent: object,
  keys: readonly string[],
  path: string,
  seen: Map<unknown, unknown>,
): void {
  for (const key of keys) {
    const descriptor = Object.getOwnPropertyDescriptor(actual, key);
    assert.ok(descriptor !== undefined, `${path}[${show(key)}] is missing`);
    const { value, ...attributes } = descriptor;
    assert.deepEqual(attributes, { writable: true, enumerable: true, configurable: true });
    compare(value, (sent as Record<string, unknown>)[key], `${path}[${show(key)}]`, seen);
  }
}

function compareErrors(
  actual: object,
  sent: Error,
  path: string,
  seen: Map<unknown, unknown>,
): void {
  if (seen.has(sent)) return assert.equal(actual, seen.get(sent), `${path}: another error`);
  seen.set(sent, actual);
  const builtIn = ERROR_CLASSES.find((errorClass) => sent instanceof errorClass)!;
  assert.equal(Object.getPrototypeOf(actual), builtIn.prototype, `${path}: class`);
  const error = actual as Error;
  for (const key of ["name", "message", "stack"] as const) {
    // Bun gives a DOMException no stack.
    compare(error[key], sent[key] ?? "", `${path}.${key}`, seen);
    assert.ok(!Object.keys(error).includes(key), `${path}.${key} is enumerable`);
  }
  assert.equal(Object.hasOwn(error, "cause"), Object.hasOwn(sent, "cause"), `${path}.cause`);
  compare(error.cause, sent.cause, `${path}.cause`, seen);
  if (sent instanceof AggregateError) {
    compare((error as AggregateError).errors, sent.errors, `${path}.errors`, seen);
  }
  const keys = Object.keys(sent).filter((key) => !ERROR_KEYS.includes(key));
  assert.deepEqual(Object.keys(error), keys, `${path}: fields`);
  compareFields(error, sent, keys, path, seen);
}

function compareBytes(
  actual: ArrayBuffer | ArrayBufferView,
  sent: ArrayBuffer | ArrayBufferView,
  path: string,
): void {
  const buffer = ArrayBuffer.isView(actual) ? actual.buffer : actual;
  assert.equal(
    Object.getPrototypeOf(buffer),
    ArrayBuffer.prototype,
    `${path}: memory is not its own`,
  );
  assert.equal(buffer.byteLength, actual.byteLength, `${path}: memory is longer than the value`);
  const [a, b] = [bytesOf(actual), bytesOf(sent)];
  assert.equal(a.length, b.length, `${path}: length`);
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) assert.fail(`${path}: byte ${i} is ${a[i]}, sent was ${b[i]}`);
  }
}

function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

/** Arrays become plain arrays, and objects without a prototype get one; nothing else changes. */
function arrivesAs(sent: object): object {
  if (Array.isArray(sent)) return Array.prototype;
  return Object.getPrototypeOf(sent) ?? Object.prototype;
}

/** The places of an array that hold something; other properties of arrays do not cross. */
function indices(array: readonly unknown[]): string[] {
  return Object.keys(array).filter((key) => String(Number(key) >>> 0) === key);
}

function show(value: unknown): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
