// The options of a pool. Compiled only: scripts/check_types.ts.

import {
  type BalancerStrategy,
  type BootstrapContext,
  createPool,
  type HostOptions,
  type InlinerOptions,
  type Options,
  type PermissionProtocol,
  type RecycleOptions,
  type ResourceLimits,
  type TimerOptions,
  type WorkerOptions,
} from "../../mod.ts";

export function options(): void {
  const inliner: InlinerOptions = { position: "first", batchSize: 2, dispatchThreshold: 3 };
  const timers: TimerOptions = { spinMicroseconds: 0, parkMs: Infinity, pauseNanoseconds: 250 };
  const resourceLimits: ResourceLimits = {
    maxOldGenerationSizeMb: 64,
    maxYoungGenerationSizeMb: 16,
    codeRangeSizeMb: 8,
    stackSizeMb: 4,
  };
  const worker: WorkerOptions = {
    runtime: "thread",
    bootstrap: { href: "./bootstrap.ts", name: "start", data: new Map([[1, "x"]]) },
    resolveAfterFinishingAll: true,
    timers,
    hardTimeoutMs: 1_000,
    onHardTimeout: "replace",
    resourceLimits,
  };
  const host: HostOptions = { stallFreeLoops: 0, maxBackoffMs: 10, dispatcher: "per-thread" };
  const permission: PermissionProtocol = { mode: "custom", console: true, allowImport: true };
  const strategies: BalancerStrategy[] = [
    "roundRobin",
    "robinRound",
    "firstIdle",
    "randomLane",
    "firstIdleOrRandom",
  ];
  const all: Options = {
    threads: 0,
    inliner,
    balancer: { strategy: "firstIdle" },
    worker,
    abortSignalCapacity: 2,
    host,
    workerExecArgv: ["--expose-gc"],
    permission,
  };
  const old: Options = {
    payloadInitialBytes: 1,
    payloadMaxBytes: 8,
    bufferMode: "fixed",
    maxPayloadBytes: 1,
    dispatcher: host,
  };
  const recycle: RecycleOptions = { maxTasks: 100, maxHeapMb: 0.5 };
  const elastic: Options = { minThreads: 0, maxThreads: 4, idleTimeoutMs: Infinity, recycle };
  createPool(elastic);
  // @ts-expect-error a number
  createPool({ minThreads: "max" });
  // @ts-expect-error no such field
  createPool({ recycle: { maxCalls: 1 } });
  createPool(all);
  createPool(old);
  for (const balancer of strategies) createPool({ balancer, permission: "unsafe", inliner: {} });

  // @ts-expect-error strategies are a closed union
  createPool({ balancer: "least-busy" });
  // @ts-expect-error strategies are a closed union
  createPool({ balancer: { strategy: "least-busy" } });
  // @ts-expect-error the inliner is an object
  createPool({ inliner: true });
  // @ts-expect-error no such place
  createPool({ inliner: { position: "middle" } });
  // @ts-expect-error no such runtime
  createPool({ worker: { runtime: "fiber" } });
  // @ts-expect-error a module is needed
  createPool({ worker: { bootstrap: { name: "start" } } });
  // @ts-expect-error no such timer
  createPool({ worker: { timers: { parkSeconds: 1 } } });
  // @ts-expect-error no such reaction
  createPool({ worker: { onHardTimeout: "ignore" } });
  // @ts-expect-error no such limit
  createPool({ worker: { resourceLimits: { heapMb: 1 } } });
  // @ts-expect-error no such dispatcher
  createPool({ host: { dispatcher: "parallel" } });
  // @ts-expect-error a list of flags
  createPool({ workerExecArgv: "--expose-gc" });
  // @ts-expect-error no such mode
  createPool({ permission: "lax" });
  // @ts-expect-error true, or a list of hosts
  createPool({ permission: { allowImport: false } });
  // @ts-expect-error a list of names
  createPool({ permission: { env: { allow: "HOME" } } });
  // @ts-expect-error not a number
  createPool({ abortSignalCapacity: "2" });
}

/** A bootstrap function, as a worker calls it. */
export function start(ports: readonly number[], context: BootstrapContext): number | undefined {
  const { thread, totalNumberOfThread, runtime } = context;
  const name: "node" | "deno" | "bun" | "browser" = runtime;
  void [totalNumberOfThread, name];
  // @ts-expect-error what a worker is told is not for writing
  context.thread = 1;
  return ports[thread];
}
