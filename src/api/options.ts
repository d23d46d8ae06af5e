/**
 * The options of `createPool`, as a user writes them; `resolve_options.ts` checks and completes them.
 *
 * @module
 */

import type { CarriedStore } from "../runtime/carried_stores.ts";
import type { PermissionProtocol } from "./permission_options.ts";
import type { WorkerOptions } from "./worker_options.ts";

/** Which diagnostics to write to standard error, and into a file. */
export interface DebugOptions {
  /** Pool and task setup on the host. */
  readonly host?: boolean;
  /** What each worker imported. */
  readonly imports?: boolean;
  /** Workers that start, are ready, end or die. */
  readonly lifecycle?: boolean;
  /** Every call and reply as a worker sees it, and when it sleeps; very chatty. */
  readonly signals?: boolean;
  /** What the bootstrap and loading the tasks changed on `globalThis` of a worker. */
  readonly globals?: boolean;
  /**
   * Path of a file to write a trace of all calls to: when each was made, began and ended, on which worker, and
   * how large its payloads were. Perfetto and `chrome://tracing` open it. The file is complete when the pool has
   * shut down or the program ends; if it is killed, all but the last 100 ms. Turns `metrics` on. Default: none.
   */
  readonly trace?: string;
}

/** What is measured besides what {@linkcode Options.metrics} always measures. */
export interface MetricsOptions {
  /**
   * Milliseconds after which a call that runs counts as stalled. It is reported once: in `pool.stats().stalled`, and to
   * the channel `knitting:call:stalled` of `node:diagnostics_channel`. 1 or more; default `Infinity`, for none.
   */
  readonly stallMs?: number;
}

/** How payloads that do not fit into a slot are kept, for each worker and each direction. */
export interface PayloadOptions {
  /**
   * `"growable"` (default): payloads on their way share `payloadInitialBytes`, and those without room wait;
   * only a payload that is larger makes it more, for good. `"fixed"`: they share all of
   * `payloadMaxByteLength` from the start. What is not used takes no memory, only addresses.
   */
  readonly mode?: "growable" | "fixed";
  /** Bytes to start with, in growable mode. Default 4 MiB; at most `payloadMaxByteLength`. */
  readonly payloadInitialBytes?: number;
  /** Bytes at most. Default 64 MiB; from 8 bytes to 1 GiB. */
  readonly payloadMaxByteLength?: number;
  /**
   * Bytes of one payload at most; a larger one is refused with `KNT_ERROR_3`. Default, and most: an
   * eighth of `payloadMaxByteLength`, 8 MiB. Payloads up to 512 bytes are never refused.
   */
  readonly maxPayloadBytes?: number;
}

/** The main thread as one more lane: it runs calls itself, and their values are not copied. */
export interface InlinerOptions {
  /** Whether this lane comes before or after the workers when one is chosen. Default `"last"`. */
  readonly position?: "first" | "last";
  /** Calls to run in one turn of the event loop, 1 (default) to 65,536. */
  readonly batchSize?: number;
  /**
   * How many calls of the same task, this one included, must be unsettled before this lane may take
   * one: 1 (default) lets it take any.
   */
  readonly dispatchThreshold?: number;
}

/**
 * Which of the lanes that could take a call now gets it. Whatever the strategy, no call waits for a
 * busy lane while another is idle.
 *
 * | name | gets the call |
 * | --- | --- |
 * | `"roundRobin"`, `"robinRound"` | the next lane in turn |
 * | `"firstIdle"` | the first lane with nothing to do, else the next in turn |
 * | `"randomLane"` | any lane |
 * | `"firstIdleOrRandom"` | the first lane with nothing to do, else any |
 */
export type BalancerStrategy =
  | "roundRobin"
  | "robinRound"
  | "firstIdle"
  | "randomLane"
  | "firstIdleOrRandom";

/** How the host waits for replies. */
export interface HostOptions {
  /**
   * How often the host looks for replies in one go before it considers to park, unless a worker that
   * sleeps has to wake up first. Default 128; 0 for not at all.
   */
  readonly stallFreeLoops?: number;
  /**
   * Milliseconds that the host parks at most while calls are with workers; then it looks by itself.
   * 0 never parks while there are calls: the lowest latency, for a whole processor. Default
   * `Infinity`: workers wake the host.
   */
  readonly maxBackoffMs?: number;
  /**
   * `"serial-channel"`: one doorbell for all workers; a wake-up takes the replies of all.
   * `"per-thread"`: one for each worker. Default: the environment variable `KNITTING_DISPATCHER`,
   * else `"serial-channel"`.
   */
  readonly dispatcher?: "per-thread" | "serial-channel";
}

/**
 * When a worker is replaced: for tasks that leak memory, or otherwise get worse with time. Its replacement
 * starts first; until that is ready, it takes calls as before. Then it takes no more, finishes all that it
 * has begun, also what waits for promises, and ends. Only one worker of a pool starts at a time.
 */
export interface RecycleOptions {
  /** After so many calls, 1 or more; some more until the replacement is ready. Default `Infinity`. */
  readonly maxTasks?: number;
  /**
   * When more MiB of its heap than this, 1 or more, are in use after a call. Counted is what the runtime says
   * of this worker alone (`process.memoryUsage().heapUsed`): objects and text, with garbage that has not
   * been collected yet, without the bytes of buffers; on Bun, as of its last collection. Measured
   * every 10 ms at most. Not in browsers. Default `Infinity`.
   */
  readonly maxHeapMb?: number;
}

