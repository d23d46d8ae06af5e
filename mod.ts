/**
 * knitting: a worker pool that feels like calling a function.
 *
 * Export a function, create a pool, call it. The call runs on another thread, and the value crosses
 * through shared memory.
 *
 * @example
 * ```ts
 * import { createPool, isMain } from "@vixeny/knitting";
 *
 * export const greet = (name: string) => `hello ${name}`;
 *
 * if (isMain) {
 *   await using pool = createPool({ threads: 1 })({ greet });
 *   console.log(await pool.call.greet("knitting")); // hello knitting
 * }
 * ```
 *
 * @module
 */

export { carried, type CarriedStore } from "./src/api/carried.ts";
export { createPool } from "./src/api/create_pool.ts";
export {
  type AbortableImportTaskOptions,
  importTask,
  type ImportTaskOptions,
} from "./src/api/import_task.ts";
export { setModuleUrl } from "./src/api/module_url.ts";
export type {
  BalancerStrategy,
  DebugOptions,
  HostOptions,
  InlinerOptions,
  MetricsOptions,
  Options,
  PayloadOptions,
  RecycleOptions,
  UnsafeOptions,
} from "./src/api/options.ts";
export type { PermissionPath, PermissionProtocol } from "./src/api/permission_options.ts";
export { type AbortableTaskOptions, task, type TaskOptions } from "./src/api/task.ts";
export type {
  CallMeasures,
  LaneMeasures,
  LaneStats,
  Outcome,
  PoolStats,
  StalledCall,
  TaskStats,
  Timing,
} from "./src/pool/stats.ts";
export type { AbortOption, RetryOptions, TaskTimeout } from "./src/api/task_options.ts";
export type {
  AbortableFunction,
  AbortablePromise,
  AnyFunction,
  Call,
  CallArguments,
  Caller,
  CallerOf,
  Callers,
  CallOptions,
  Closable,
  EachCaller,
  EachCallers,
  EachOptions,
  EnforcedPermission,
  Enforcer,
  MapOptions,
  NoBlob,
  OneArgument,
  Operable,
  Passed,
  Pool,
  PoolMaker,
  PoolPermissions,
  Reply,
  Result,
  SingleTaskPool,
  TaskDefinition,
  TaskLike,
  TaskStream,
} from "./src/api/types.ts";
export type {
  BootstrapContext,
  BootstrapOptions,
  ProcessLimits,
  ProcessSharedMemoryOptions,
  ResourceLimits,
  TimerOptions,
  WorkerOptions,
} from "./src/api/worker_options.ts";
export { workerMainLoop } from "./src/worker/main_loop.ts";
export { Envelope, type EnvelopeBody, type EnvelopeHeader } from "./src/codec/kinds/envelope.ts";
export { KnittingError, type KnittingErrorCode } from "./src/errors.ts";
export type { AbortToolkit } from "./src/runtime/call_signal.ts";
export { isMain } from "./src/runtime/threads.ts";
