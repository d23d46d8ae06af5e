/**
 * `createPool`: from options and tasks to a running pool.
 *
 * @module
 */

import { KnittingError, received } from "../errors.ts";
import { Pool as ThreadPool, type PoolSettings } from "../pool/pool.ts";
import { workerEntry } from "../pool/thread_lane.ts";
import { runtime } from "../runtime/current.ts";
import { type DebugLog, lazyDebugLog } from "../runtime/debug.ts";
import {
  fingerprintOf,
  isTask,
  type TaskAddress,
  type TaskFunction,
} from "../runtime/handshake.ts";
import { isMain, workingDirectory } from "../runtime/threads.ts";
import { callerUrl, moduleUrl } from "./module_url.ts";
import type { Options } from "./options.ts";
import { type ResolvedOptions, resolveOptions } from "./resolve_options.ts";
import type { Pool, PoolMaker, TaskLike } from "./types.ts";

/** Task ids are 16 bits on the wire. */
const MAX_TASKS = 65_536;

/**
 * Makes a pool: `createPool(options)(tasks)`. Workers start at once; calls made before they are
 * ready wait for them.
 *
 * Tasks are exported functions of the module that calls `createPool`, or definitions made by `task`
 * anywhere. Workers import those modules, so guard the call with `isMain`. In a worker `createPool`
 * does nothing, and calling a task of the pool it returns throws.
 *
 * @param options see {@linkcode Options}; `{}` for all defaults
 * @throws {TypeError} for an option that does not exist or has the wrong type, and for a task that is
 *   not a function or a definition
 * @throws {RangeError} for an option out of range, and for more than 65,536 tasks
 *
 * @example
 * ```ts
 * import { createPool, isMain } from "@vixeny/knitting";
 *
 * export const square = (n: number) => n * n;
 *
 * if (isMain) {
 *   await using pool = createPool({ threads: 2 })({ square });
 *   console.log(await pool.call.square(8)); // 64
 * }
 * ```
 */
export function createPool(options: Options): PoolMaker {
  if (!isMain) return <T>() => inertPool<T>();
  const resolved = resolveOptions(options);
  const caller = callerUrl(createPool);
  return <const T extends Readonly<Record<string, TaskLike>>>(tasks: T): Pool<T> =>
    startPool(resolved, caller, tasks);
}

function startPool<T extends Readonly<Record<string, TaskLike>>>(
  options: ResolvedOptions,
  caller: string,
  tasks: T,
): Pool<T> {
  const addresses = taskAddresses(caller, tasks);
  const log = options.debug && lazyDebugLog("host", options.debug);
  if (log !== undefined) describePool(log, options, caller, addresses);
  const settings: PoolSettings = {
    threads: options.threads,
    entry: options.source === undefined
      ? workerEntry()
      : new URL(moduleUrl(options.source, caller)),
    regionBytes: options.regionBytes,
    maxPayloadBytes: options.maxPayloadBytes,
    abortSignalCapacity: options.abortSignalCapacity,
    timers: options.timers,
    bootstrap: options.bootstrap && {
      ...options.bootstrap,
      href: moduleUrl(options.bootstrap.href, caller),
    },
    console: options.console,
    execArgv: options.execArgv,
    resourceLimits: options.resourceLimits as Record<string, number> | undefined,
    tasks: addresses,
    log,
  };
  const pool = new ThreadPool(settings);
  const shutdown = (delayMs?: number): Promise<void> => pool.shutdown(wholeMs(delayMs));
  return {
    call: callers(addresses, pool) as Pool<T>["call"],
    shutdown,
    [Symbol.dispose]: () => void shutdown(),
    [Symbol.asyncDispose]: () => shutdown(),
  };
}

/** Where workers find each task, in the order of the pool's keys, which gives the task ids. */
function taskAddresses(
  caller: string,
  tasks: Readonly<Record<string, TaskLike>>,
): readonly TaskAddress[] {
  if (typeof tasks !== "object" || tasks === null) {
    throw new TypeError(`createPool tasks must be an object, received ${received(tasks)}`);
  }
  const entries = Object.entries(tasks);
  if (entries.length > MAX_TASKS) {
    throw new RangeError(
      `Too many tasks: received ${entries.length}. Maximum is ${MAX_TASKS} (Uint16 function IDs: 0..65535).`,
    );
  }
  return entries.map(([name, task]) => {
    if (typeof task === "function") {
      return address(name, caller, undefined, task as TaskFunction);
    }
    if (isTask(task)) return address(name, task.importedFrom, task.lineage, task.f);
    throw new TypeError(
      `createPool task "${name}" must be a task definition or exported function, received ${
        received(task)
      }`,
    );
  });
}

function address(
  name: string,
  module: string,
  lineage: number | undefined,
  f: TaskFunction,
): TaskAddress {
  return {
    name,
    module,
    functionName: f.name,
    lineage,
    fingerprint: fingerprintOf(f),
    abortable: false,
    timed: false,
  };
}

/** The tasks as functions: only what is given here, nothing inherited. */
function callers(tasks: readonly TaskAddress[], pool: ThreadPool): object {
  const object = Object.create(null);
  tasks.forEach(({ name }, task) => {
    Object.defineProperty(object, name, {
      value: (argument: unknown): Promise<unknown> => pool.call(task, argument),
      enumerable: true,
    });
  });
  return object;
}

function wholeMs(delayMs: number | undefined): number {
  return Number.isFinite(delayMs) ? Math.max(0, Math.floor(delayMs!)) : 0;
}

/** What `createPool` gives in a worker, so that a module without a guard can still be imported. */
function inertPool<T>(): Pool<T> {
  const refuse = (): never => {
    throw new KnittingError(
      "KNT_ERROR_NOT_MAIN",
      "createPool can only be called in the main thread. Guard it with isMain: " +
        "workers import the module again.",
    );
  };
  return {
    call: new Proxy(Object.create(null), { get: () => refuse }),
    shutdown: refuse,
    [Symbol.dispose]: () => {},
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function describePool(
  log: DebugLog,
  options: ResolvedOptions,
  caller: string,
  tasks: readonly TaskAddress[],
): void {
  log.line("host", `cwd=${workingDirectory()} caller=${caller}`);
  tasks.forEach(({ name, module }, id) =>
    log.line("host", `task name=${name} id=${id} from=${module}`)
  );
  const lanes = options.threads;
  log.line("host", `pool runtime=${runtime.name} workers=${lanes} lanes=${lanes} inliner=off`);
  log.line("host", `modules=${[...new Set(tasks.map(({ module }) => module))].join(", ")}`);
  const { permissionMode, execArgv, bootstrap } = options;
  const flags = execArgv === undefined ? "" : ` execArgv=${execArgv.join(" ")}`;
  log.line("host", `permission=${permissionMode}${flags}`);
  if (bootstrap !== undefined) {
    const href = moduleUrl(bootstrap.href, caller);
    log.line("host", `bootstrap href=${href} name=${bootstrap.name}`);
  }
}
