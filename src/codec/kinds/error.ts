/**
 * Errors arrive as real errors: of the built-in class they were made from, with name, message, stack,
 * the chain of causes as errors, the errors of an `AggregateError`, and own enumerable fields such as
 * `code`. A field or cause that cannot cross must not hide the error itself: such a field is left
 * out, such a cause arrives as text.
 *
 * ```text
 *   tag, class, name, message, stack, what follows (bits), [cause], [errors], u32 count, key and value ...
 * ```
 *
 * @module
 */

import { KnittingError, type KnittingErrorCode, thrownText } from "../../errors.ts";
import { malformed } from "../refusals.ts";
import { Tag } from "../tags.ts";
import type { StructuredReader } from "./structured_reader.ts";
import type { StructuredWriter } from "./structured_writer.ts";

type ErrorConstructor = new (message: string) => Error;

/** Built-in classes, by their number on the wire; new ones go to the end. */
const classes: readonly ErrorConstructor[] = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
];
const AGGREGATE = classes.length;
const DOM_EXCEPTION = AGGREGATE + 1;
const KNITTING = AGGREGATE + 2;

/** Properties that are written before the fields. */
const RESERVED: ReadonlySet<string> = new Set(["name", "message", "stack", "cause"]);

const HAS_CAUSE = 1;
const HAS_ERRORS = 2;

/** Whether `value` is an error, whatever its prototype chain was made of. */
export function isErrorObject(value: object): value is Error {
  return value instanceof Error || value instanceof DOMException ||
    Object.prototype.toString.call(value) === "[object Error]";
}

/** Writes an error. */
export function writeError(writer: StructuredWriter, error: Error): void {
  const known = writer.errors.indexOf(error);
  if (known >= 0) {
    writer.byte(Tag.ErrorAgain);
    return writer.count(known);
  }
  writer.errors.push(error);

  const cause = read(error, "cause");
  const errors = error instanceof AggregateError ? read(error, "errors")?.value : undefined;
  const hasErrors = Array.isArray(errors);
  writer.byte(Tag.Error);
  writer.byte(classOf(error));
  writer.text(textOf(error, "name", "Error"));
  writer.text(textOf(error, "message", ""));
  writer.text(textOf(error, "stack", ""));
  writer.byte((cause ? HAS_CAUSE : 0) | (hasErrors ? HAS_ERRORS : 0));
  if (cause && !writer.tryEntry("cause", cause.value)) writer.value(thrownText(cause.value));
  if (hasErrors) writeErrors(writer, errors);
  writeFields(writer, error, hasErrors);
}

/** Reads what {@linkcode writeError} wrote. */
export function readError(reader: StructuredReader): Error {
  const kind = reader.byte();
  const name = reader.text();
  const message = reader.text();
  const stack = reader.text();
  const error = construct(kind, name, message);
  reader.errors.push(error);
  if (error.name !== name) hide(error, "name", name);
  hide(error, "stack", stack);
  const follows = reader.byte();
  if (follows & HAS_CAUSE) hide(error, "cause", reader.value());
  if (follows & HAS_ERRORS) hide(error, "errors", reader.value());
  for (let count = reader.count(); count > 0; count--) {
    const key = reader.text();
    if (RESERVED.has(key)) throw malformed(`an error with a second ${key}`);
    const value = reader.value();
    Object.defineProperty(error, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return error;
}

function classOf(error: Error): number {
  if (error instanceof KnittingError) return KNITTING;
  if (error instanceof AggregateError) return AGGREGATE;
  if (error instanceof DOMException) return DOM_EXCEPTION;
  for (let i = classes.length - 1; i > 0; i--) if (error instanceof classes[i]!) return i;
  return 0;
}

/** Without a stack of its own, which takes long to make and is replaced anyway. */
function construct(kind: number, name: string, message: string): Error {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return instantiate(kind, name, message);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function instantiate(kind: number, name: string, message: string): Error {
  if (kind === AGGREGATE) return new AggregateError([], message);
  if (kind === DOM_EXCEPTION) return new DOMException(message, name);
  if (kind === KNITTING) return new KnittingError("KNT_ERROR_3" as KnittingErrorCode, message);
  return new (classes[kind] ?? Error)(message);
}

function writeErrors(writer: StructuredWriter, errors: readonly unknown[]): void {
  writer.byte(Tag.Array);
  writer.count(errors.length);
  errors.forEach((error, index) => {
    if (!writer.tryEntry(`errors[${index}]`, error)) writer.value(thrownText(error));
  });
}

/** Own enumerable fields, without what was written already. */
function writeFields(writer: StructuredWriter, error: Error, hasErrors: boolean): void {
  const position = writer.position;
  writer.count(0);
  let count = 0;
  for (const key of Object.keys(error)) {
    if (RESERVED.has(key) || (hasErrors && key === "errors")) continue;
    if (writer.tryField(key, () => (error as unknown as Record<string, unknown>)[key])) count++;
  }
  writer.patchCount(position, count);
}

/** A property that may be absent, or a getter that throws. */
function read(error: object, key: string): { value: unknown } | undefined {
  try {
    return key in error ? { value: (error as Record<string, unknown>)[key] } : undefined;
  } catch {
    return undefined;
  }
}

/** A property that may be a getter, and may hold anything. */
function textOf(error: object, key: string, fallback: string): string {
  try {
    const value = (error as Record<string, unknown>)[key];
    return typeof value === "string" ? value : fallback;
  } catch {
    return fallback;
  }
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, {
    value,
    enumerable: false,
    configurable: true,
    writable: true,
  });
}
