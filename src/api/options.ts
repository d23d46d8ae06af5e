/**
 * The options of `createPool`, as a user writes them; `resolve_options.ts` checks and completes them.
 *
 * @module
 */

import type { RuntimeName } from "../runtime/runtime.ts";
import type { PermissionProtocol } from "./permission_options.ts";

/** Which diagnostics to write to standard error. */
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
}

/** How payloads that do not fit into a slot are kept, for each worker and each direction. */
export interface PayloadOptions {
  /**
   * `"growable"` (default): start with `payloadInitialBytes`; a payload that does not fit gets memory
   * of its own, which is given back once it has been read. `"fixed"`: all of `payloadMaxByteLength`
   * from the start.
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

/**
 * Something that every worker runs once, before it imports tasks: the place to remove environment
 * variables, freeze globals, or set up what tasks need. A worker that replaces another runs it, too. If
 * it throws, the worker does not start, and calls reject with `KNT_ERROR_WORKER_STARTUP`.
 */
export interface BootstrapOptions {
  /** The module: a URL or a path, relative to the module that calls `createPool`. */
  readonly href: string;
  /**
   * The exported function to call and to await, with `data` and a {@linkcode BootstrapContext}.
   * Default `"default"`.
   */
  readonly name?: string;
  /**
   * Its first argument: anything that can be cloned (structured clone), and `ProcessSharedBuffer`, also in
   * arrays, maps, sets and plain objects; for processes, what calls may carry. Workers that start later
   * get what was there at first; leave shared memory open as long as the pool lives.
   */
  readonly data?: unknown;
}

/** What a bootstrap function is told, as its second argument. Frozen. */
export interface BootstrapContext {
  /** Number of this worker, from 0. */
  readonly thread: number;
  /** How many lanes the pool has. */
  readonly totalNumberOfThread: number;
  /** What this worker runs on. */
  readonly runtime: RuntimeName;
}

/** What a worker does while there is nothing to do. */
export interface TimerOptions {
  /** Microseconds to look for more calls before parking. Default 50; 0 parks at once. */
  readonly spinMicroseconds?: number;
  /**
   * Milliseconds after which a parked worker looks for calls by itself. Default `Infinity`: parked
   * workers are woken, and cost nothing until then.
   */
  readonly parkMs?: number;
  /**
   * Nanoseconds, about, to rest between two looks, by `Atomics.pause`; 0 for none. Default 0. Without
   * effect where `Atomics.pause` does not exist.
   */
  readonly pauseNanoseconds?: number;
}

/** Limits of a worker's memory. Node only. */
export interface ResourceLimits {
  /** Megabytes of the main heap; 8 or more. */
  readonly maxOldGenerationSizeMb?: number;
  /** Megabytes of the heap for new objects. */
  readonly maxYoungGenerationSizeMb?: number;
  /** Megabytes reserved for generated code. */
  readonly codeRangeSizeMb?: number;
  /** Megabytes of stack; 0.5 or more. Node's default is 4. */
  readonly stackSizeMb?: number;
}

/** How a process worker finds its memory. */
export interface ProcessSharedMemoryOptions {
  /** See {@linkcode WorkerOptions.processSharedMemory}. Default `"inherit"`. */
  readonly mode?: "inherit" | "named";
  /** What names begin with; 8 letters, digits, `_`, `-` or `.` of it are used. Default `"kpw"`. */
  readonly namePrefix?: string;
  /**
   * Whether names are removed, which happens as soon as the worker has found its memory, and in any case
   * when the pool ends. If not, they stay until this program ends. Default `true`.
   */
  readonly unlinkOnShutdown?: boolean;
}

/** What a process worker may use, at most. Linux only. Without one of them, as much as this program may. */
export interface ProcessLimits {
  /**
   * MiB of memory of its own, from 128 on: heaps, buffers, stacks, the runtime itself. What the runtime only
   * reserves does not count. A task that wants more gets a `RangeError`, or ends its worker, which is
   * replaced. Shared memory is not counted, and files in memory are not.
   */
  readonly memoryMb?: number;
  /** Seconds of processor time of a worker, from 1 on. After that it ends, whatever it does, and is replaced. */
  readonly cpuSeconds?: number;
  /** Files, sockets and the like that a worker has open at one time, from 64 on. */
  readonly openFiles?: number;
}

/** How workers start, run and end. */
export interface WorkerOptions {
  /**
   * What a worker is. `"thread"` (default): a thread of this program, the fastest and the cheapest.
   * `"process"`: a process of its own, which can be another runtime, be sandboxed, and run out of memory
   * or crash without harm to this one. Payloads go through shared memory either way.
   */
  readonly runtime?: "thread" | "process";
  /** Which runtime a process worker runs on, whatever this program runs on. Default `"deno"`. */
  readonly processRuntime?: RuntimeName;
  /**
   * Words before the command of a process worker: a wrapper such as `["nice", "-n", "10"]`, with its own
   * arguments. It must leave standard input alone, through which the worker finds its memory, unless
   * `processSharedMemory` is `"named"`. Default: none.
   */
  readonly processCommandPrefix?: readonly string[];
  /**
   * How a process worker finds its memory. `"inherit"` (default): as its standard input. `"named"`: by a
   * name, for wrappers and containers that replace standard input; both sides must share the namespace
   * of such names (`--ipc=host`). Always `"named"` on Windows.
   */
  readonly processSharedMemory?: "inherit" | "named" | ProcessSharedMemoryOptions;
  /**
   * What a process worker, with all programs that it starts, each for itself, may use. Set with the program
   * `prlimit`, behind `processCommandPrefix`: in a container, the container needs it. Default: no limits.
   */
  readonly processLimits?: ProcessLimits;
  /**
   * `"bwrap"`: the kernel holds a process worker to `permission`, whatever runtime it is, by bubblewrap.
   * It sees only files that it may read (and those it may write), only its own processes, its own
   * `/tmp`, and no network unless `permission.net` allows some. Linux only, with the program `bwrap`; where
   * that cannot make a sandbox, `createPool` throws. Default: none.
   */
  readonly sandbox?: "bwrap";
  /** What every worker runs before it imports tasks. Cannot be combined with the inliner. */
  readonly bootstrap?: BootstrapOptions;
  /**
   * `shutdown` lets every call made before it settle, and ends the workers then. Default `false`: it
   * ends them at once, and such calls reject.
   */
  readonly resolveAfterFinishingAll?: boolean;
  /** What idle workers do. */
  readonly timers?: TimerOptions;
  /**
   * Milliseconds that any call may take, from the call on. A call that takes longer rejects with
   * `KNT_ERROR_HARD_TIMEOUT`, and {@linkcode WorkerOptions.onHardTimeout} says what else happens:
   * unlike `timeout` of a task, this stops code that never returns. (Deno 2.9 does not end such a
   * thread, see denoland/deno#35657: nobody hears of it any more, but it keeps a processor busy.)
   * Default `Infinity`: none.
   */
  readonly hardTimeoutMs?: number;
  /**
   * `"shutdown"` (default): the whole pool ends, even if the call was still waiting for a worker.
   * `"replace"`: only the worker that runs the call is replaced; others that it had begun reject, those
   * it had not go to other workers. A call that is still waiting by then has all of its time again.
   */
  readonly onHardTimeout?: "shutdown" | "replace";
  /** Limits of each worker's memory. Node only: elsewhere `createPool` throws. */
  readonly resourceLimits?: ResourceLimits;
}

/** How the host waits for replies. */
export interface HostOptions {
  /**
   * How often the host looks for replies in one go before it considers to park. Default 128; 0 for
   * not at all.
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
  /** How many workers to start: 1 (default) to 1024; 0 only with `inliner`. */
  readonly threads?: number;
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
   * How many calls of tasks with `abortSignal` may be unanswered at one time, in the whole pool; one
   * more rejects with `KNT_ERROR_ABORT_CAPACITY`. 1 to 1,048,576, default 258.
   */
  readonly abortSignalCapacity?: number;
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
