/**
 * What may happen to a call before its reply comes: time limits and an `AbortSignal` of the caller's may
 * settle it, and the death of its worker may start it again; and if it is a stream, its items come.
 *
 * @module
 */

import type { ArgumentSource } from "./argument_source.ts";
import type { Deadline } from "./deadlines.ts";
import type { ResultStream } from "./result_stream.ts";
import type { Retry, TimeLimit } from "./task_rules.ts";

/** What may happen to one call before its reply. */
export class CallWatch {
  /** The limit of its task. */
  readonly limit: TimeLimit | undefined;
  readonly retry: Retry | undefined;
  readonly signal: AbortSignal | undefined;
  /** The how-manieth time it is made, from 1. */
  attempt = 1;
  /** Where its items go, if it is a stream. */
  readonly stream: ResultStream | undefined;
  /** Where the items of its argument come from, if that is a stream and its task has asked for it. */
  source: ArgumentSource | undefined = undefined;
  /** When the limit of its task ends. */
  soft: Deadline | undefined = undefined;
  /** When `worker.hardTimeoutMs` ends. */
  hard: Deadline | undefined = undefined;
  /** Whether its lane was sent it while others were before it there: nobody knows when it begins. */
  behind = false;
  /** Whether its task has returned a promise. */
  promised = false;
  /** Whether its time is up, while its task is running and cannot be asked. */
  overdue = false;

  constructor(
    limit: TimeLimit | undefined,
    retry: Retry | undefined,
    signal: AbortSignal | undefined,
    stream?: ResultStream,
  ) {
    this.limit = limit;
    this.retry = retry;
    this.signal = signal;
    this.stream = stream;
  }
}