/** What has to do with `knitting/unsafe`. */
export interface UnsafeOptions {
  /**
   * How a `BufferReference` that a task returns is kept. `"copy"` (default): it is the host's own.
   * `"borrow"`: the same, and a shutdown of the pool detaches the views that were taken of it; the
   * reference keeps its bytes and gives new views. Memory is moved in either case, never copied.
   */
  readonly BufferReferenceReturn?: "copy" | "borrow";
}

/** The options of `createPool`. All are optional. */
export interface Options {
  /**
   * How many workers there are, all the time: 1 (default) to 1024; 0 only with `inliner`. Not together with
   * {@linkcode Options.minThreads} and {@linkcode Options.maxThreads}. In all three a worker is a thread or a
   * process, whatever {@linkcode WorkerOptions.runtime} says.
   */
  readonly threads?: number;
  /**
   * How many workers to start with, and to keep: 0 to 1024, default 1. With 0, the first call starts one,
   * and waits for it. More start, one at a time, when calls have waited for as long as a worker takes to
   * start; so a burst of short calls starts none.
   */
  readonly minThreads?: number;
  /**
   * How many workers there may be: `minThreads` to 1024, default `minThreads` or the number of processors,
   * whichever is more.
   */
  readonly maxThreads?: number;
  /**
   * Milliseconds after which a worker ends that has no call, as long as there are more than `minThreads`;
   * up to a quarter more may pass. 1 or more; `Infinity` for never. Default 30,000.
   */
  readonly idleTimeoutMs?: number;
  /** When workers are replaced by new ones, without losing a call. Default: never. */
  readonly recycle?: RecycleOptions;
  /** Lets the main thread run calls, too. Default: off; `{}` turns it on. */
  readonly inliner?: InlinerOptions;
  /**
   * Which lane gets a call. By default lanes take turns, and a sleeping worker is left asleep as long
   * as one that is awake is through with its calls sooner than the other could be woken.
   */
  readonly balancer?: BalancerStrategy | { readonly strategy?: BalancerStrategy };
  /** How workers start, run and end. */
  readonly worker?: WorkerOptions;
  /** Limits and memory of payloads. */
  readonly payload?: PayloadOptions;
  /**
   * How many calls of tasks with `abortSignal`, and streams, may be unanswered at one time, in the whole
   * pool; one more rejects with `KNT_ERROR_ABORT_CAPACITY`. 1 to 1,048,576, default 258.
   */
  readonly abortSignalCapacity?: number;
  /**
   * How many calls may wait for a worker; one more rejects with `KNT_ERROR_QUEUE_FULL`. A call waits from
   * when its argument is there until a worker begins it, and a worker that runs nothing is about to begin
   * one: so with 0 a call is refused when no worker is free. 0 or more; default `Infinity`.
   */
  readonly maxQueue?: number;
  /**
   * From how many waiting calls on {@linkcode Pool.needsDrain} asks callers to pause. 1 or more; default
   * 1024, or `maxQueue` if that is less.
   */
  readonly highWaterMark?: number;
  /**
   * Milliseconds of head start that one level of {@linkcode CallOptions.priority} gives a call over those
   * that have come before it. 1 or more; default 1000. The more, the longer others may have to wait.
   */
  readonly priorityAgeingMs?: number;
  /**
   * Whether to measure calls, for {@linkcode Pool.stats}: how they ended, how long they ran and waited, how busy
   * workers are, and how many bytes crossed. Default `false`; `true` and `{}` turn it on.
   */
  readonly metrics?: boolean | MetricsOptions;
  /**
   * Whether calls are published in channels of `node:diagnostics_channel`, `tracing:knitting:call:start` and the others
   * of a `TracingChannel`, while somebody subscribes. Turns `metrics` on. Default `false`.
   */
  readonly diagnostics?: boolean;
  /**
   * Stores, declared with {@linkcode carried}, whose values go with every call: a task finds there what its caller has
   * there. Values are what calls may carry, 2,044 bytes together in the form they have then. Turns `metrics` on.
   * Default: none.
   */
  readonly carry?: readonly CarriedStore[];
  /** What has to do with `knitting/unsafe`. */
  readonly unsafe?: UnsafeOptions;
  /** How the host waits for replies. */
  readonly host?: HostOptions;
  /**
   * Flags for the workers instead of those of this program, such as `["--conditions=dev"]`. Node
   * only. Processes have none by default, and may have any. A thread has no flags of V8's: sizes of
   * heap and stack among them become `worker.resourceLimits`. What has no effect is reported by a
   * process warning with the code `KNT_WARN_EXEC_ARGV`: other flags that no thread can have, and
   * elsewhere than on Node all.
   */
  readonly workerExecArgv?: readonly string[];
  /**
   * What workers may do. `"strict"`: what {@linkcode PermissionProtocol} says by default.
   * `"unsafe"`: everything. Default: strict, with modules from any host.
   */
  readonly permission?: "strict" | "unsafe" | PermissionProtocol;
  /**
   * Diagnostics on standard error: `true` for all, or by name. The environment variable
   * `KNITTING_DEBUG` (`*`, or names separated by commas) turns on more. Default: off.
   */
  readonly debug?: boolean | DebugOptions;
  /**
   * URL or path of a module to start workers with, instead of the library's own; a path is relative
   * to the module that calls `createPool`. It must call `workerMainLoop`.
   */
  readonly source?: string;
  /** @deprecated Use `payload.payloadInitialBytes`. */
  readonly payloadInitialBytes?: number;
  /** @deprecated Use `payload.payloadMaxByteLength`. */
  readonly payloadMaxBytes?: number;
  /** @deprecated Use `payload.mode`. */
  readonly bufferMode?: "growable" | "fixed";
  /** @deprecated Use `payload.maxPayloadBytes`. */
  readonly maxPayloadBytes?: number;
  /** @deprecated Use `host`. */
  readonly dispatcher?: HostOptions;
}
