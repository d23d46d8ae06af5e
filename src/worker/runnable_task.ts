/**
 * What a worker knows of a task once it has found its function.
 *
 * @module
 */

import type { TaskFunction } from "../runtime/branded_task.ts";

/** A task as it is run. */
export interface RunnableTask {
  /** For messages. */
  readonly name: string;
  readonly f: TaskFunction;
  /** Whether there is more to its calls than to run the function. */
  readonly isSpecial: boolean;
  /** Whether it gets a signal. */
  readonly abortable: boolean;
  /** Whether what it returns is to be iterated. */
  readonly streams: boolean;
  /** Whether the host must hear when it has returned a promise. */
  readonly timed: boolean;
}
