/**
 * Checks the options of `createPool` and completes them, once, so that nothing behind has to ask.
 *
 * @module
 */

import { mostBytesOf } from "../codec/limits.ts";
import { received } from "../errors.ts";
import type { MeasuringSettings } from "../pool/measuring.ts";
import type { Strategy } from "../pool/scheduler.ts";
import type { RecycleLimits, StaffingSettings } from "../pool/staffing.ts";
import { type DebugNamespaces, debugNamespaces, resolveDebug } from "../runtime/debug.ts";
import { type CarriedStore, nameOfStore } from "../runtime/carried_stores.ts";
import { environment } from "../runtime/environment.ts";
import { canMeasureHeap, cores } from "../runtime/threads.ts";
import type { PolicyRequest } from "../safety/policy.ts";
import {
  boolean,
  duration,
  fields,
  type Given,
  integer,
  limit,
  oneOf,
  optionalFields,
  optionalText,
  text,
} from "./checks.ts";
import { resolvePermission } from "./resolve_permission.ts";
import { type ResolvedWorkerOptions, resolveWorkerOptions } from "./resolve_worker_options.ts";
import type {
  BalancerStrategy,
  DebugOptions,
  HostOptions,
  InlinerOptions,
  MetricsOptions,
  Options,
  PayloadOptions,
  RecycleOptions,
  UnsafeOptions,
} from "./options.ts";

/** Options, checked and complete. */
export interface ResolvedOptions extends ResolvedWorkerOptions {
  /** How many workers there may be. */
  readonly threads: number;
  readonly elastic: StaffingSettings["elastic"];
  readonly recycle: RecycleLimits | undefined;
  readonly inliner: Required<InlinerOptions> | undefined;
  /** `undefined` for the default way of choosing. */
  readonly balancer: Strategy | undefined;
  readonly execArgv: readonly string[] | undefined;
  readonly regionBytes: number;
  readonly usualBytes: number;
  readonly maxPayloadBytes: number;
  readonly abortSignalCapacity: number;
  readonly maxQueue: number;
  readonly highWaterMark: number;
  readonly priorityAgeingMs: number;
  /** `undefined` if nothing is measured. */
  readonly measuring: MeasuringSettings | undefined;
  /** Whether views of references that tasks return end with the pool. */
  readonly lendsReferences: boolean;
  readonly host: Required<HostOptions>;
  readonly permission: PolicyRequest;
  readonly debug: DebugNamespaces | undefined;
  readonly source: string | undefined;
}

const MAX_THREADS = 1024;
const IDLE_TIMEOUT_MS = 30_000;
const MAX_BATCH = 65_536;
const HIGH_WATER_MARK = 1024;
const PRIORITY_AGEING_MS = 1000;
const MAX_ABORT_SIGNALS = 2 ** 20;
const MiB = 1024 * 1024;
const LEAST_PROCESS_REGION_BYTES = MiB;
const MAX_PAYLOAD_MAX_BYTES = 1024 * MiB;

/** What each name of a strategy means. */
export const strategies: Readonly<Record<BalancerStrategy, Strategy>> = {
  roundRobin: "roundRobin",
  robinRound: "roundRobin",
  firstIdle: "firstIdle",
  randomLane: "randomLane",
  firstIdleOrRandom: "firstIdleOrRandom",
};

const optionNames = [
  "threads",
  "minThreads",
  "maxThreads",
  "idleTimeoutMs",
  "recycle",
  "inliner",
  "balancer",
  "worker",
  "payload",
  "abortSignalCapacity",
  "maxQueue",
  "highWaterMark",
  "priorityAgeingMs",
  "metrics",
  "diagnostics",
  "carry",
  "unsafe",
  "host",
  "workerExecArgv",
  "permission",
  "debug",
  "source",
  "payloadInitialBytes",
  "payloadMaxBytes",
  "bufferMode",
  "maxPayloadBytes",
  "dispatcher",
] as const;

/**
 * @throws {TypeError} for a value of the wrong type, and for options that do not exist
 * @throws {RangeError} for a number that is out of range
 * @throws {Error} for options that exclude each other
 */
export function resolveOptions(options: unknown): ResolvedOptions {
  const o: Given<Options> = fields("createPool options", options, optionNames);
  const inliner = resolveInliner(o.inliner);
  const worker = resolveWorkerOptions(o.worker);
  if (inliner !== undefined && worker.bootstrap !== undefined) {
    throw new Error("worker.bootstrap cannot be used with the inliner");
  }
  const debug = checkDebug(o.debug);
  const maxQueue = limit("maxQueue", o.maxQueue, Infinity, 0);
  const highWaterMark = Math.max(1, Math.min(maxQueue, HIGH_WATER_MARK));
  return {
    ...resolveThreads(o, inliner !== undefined),
    recycle: resolveRecycle(o.recycle),
    inliner,
    balancer: resolveBalancer(o.balancer),
    ...worker,
    execArgv: resolveExecArgv(o.workerExecArgv),
    ...resolvePayload(o, worker.process !== undefined),
    abortSignalCapacity: integer(
      "abortSignalCapacity",
      o.abortSignalCapacity,
      258,
      1,
      MAX_ABORT_SIGNALS,
    ),
    maxQueue,
    highWaterMark: limit("highWaterMark", o.highWaterMark, highWaterMark, 1),
    priorityAgeingMs: integer(
      "priorityAgeingMs",
      o.priorityAgeingMs,
      PRIORITY_AGEING_MS,
      1,
      Number.MAX_SAFE_INTEGER,
    ),
    measuring: resolveMeasuring(o, debug),
    lendsReferences: resolveUnsafe(o.unsafe),
    host: resolveHost(o),
    permission: resolvePermission(o.permission),
    debug: resolveDebug(debug),
    source: optionalText("source", o.source, undefined),
  };
}

