// Options and pools. Compiled only: scripts/check_types.ts.

import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Caller,
  type Callers,
  type CallMeasures,
  carried,
  createPool,
  type DebugOptions,
  isMain,
  KnittingError,
  type KnittingErrorCode,
  type MetricsOptions,
  type Options,
  type PayloadOptions,
  type Pool,
  type PoolMaker,
  type PoolStats,
  setModuleUrl,
  task,
  type TaskLike,
} from "../../mod.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<_Proof extends true>(): void {}

export const square = (n: number): number => n * n;
export const cube = task({ f: (n: number) => n ** 3 });

export function options(): void {
  const none: Options = {};
  const payload: PayloadOptions = {
    mode: "fixed",
    payloadInitialBytes: 1,
    payloadMaxByteLength: 8,
    maxPayloadBytes: 1,
  };
  const debug: DebugOptions = {
    host: true,
    imports: true,
    lifecycle: true,
    signals: true,
    globals: false,
  };
  const metrics: MetricsOptions = { stallMs: 1 };
  const measured: Options = { metrics, diagnostics: true, debug: { trace: "trace.json" } };
  const all: Options = { threads: 2, payload, debug, source: "./worker.ts" };
  const switched: Options = { debug: true };
  const maker: PoolMaker = createPool(all);
  void [none, all, measured, switched, maker({ square })];

  // @ts-expect-error the options are not optional
  createPool();
  // @ts-expect-error not a number
  createPool({ threads: "2" });
  // @ts-expect-error not a path
  createPool({ debug: { trace: true } });
  // @ts-expect-error not a number
  createPool({ metrics: { stallMs: "1" } });
  // @ts-expect-error no such option
  createPool({ thread: 2 });
  // @ts-expect-error the modes are a closed union
  createPool({ payload: { mode: "shrinking" } });
  // @ts-expect-error no such limit
  createPool({ payload: { max: 1 } });
  // @ts-expect-error no such namespace
  createPool({ debug: { hosts: true } });
  // @ts-expect-error not a boolean
  createPool({ debug: "host" });
}

export async function pools(): Promise<void> {
  const pool = createPool({ threads: 1 })({ square, cube, renamed: cube });
  const typed: Pool<{ square: typeof square; cube: typeof cube; renamed: typeof cube }> = pool;
  const callers: Callers<{ square: typeof square }> = pool.call;
  const caller: Caller<typeof square> = pool.call.renamed;
  const tasks: Record<string, TaskLike> = { square, cube };
  void [typed, callers, caller, tasks];

  const closed = pool.shutdown();
  same<Same<typeof closed, Promise<void>>>();
  void pool.shutdown(100);
  // @ts-expect-error not a number
  void pool.shutdown("100");
  const disposed = pool[Symbol.dispose]();
  same<Same<typeof disposed, void>>();
  await pool[Symbol.asyncDispose]();
  {
    using disposable = createPool({})({ square });
    await using waiting = createPool({})({ square });
    void [disposable, waiting];
  }

  // @ts-expect-error not a task
  createPool({})({ square: 1 });
  // @ts-expect-error not a definition
  createPool({})({ square: { g: square } });
  // @ts-expect-error no tasks
  createPool({})();
}

/** The errors that calls reject with. */
export function errors(reason: unknown): KnittingErrorCode | undefined {
  if (!(reason instanceof KnittingError)) return undefined;
  const error: Error = reason;
  void error;
  // @ts-expect-error codes are a closed union
  if (reason.code === "KNT_ERROR_99") return undefined;
  return reason.code;
}

export const main: boolean = isMain;
setModuleUrl(import.meta.url);
setModuleUrl(undefined);
// @ts-expect-error not a URL object
setModuleUrl(new URL(import.meta.url));

export function carries(): void {
  const requestId = carried("requestId", new AsyncLocalStorage<string>());
  const id: string | undefined = requestId.getStore();
  createPool({ carry: [requestId] })({ square });
  // @ts-expect-error not a store
  carried("other", {});
  // @ts-expect-error not an array
  createPool({ carry: requestId });
  void id;
}

export function stats(): void {
  const pool = createPool({ metrics: true })({ square });
  const stats: PoolStats = pool.stats();
  const lane: number | "inline" = stats.lanes[0]!.lane;
  const measures: CallMeasures = stats.measures!;
  const p99: number = measures.wait.p99Ms;
  const queued: number | undefined = stats.tasks["square"]?.queued;
  // @ts-expect-error it is there to be read
  stats.queued = 1;
  void [lane, p99, queued];
}
