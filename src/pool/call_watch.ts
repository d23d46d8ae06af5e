/**
 * What may settle a call before its reply comes: time limits, and an `AbortSignal` of the caller's.
 *
 * @module
 */

import type { Deadline } from "./deadlines.ts";
import type { TimeLimit } from "./task_rules.ts";

/** What may settle one call early. */
export class CallWatch {
  /** The limit of its task. */
  readonly limit: TimeLimit | undefined;
  readonly signal: AbortSignal | undefined;
  /** When the limit of its task ends. */
  soft: Deadline | undefined = undefined;
  /** When `worker.hardTimeoutMs` ends. */
  hard: Deadline | undefined = undefined;
  /** Whether its task has returned a promise. */
  promised = false;
  /** Whether its time is up, while its task is running and cannot be asked. */
  overdue = false;

  constructor(limit: TimeLimit | undefined, signal: AbortSignal | undefined) {
    this.limit = limit;
    this.signal = signal;
  }
}