/** A number of workers that does not change is one without `elastic`. */
function resolveThreads(
  { threads, minThreads, maxThreads, idleTimeoutMs }: Given<Options>,
  hasInliner: boolean,
): Pick<ResolvedOptions, "threads" | "elastic"> {
  if (minThreads === undefined && maxThreads === undefined) {
    if (idleTimeoutMs !== undefined) {
      throw new TypeError(
        "idleTimeoutMs needs minThreads or maxThreads: a fixed number of workers does not change",
      );
    }
    const fixed = integer("threads", threads, 1, hasInliner ? 0 : 1, MAX_THREADS);
    return { threads: fixed, elastic: undefined };
  }
  if (threads !== undefined) {
    throw new TypeError(
      "threads is a fixed number of workers: it cannot be given with minThreads or maxThreads",
    );
  }
  const most = integer("maxThreads", maxThreads, undefined, 1, MAX_THREADS);
  const min = integer("minThreads", minThreads, Math.min(1, most ?? 1), 0, MAX_THREADS);
  const max = most ?? Math.min(MAX_THREADS, Math.max(1, min, cores));
  if (min > max) {
    throw new RangeError(`minThreads must not be more than maxThreads, received ${min} and ${max}`);
  }
  const idle = duration("idleTimeoutMs", idleTimeoutMs, IDLE_TIMEOUT_MS, 1);
  const elastic = min === max ? undefined : { minThreads: min, idleTimeoutMs: idle };
  return { threads: max, elastic };
}

function resolveRecycle(recycle: unknown): RecycleLimits | undefined {
  if (recycle === undefined) return undefined;
  const o: Given<RecycleOptions> = fields("recycle", recycle, ["maxTasks", "maxHeapMb"]);
  const maxTasks = limit("recycle.maxTasks", o.maxTasks, Infinity, 1);
  const maxHeapBytes = duration("recycle.maxHeapMb", o.maxHeapMb, Infinity, 1) * MiB;
  if (maxHeapBytes !== Infinity && !canMeasureHeap) { // not covered: only in browsers, where tests/browser/ runs it
    throw new Error(
      "recycle.maxHeapMb cannot be used in browsers: they do not say how large heaps are",
    );
  }
  if (maxTasks === Infinity && maxHeapBytes === Infinity) return undefined;
  return { maxTasks, maxHeapBytes };
}

function resolveInliner(inliner: unknown): Required<InlinerOptions> | undefined {
  if (inliner === undefined) return undefined;
  const o: Given<InlinerOptions> = fields("inliner", inliner, [
    "position",
    "batchSize",
    "dispatchThreshold",
  ]);
  return {
    position: oneOf("inliner.position", o.position, "last", ["first", "last"]),
    batchSize: integer("inliner.batchSize", o.batchSize, 1, 1, MAX_BATCH),
    dispatchThreshold: integer(
      "inliner.dispatchThreshold",
      o.dispatchThreshold,
      1,
      1,
      Number.MAX_SAFE_INTEGER,
    ),
  };
}

function resolveBalancer(balancer: unknown): ResolvedOptions["balancer"] {
  const strategy = typeof balancer === "object" && balancer !== null
    ? fields("balancer", balancer, ["strategy"]).strategy
    : balancer;
  const known = Object.keys(strategies) as BalancerStrategy[];
  if (typeof strategy === "string" && !known.includes(strategy as BalancerStrategy)) {
    throw new TypeError(
      `Unknown balancer: ${received(strategy)}; expected one of: ${known.join(", ")}`,
    );
  }
  const name = oneOf("balancer", strategy, undefined, known);
  return name && strategies[name];
}

function resolveExecArgv(flags: unknown): readonly string[] | undefined {
  if (flags === undefined) return undefined;
  if (!Array.isArray(flags)) {
    throw new TypeError(`workerExecArgv must be an array of strings, received ${received(flags)}`);
  }
  return flags.map((flag, index) => text(`workerExecArgv[${index}]`, flag));
}

const payloadAliases = [
  ["mode", "bufferMode"],
  ["payloadInitialBytes", "payloadInitialBytes"],
  ["payloadMaxByteLength", "payloadMaxBytes"],
  ["maxPayloadBytes", "maxPayloadBytes"],
] as const;

