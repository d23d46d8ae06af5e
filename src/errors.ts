/**
 * Every error the library itself makes. Imports nothing, so that every room may use it.
 *
 * @module
 */

/**
 * The stable codes of {@linkcode KnittingError}.
 *
 * | code | meaning |
 * | --- | --- |
 * | `KNT_ERROR_0` | a function cannot cross to a worker |
 * | `KNT_ERROR_1` | only symbols made with `Symbol.for` can cross |
 * | `KNT_ERROR_2` | the object graph cannot be written: a cycle, a throwing getter, nesting that is too deep |
 * | `KNT_ERROR_3` | the type cannot cross, or the payload is larger than `payload.maxPayloadBytes` |
 * | `KNT_ERROR_CLOSED` | the pool was shut down before the call settled, or before it was made |
 * | `KNT_ERROR_TASK` | the worker cannot find the task: not exported, missing, or not a function |
 * | `KNT_ERROR_WORKER_STARTUP` | workers could not start, for example because a task module throws on import |
 * | `KNT_ERROR_WORKER_CRASHED` | the worker that held the call died of an uncaught error |
 * | `KNT_ERROR_WORKER_EXITED` | the worker that held the call ended before it answered |
 * | `KNT_ERROR_TIMEOUT` | the call took longer than its task's `timeout` |
 * | `KNT_ERROR_HARD_TIMEOUT` | the call took longer than `worker.hardTimeoutMs` |
 * | `KNT_ERROR_ABORT_CAPACITY` | `abortSignalCapacity` calls of abort-aware tasks and streams are unanswered already |
 * | `KNT_ERROR_QUEUE_FULL` | `maxQueue` calls wait for a worker already |
 * | `KNT_ERROR_PROCESS_GUARD` | task code called something that would end the process |
 * | `KNT_ERROR_PROCESS_GUARD_INSTALL` | a worker could not be kept from ending the process, so it did not start |
 * | `KNT_ERROR_PERMISSION` | a restriction in `permission` cannot be enforced, or task code tried what only a guard keeps it from |
 * | `KNT_ERROR_NATIVE` | the native library is missing, or may not be loaded |
 * | `KNT_ERROR_SHARED_MEMORY` | the system or the browser refuses shared memory: a name that is taken or unknown, no space, no access, a page that is not cross-origin isolated |
 * | `KNT_ERROR_RELEASED` | a `BufferReference` or `ProcessSharedBuffer` has no memory any more: it was closed, released or moved |
 * | `KNT_ERROR_NOT_MAIN` | a pool was used where it cannot run: inside a worker |
 * | `KNT_ERROR_NO_CALLER` | the module that defines a task could not be determined |
 */
export type KnittingErrorCode =
  | "KNT_ERROR_0"
  | "KNT_ERROR_1"
  | "KNT_ERROR_2"
  | "KNT_ERROR_3"
  | "KNT_ERROR_CLOSED"
  | "KNT_ERROR_TASK"
  | "KNT_ERROR_WORKER_STARTUP"
  | "KNT_ERROR_WORKER_CRASHED"
  | "KNT_ERROR_WORKER_EXITED"
  | "KNT_ERROR_TIMEOUT"
  | "KNT_ERROR_HARD_TIMEOUT"
  | "KNT_ERROR_ABORT_CAPACITY"
  | "KNT_ERROR_QUEUE_FULL"
  | "KNT_ERROR_PROCESS_GUARD"
  | "KNT_ERROR_PROCESS_GUARD_INSTALL"
  | "KNT_ERROR_PERMISSION"
  | "KNT_ERROR_NATIVE"
  | "KNT_ERROR_SHARED_MEMORY"
  | "KNT_ERROR_RELEASED"
  | "KNT_ERROR_NOT_MAIN"
  | "KNT_ERROR_NO_CALLER";

/**
 * An error made by the library, as opposed to one thrown by a task. `code` never changes between
 * versions; `message` may. `String(error)` is the message alone.
 *
 * @example
 * ```ts
 * import { KnittingError } from "@vixeny/knitting";
 *
 * const error = new KnittingError("KNT_ERROR_CLOSED", "Pool is shut down");
 * console.log(error.code, error instanceof Error, String(error)); // KNT_ERROR_CLOSED true Pool is shut down
 * ```
 */
export class KnittingError extends Error {
  /** Says what went wrong; stable between versions. */
  readonly code: KnittingErrorCode;

  static {
    Object.defineProperty(this.prototype, "name", {
      value: "KnittingError",
      configurable: true,
      writable: true,
    });
  }

  /**
   * Makes an error of the library.
   *
   * @param code what went wrong
   * @param message what was expected and what came
   * @param options `cause`: the error behind this one
   */
  constructor(code: KnittingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** The message alone. */
  override toString(): string {
    return this.message;
  }
}

/** How a rejected value is shown in a message: its type and a short form of it. */
export function received(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > 60 ? value.slice(0, 60) + "…" : value);
    case "bigint":
      return `${value}n`;
    case "function":
      return `function ${value.name || "<anonymous>"}`;
    case "object":
      return Array.isArray(value) ? `an array of ${value.length}` : "an object";
    default:
      return String(value);
  }
}

/** Anything that was thrown as text, also if it does not let itself be made one. */
export function thrownText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return tagOf(value) ?? "something that cannot be shown";
  }
}

function tagOf(value: unknown): string | undefined {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return undefined; // a proxy, or somebody's getter
  }
}
