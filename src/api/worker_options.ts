/**
 * What a user writes under `worker`; `resolve_worker_options.ts` checks and completes it.
 *
 * @module
 */

import type { RuntimeName } from "../runtime/runtime.ts";

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
  readonly runtime: RuntimeName | "browser";
}

/** What a worker does while there is nothing to do. */
export interface TimerOptions {
  /**
   * Microseconds to look for more calls before parking; 100 more for each MiB that the last ones were
   * answered with, up to 2,000; less, or not at all, while that finds nothing. Default 50; 0 parks at once.
   */
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
   * it had not go to other workers. The time of a call counts from when a worker got it: not while it
   * waits for one, and up to twice as long if others were before it there.
   */
  readonly onHardTimeout?: "shutdown" | "replace";
  /** Limits of each worker's memory. Node only: elsewhere `createPool` throws. */
  readonly resourceLimits?: ResourceLimits;
}
