/**
 * What modules with tasks need of knitting, and nothing that makes pools. Every worker loads the modules of
 * its tasks with all that they import, so they are smaller and start sooner with this than with all of knitting.
 *
 * @example
 * ```ts
 * import { task } from "@vixeny/knitting/task";
 *
 * export const add = task({ f: ([a, b]: [number, number]) => a + b });
 * console.log(add.f([1, 2])); // 3, without a pool
 * ```
 *
 * @module
 */

export { carried, type CarriedStore } from "./src/api/carried.ts";
export {
  type AbortableImportTaskOptions,
  importTask,
  type ImportTaskOptions,
} from "./src/api/import_task.ts";
export { setModuleUrl } from "./src/api/module_url.ts";
export { type AbortableTaskOptions, task, type TaskOptions } from "./src/api/task.ts";
export type { AbortOption, RetryOptions, TaskTimeout } from "./src/api/task_options.ts";
export type {
  AbortableFunction,
  AnyFunction,
  SingleTaskPool,
  TaskDefinition,
} from "./src/api/types.ts";
export { Envelope, type EnvelopeBody, type EnvelopeHeader } from "./src/codec/kinds/envelope.ts";
export { KnittingError, type KnittingErrorCode } from "./src/errors.ts";
export type { AbortToolkit } from "./src/runtime/call_signal.ts";
export { isMain } from "./src/runtime/threads.ts";
