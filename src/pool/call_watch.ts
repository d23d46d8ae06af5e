/**
 * What may happen to a call before its reply comes: time limits and an `AbortSignal` of the caller's may
 * settle it, and the death of its worker may start it again.
 *
 * @module
 */

import type { Deadline } from "./deadlines.ts";
import type { Retry, TimeLimit } from "./task_rules.ts";

/** What may happen to one call. */
export class CallWatch {
  /** The limit of its task. */
  readonly limit: TimeLimit | undefined;
  readonly retry: Retry | undefined;
  readonly signal: AbortSignal | undefined;
  /** The how-manieth time it is made, from 1. */
  attempt = 1;
  /** When the limit of its task ends. */
  soft: Deadline | undefined = undefined;
  /** When `worker.hardTimeoutMs` ends. */
  hard: Deadline | undefined = undefined;
  /** Whether its task has returned a promise. */
  promised = false;
  /** Whether its time is up, while its task is running and cannot be asked. */
  overdue = false;

  constructor(
    limit: TimeLimit | undefined,
    retry: Retry | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.limit = limit;
    this.retry = retry;
    this.signal = signal;
  }
}