/** The fields of `payload`, with what their old names say; both together contradict each other. */
function payloadFields(options: Given<Options>): Given<PayloadOptions> {
  const names = payloadAliases.map(([name]) => name);
  const given: Given<PayloadOptions> = optionalFields("payload", options.payload, names);
  const merged = { ...given };
  for (const [name, alias] of payloadAliases) {
    if (options[alias] === undefined) continue;
    if (merged[name] !== undefined) {
      throw new TypeError(`${alias} is an old name of payload.${name}: only one may be given`);
    }
    merged[name] = options[alias];
  }
  return merged;
}

/** There is room for the largest payload from the start; and a process needs some to speak of itself. */
function resolvePayload(
  options: Given<Options>,
  isProcess: boolean,
): Pick<ResolvedOptions, "regionBytes" | "usualBytes" | "maxPayloadBytes"> {
  const o = payloadFields(options);
  const mode = oneOf("payload.mode", o.mode, "growable", ["growable", "fixed"]);
  const max = integer(
    "payload.payloadMaxByteLength",
    o.payloadMaxByteLength,
    64 * MiB,
    8,
    MAX_PAYLOAD_MAX_BYTES,
  );
  const initial = integer(
    "payload.payloadInitialBytes",
    o.payloadInitialBytes,
    Math.min(4 * MiB, max),
    1,
    max,
  );
  const cap = Math.floor(max / 8);
  const maxPayloadBytes = integer("payload.maxPayloadBytes", o.maxPayloadBytes, cap, 1, cap);
  const usualBytes = mode === "fixed" ? max : initial;
  const least = isProcess ? LEAST_PROCESS_REGION_BYTES : 0;
  const regionBytes = Math.max(usualBytes, mostBytesOf(maxPayloadBytes), least);
  return { regionBytes, usualBytes, maxPayloadBytes };
}

function resolveUnsafe(unsafe: unknown): boolean {
  const o: Given<UnsafeOptions> = optionalFields("unsafe", unsafe, ["BufferReferenceReturn"]);
  const name = "unsafe.BufferReferenceReturn";
  return oneOf(name, o.BufferReferenceReturn, "copy", ["copy", "borrow"]) === "borrow";
}

const dispatchers = ["per-thread", "serial-channel"] as const;

function resolveHost({ host, dispatcher }: Given<Options>): Required<HostOptions> {
  if (host !== undefined && dispatcher !== undefined) {
    throw new TypeError("dispatcher is an old name of host: only one may be given");
  }
  const name = dispatcher === undefined ? "host" : "dispatcher";
  const given = host === undefined ? dispatcher : host;
  const o: Given<HostOptions> = optionalFields(name, given, [
    "stallFreeLoops",
    "maxBackoffMs",
    "dispatcher",
  ]);
  const wanted = environment("KNITTING_DISPATCHER");
  const byDefault = dispatchers.find((known) => known === wanted) ?? "serial-channel";
  return {
    stallFreeLoops: Math.trunc(duration(`${name}.stallFreeLoops`, o.stallFreeLoops, 128)),
    maxBackoffMs: duration(`${name}.maxBackoffMs`, o.maxBackoffMs, Infinity),
    dispatcher: oneOf(`${name}.dispatcher`, o.dispatcher, byDefault, dispatchers),
  };
}

function checkDebug(debug: unknown): boolean | DebugOptions | undefined {
  if (debug === undefined || typeof debug === "boolean") return debug;
  if (typeof debug !== "object" || debug === null) {
    throw new TypeError(`debug must be a boolean or an object, received ${received(debug)}`);
  }
  const given: Given<DebugOptions> = fields("debug", debug, [...debugNamespaces, "trace"]);
  for (const name of debugNamespaces) boolean(`debug.${name}`, given[name], false);
  if (given.trace !== undefined) text("debug.trace", given.trace);
  return given as DebugOptions;
}

/** A trace and channels need what the meter says. */
function resolveMeasuring(
  { metrics, diagnostics, carry }: Given<Options>,
  debug: boolean | DebugOptions | undefined,
): MeasuringSettings | undefined {
  const tracePath = typeof debug === "object" ? debug.trace : undefined;
  const stores = resolveCarry(carry);
  const publishes = boolean("diagnostics", diagnostics, false);
  if (metrics !== undefined && typeof metrics !== "boolean" && !isObject(metrics)) {
    throw new TypeError(`metrics must be a boolean or an object, received ${received(metrics)}`);
  }
  const given = isObject(metrics) ? metrics : undefined;
  const o: Given<MetricsOptions> = optionalFields("metrics", given, ["stallMs"]);
  const stallMs = duration("metrics.stallMs", o.stallMs, Infinity, 1);
  const isOn = metrics === true || isObject(metrics) || publishes ||
    tracePath !== undefined || stores.length > 0;
  return isOn ? { stallMs, publishes, stores, tracePath } : undefined;
}

function resolveCarry(carry: unknown): readonly CarriedStore[] {
  if (carry === undefined) return [];
  if (!Array.isArray(carry)) {
    throw new TypeError(`carry must be an array of stores, received ${received(carry)}`);
  }
  return carry.map((store, index) => {
    if (nameOfStore(store) !== undefined) return store as CarriedStore;
    throw new TypeError(`carry[${index}] is not a store that was declared with carried()`);
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
