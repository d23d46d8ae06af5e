/**
 * What a task declares beside its function: the types a user writes, and their checks.
 *
 * @module
 */

import { received } from "../errors.ts";
import type { Retry, TimeLimit, TimeoutOutcome } from "../pool/task_rules.ts";
import type { TaskDeclarations } from "../runtime/branded_task.ts";
import { duration, fields, type Given, integer } from "./checks.ts";

const MAX_ATTEMPTS = 1000;

/**
 * How long a call may take, in milliseconds from the call on, time in the queue included: 0 or more;
 * `Infinity` for no limit. What becomes of a call that takes longer:
 *
 * | form | the call |
 * | --- | --- |
 * | a number, or `{ time }` | rejects with `KNT_ERROR_TIMEOUT` |
 * | `{ time, default }` | resolves to `default`, even if that is `undefined` |
 * | `{ time, maybe: true }` | resolves to `undefined` |
 * | `{ time, error }` | rejects with `error` |
 *
 * The type of the call is that of the function; where `default` or `maybe` gives something else, write the types out:
 * `task<string, string | undefined>({ timeout: { time: 200, maybe: true }, f })`.
 *
 * If several are given, the one further up in `default`, `maybe`, `error` counts. The task itself is
 * not stopped; an abort-aware one is told to.
 */
export type TaskTimeout = number | {
  /** Milliseconds. */
  readonly time: number;
  /** What the call resolves to. */
  readonly default?: unknown;
  /** The call resolves to `undefined`. */
  readonly maybe?: true;
  /** What the call rejects with. */
  readonly error?: unknown;
};

/** Declares that a task takes an {@linkcode AbortToolkit}. Both forms mean the same. */
export type AbortOption = true | { readonly hasAborted: true };

/**
 * Declares that a call may be made again if its worker died before it answered: the task is *idempotent*,
 * to run it twice, or one and a half times, does no harm.
 *
 * Only the death of the worker counts: a crash, an exit, a process that was killed. What the task throws is
 * its answer; and nothing is made again when `worker.hardTimeoutMs` ended the worker. The timeout of
 * the task and the caller's signal go on counting from the first call, and settle it at once, also between
 * two attempts.
 *
 * The argument is read again for each attempt, as it is then. One with a `BufferReference` was moved to the
 * worker, and is gone with it: such a call is not made again.
 */
export interface RetryOptions {
  /**
   * How often the call is made at most, the first time included: 1 to 1000. After the last attempt it rejects
   * with what the worker died of, and the number of attempts in the message.
   */
  readonly attempts: number;
  /** Milliseconds before the second attempt, twice as many before each further one. Default 0. */
  readonly backoffMs?: number;
}

/** The options of a task besides its function, wherever that is. */
export const declarationNames = ["timeout", "abortSignal", "retry", "stream"] as const;

/** Of the options of a task, those; a definition keeps them as they were given. */
export function declarationsIn(
  { timeout, abortSignal, retry, stream }: TaskDeclarations,
): TaskDeclarations {
  return { timeout, abortSignal, retry, stream };
}

/** What the host and workers must know of them. */
interface CheckedDeclarations {
  /** How long a call may take; `undefined` for as long as it likes. */
  readonly limit: TimeLimit | undefined;
  /** Whether the function takes an abort signal. */
  readonly abortable: boolean;
  /** Whether calls are made again when their worker died. */
  readonly retry: Retry | undefined;
  /** Whether what the function returns is declared to be a stream. */
  readonly streams: boolean;
}

/**
 * Checks them.
 *
 * @param nameOf how an option is called in messages
 * @throws {TypeError} for an option of a wrong type
 * @throws {RangeError} for a time below 0, and for NaN
 */
export function checkDeclarations(
  nameOf: (option: keyof TaskDeclarations) => string,
  { timeout, abortSignal, retry, stream }: TaskDeclarations,
): CheckedDeclarations {
  return {
    limit: timeLimit(nameOf("timeout"), timeout),
    abortable: isAbortable(nameOf("abortSignal"), abortSignal),
    retry: resolveRetry(nameOf("retry"), retry),
    streams: isStream(nameOf("stream"), stream),
  };
}

/**
 * The checked form of `retry`.
 *
 * @param name how the option is called: "task retry", or "retry of task ..."
 */
function resolveRetry(name: string, retry: unknown): Retry | undefined {
  if (retry === undefined) return undefined;
  const o: Given<RetryOptions> = fields(name, retry, ["attempts", "backoffMs"]);
  const attempts = integer(`attempts in ${name}`, o.attempts, undefined, 1, MAX_ATTEMPTS);
  if (attempts === undefined) throw new TypeError(`${name} must have a number of attempts`);
  const backoffMs = duration(`backoffMs in ${name}`, o.backoffMs, 0);
  if (backoffMs === Infinity) {
    throw new RangeError(
      `backoffMs in ${name} must be below Infinity: there would be no next attempt`,
    );
  }
  return { attempts, backoffMs };
}

type TimeoutFields = { [name in "time" | "default" | "maybe" | "error"]?: unknown };

/**
 * The checked form of `timeout`; `undefined` for no limit.
 *
 * @throws {TypeError} for a wrong type, and for fields that do not exist
 * @throws {RangeError} for a time below 0, and for NaN
 */
export function timeLimit(name: string, timeout: unknown): TimeLimit | undefined {
  if (timeout === undefined) return undefined;
  if (typeof timeout !== "number" && (typeof timeout !== "object" || timeout === null)) {
    throw new TypeError(`${name} must be a number or an object, received ${received(timeout)}`);
  }
  const o: TimeoutFields = typeof timeout === "number"
    ? { time: timeout }
    : fields(name, timeout, ["time", "default", "maybe", "error"]);
  if (o.time === undefined) throw new TypeError(`${name} must have a time in milliseconds`);
  const ms = duration(typeof timeout === "number" ? name : `${name}.time`, o.time, Infinity);
  if (o.maybe !== undefined && o.maybe !== true) {
    throw new TypeError(`${name}.maybe must be true, received ${received(o.maybe)}`);
  }
  return ms === Infinity ? undefined : { ms, outcome: outcomeOf(o) };
}

function outcomeOf(timeout: TimeoutFields): TimeoutOutcome {
  if ("default" in timeout) return { kind: "resolve", value: timeout.default };
  if (timeout.maybe === true) return { kind: "resolve", value: undefined };
  return timeout.error === undefined
    ? { kind: "error" }
    : { kind: "reject", reason: timeout.error };
}

/** @throws {TypeError} for anything but `true` */
function isStream(name: string, stream: unknown): boolean {
  if (stream === undefined || stream === true) return stream === true;
  throw new TypeError(`${name} must be true, received ${received(stream)}`);
}

/**
 * Whether the task takes an abort signal.
 *
 * @throws {TypeError} for anything but `true` and `{ hasAborted: true }`
 */
function isAbortable(name: string, abortSignal: unknown): boolean {
  if (abortSignal === undefined) return false;
  if (abortSignal === true) return true;
  if (typeof abortSignal !== "object" || abortSignal === null) {
    throw new TypeError(
      `${name} must be true or { hasAborted: true }, received ${received(abortSignal)}`,
    );
  }
  const { hasAborted } = fields(name, abortSignal, ["hasAborted"]);
  if (hasAborted === true) return true;
  throw new TypeError(`${name}.hasAborted must be true, received ${received(hasAborted)}`);
}
