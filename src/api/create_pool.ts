/**
 * `createPool`: from options and tasks to a running pool.
 *
 * @module
 */

import { Pool as WorkerPool, type PoolSettings } from "../pool/pool.ts";
import { workerEntry } from "../pool/worker_entry.ts";
import { runtime } from "../runtime/current.ts";
import { type DebugLog, lazyDebugLog } from "../runtime/debug.ts";
import type { TaskAddress } from "../runtime/handshake.ts";
import { isBundled } from "../runtime/library_files.ts";
import { isWorker, workingDirectory } from "../runtime/threads.ts";
import { laneCount } from "./call_options.ts";
import { callerFunctions, eachFunctions } from "./caller_functions.ts";
import { checkPlace } from "./check_place.ts";
import { describeTasks, refuseImported } from "./describe_tasks.ts";
import { inertPool } from "./inert_pool.ts";
import { mapper } from "./mapper.ts";
import { callerOf, moduleUrl } from "./module_url.ts";
import type { Options } from "./options.ts";
import { type ResolvedOptions, resolveOptions } from "./resolve_options.ts";
import { startOfWorkers } from "./start_of_workers.ts";
import { offerSinglePools, type StartSinglePool } from "./single_pools.ts";
import type { Pool, PoolMaker, TaskLike } from "./types.ts";

/**
 * Makes a pool: `createPool(options)(tasks)`. Workers start at once; calls made before they are
 * ready wait for them.
 *
 * Tasks are exported functions of the module that calls `createPool`, or definitions made by `task`
 * anywhere. Workers import those modules, so guard the call with `isMain`. In a worker of a pool
 * `createPool` does nothing, and calling a task of the pool it returns throws. In other worker threads,
 * where `isMain` is `false` too, it makes a pool.
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
  if (isWorker) return <T>() => inertPool<T>();
  const { url } = callerOf(createPool);
  return poolMaker(options, url);
}

/**
 * What {@linkcode createPool} gives outside of workers.
 *
 * @param caller the module that has called it
 */
export function poolMaker(options: Options, caller: string): PoolMaker {
  const resolved = resolveOptions(options);
  return <const T extends Readonly<Record<string, TaskLike>>>(tasks: T): Pool<T> =>
    startPool(resolved, caller, tasks);
}

/** A pool of one task, for `createPool` of a definition. */
export const singlePool: StartSinglePool = (task, options, caller) => {
  const name = task.target?.name ?? (task.f.name || "task");
  const pool = startPool(resolveOptions(options), caller, { [name]: task });
  return Object.assign(pool, { call: pool.call[name], all: pool.all[name] }) as never;
};
offerSinglePools(singlePool);

function startPool<T extends Readonly<Record<string, TaskLike>>>(
  options: ResolvedOptions,
  caller: string,
  tasks: T,
): Pool<T> {
  checkPlace();
  const found = describeTasks(caller, tasks);
  const addresses = found.map(({ address }) => address);
  if (options.threads === 0) refuseImported(found);
  const log = options.debug && lazyDebugLog("host", options.debug);
  if (log !== undefined) describePool(log, options, caller, addresses);
  const entry = options.source === undefined
    ? workerEntry()
    : new URL(moduleUrl(options.source, caller));
  const bootstrap = options.bootstrap && {
    ...options.bootstrap,
    href: moduleUrl(options.bootstrap.href, caller),
  };
  const modules = new Set([caller, ...found.flatMap(({ modules }) => modules)]);
  if (bootstrap !== undefined) modules.add(bootstrap.href);
  const { permissions, ...workers } = startOfWorkers(options, {
    entry,
    caller,
    modules: [...modules],
  });
  const settings: PoolSettings = {
    threads: options.threads,
    elastic: options.elastic,
    recycle: options.recycle,
    inline: options.inliner && {
      ...options.inliner,
      functions: found.map(({ f, rules }) => rules.imported ? undefined : f),
    },
    strategy: options.balancer ?? (options.elastic === undefined ? "adaptive" : "packed"),
    rules: found.map(({ rules }) => rules),
    hardTimeoutMs: options.hardTimeoutMs,
    onHardTimeout: options.onHardTimeout,
    resolveAfterFinishingAll: options.resolveAfterFinishingAll,
    bellPerWorker: options.host.dispatcher === "per-thread",
    dispatcher: options.host,
    entry,
    selfStart: isBundled && options.source === undefined, // not covered: only in a bundle, which tests/package/ runs
    regionBytes: options.regionBytes,
    usualBytes: options.usualBytes,
    maxPayloadBytes: options.maxPayloadBytes,
    abortSignalCapacity: options.abortSignalCapacity,
    maxQueue: options.maxQueue,
    highWaterMark: options.highWaterMark,
    priorityAgeingMs: options.priorityAgeingMs,
    lendsReferences: options.lendsReferences,
    measuring: options.measuring,
    timers: options.timers,
    bootstrap,
    ...workers,
    tasks: addresses,
    log,
  };
  const pool = new WorkerPool(settings);
  const shutdown = (delayMs?: number): Promise<void> => pool.shutdown(wholeMs(delayMs));
  return {
    call: callerFunctions(addresses, pool, options) as Pool<T>["call"],
    all: eachFunctions(addresses, pool) as Pool<T>["all"],
    map: mapper(options, new Set(found.map(({ f }) => f))),
    permissions,
    ready: () => pool.ready(),
    get needsDrain() {
      return pool.needsDrain;
    },
    drained: () => pool.drained(),
    stats: () => pool.stats(),
    shutdown,
    [Symbol.dispose]: () => void shutdown(),
    [Symbol.asyncDispose]: () => shutdown(),
  };
}

function wholeMs(delayMs: number | undefined): number {
  return Number.isFinite(delayMs) ? Math.max(0, Math.floor(delayMs!)) : 0;
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
  const { threads, elastic, inliner, host } = options;
  const workers = elastic === undefined ? threads : `${elastic.minThreads}..${threads}`; // not covered: only in an elastic pool, which no test looks at in this log
  const lanes = laneCount(options);
  const inline = inliner === undefined ? "off" : "on";
  log.line(
    "host",
    `pool runtime=${runtime.name} workers=${workers} lanes=${lanes} inliner=${inline}`,
  );
  log.line("host", `dispatcher=${host.dispatcher} lanes=${lanes}`);
  log.line("host", `modules=${[...new Set(tasks.map(({ module }) => module))].join(", ")}`);
  const { permission, execArgv, bootstrap } = options;
  const flags = execArgv === undefined ? "" : ` execArgv=${execArgv.join(" ")}`; // not covered: only with workerExecArgv, which no test looks at in this log
  log.line("host", `permission=${permission.mode}${flags}`);
  if (bootstrap !== undefined) {
    const href = moduleUrl(bootstrap.href, caller);
    log.line("host", `bootstrap href=${href} name=${bootstrap.name}`);
  }
}
