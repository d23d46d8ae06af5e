/**
 * Checks the options of `createPool` and completes them, once, so that nothing behind has to ask.
 *
 * @module
 */

import { received } from "../errors.ts";
import { type DebugNamespaces, debugNamespaces, resolveDebug } from "../runtime/debug.ts";
import { runtime } from "../runtime/current.ts";
import { leastLimits } from "../runtime/thread_flags.ts";
import { environment } from "../runtime/threads.ts";
import { boolean, duration, fields, integer, oneOf, text } from "./checks.ts";
import type {
  BalancerStrategy,
  BootstrapOptions,
  DebugOptions,
  HostOptions,
  InlinerOptions,
  TimerOptions,
} from "./options.ts";

/** Options, checked and complete. */
export interface ResolvedOptions {
  readonly threads: number;
  readonly inliner: Required<InlinerOptions> | undefined;
  /** `undefined` for the default way of choosing. */
  readonly balancer: Exclude<BalancerStrategy, "robinRound"> | undefined;
  readonly bootstrap: Required<BootstrapOptions> | undefined;
  readonly resolveAfterFinishingAll: boolean;
  readonly timers: Required<TimerOptions>;
  /** `Infinity` for none. */
  readonly hardTimeoutMs: number;
  readonly onHardTimeout: "shutdown" | "replace";
  /** What is given of `worker.resourceLimits`. */
  readonly resourceLimits: Readonly<Record<string, number>> | undefined;
  readonly execArgv: readonly string[] | undefined;
  readonly regionBytes: number;
  readonly maxPayloadBytes: number;
  readonly abortSignalCapacity: number;
  readonly host: Required<HostOptions>;
  readonly permissionMode: "strict" | "unsafe" | "custom";
  /** Whether `console` of a worker writes. */
  readonly console: boolean;
  readonly debug: DebugNamespaces | undefined;
  readonly source: string | undefined;
}

const MAX_THREADS = 1024;
const MAX_BATCH = 65_536;
const MAX_ABORT_SIGNALS = 2 ** 20;
const MiB = 1024 * 1024;
const MAX_PAYLOAD_MAX_BYTES = 1024 * MiB;

const optionNames = [
  "threads",
  "inliner",
  "balancer",
  "worker",
  "payload",
  "abortSignalCapacity",
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

type RawOptions = { [name in typeof optionNames[number]]?: unknown };

/**
 * @throws {TypeError} for a value of the wrong type, and for options that do not exist
 * @throws {RangeError} for a number that is out of range
 * @throws {Error} for options that exclude each other
 */
export function resolveOptions(options: unknown): ResolvedOptions {
  const o = fields("createPool options", options, optionNames);
  const inliner = resolveInliner(o.inliner);
  const worker = resolveWorker(o.worker);
  if (inliner !== undefined && worker.bootstrap !== undefined) {
    throw new Error("worker.bootstrap cannot be used with the inliner");
  }
  return {
    threads: integer("threads", o.threads, 1, inliner === undefined ? 1 : 0, MAX_THREADS),
    inliner,
    balancer: resolveBalancer(o.balancer),
    ...worker,
    execArgv: resolveExecArgv(o.workerExecArgv),
    ...resolvePayload(o),
    abortSignalCapacity: integer(
      "abortSignalCapacity",
      o.abortSignalCapacity,
      258,
      1,
      MAX_ABORT_SIGNALS,
    ),
    host: resolveHost(o),
    ...resolvePermission(o.permission),
    debug: resolveDebug(checkDebug(o.debug)),
    source: o.source === undefined ? undefined : text("source", o.source),
  };
}

function resolveInliner(inliner: unknown): Required<InlinerOptions> | undefined {
  if (inliner === undefined) return undefined;
  const o = fields("inliner", inliner, ["position", "batchSize", "dispatchThreshold"]);
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
  const known = [
    "roundRobin",
    "robinRound",
    "firstIdle",
    "randomLane",
    "firstIdleOrRandom",
  ] as const;
  if (typeof strategy === "string" && !known.includes(strategy as BalancerStrategy)) {
    throw new TypeError(
      `Unknown balancer: ${received(strategy)}; expected one of: ${known.join(", ")}`,
    );
  }
  const name = oneOf("balancer", strategy, undefined, known);
  return name === "robinRound" ? "roundRobin" : name;
}

type ResolvedWorker = Pick<
  ResolvedOptions,
  | "bootstrap"
  | "resolveAfterFinishingAll"
  | "timers"
  | "hardTimeoutMs"
  | "onHardTimeout"
  | "resourceLimits"
>;

function resolveWorker(worker: unknown): ResolvedWorker {
  const o = worker === undefined ? {} : fields("worker", worker, [
    "runtime",
    "bootstrap",
    "resolveAfterFinishingAll",
    "timers",
    "hardTimeoutMs",
    "onHardTimeout",
    "resourceLimits",
  ]);
  oneOf("worker.runtime", o.runtime, "thread", ["thread"]);
  return {
    bootstrap: resolveBootstrap(o.bootstrap),
    resolveAfterFinishingAll: boolean(
      "worker.resolveAfterFinishingAll",
      o.resolveAfterFinishingAll,
      false,
    ),
    timers: resolveTimers(o.timers),
    hardTimeoutMs: Math.max(
      1,
      Math.floor(duration("worker.hardTimeoutMs", o.hardTimeoutMs, Infinity)),
    ),
    onHardTimeout: oneOf("worker.onHardTimeout", o.onHardTimeout, "shutdown", [
      "shutdown",
      "replace",
    ]),
    resourceLimits: resolveResourceLimits(o.resourceLimits),
  };
}

function resolveBootstrap(bootstrap: unknown): Required<BootstrapOptions> | undefined {
  if (bootstrap === undefined) return undefined;
  const o = fields("worker.bootstrap", bootstrap, ["href", "name", "data"]);
  return {
    href: text("worker.bootstrap.href", o.href),
    name: o.name === undefined ? "default" : text("worker.bootstrap.name", o.name),
    data: cloned("worker.bootstrap.data", o.data),
  };
}

/** A copy as a worker gets it: workers that start later get the same. */
function cloned(name: string, value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch (cause) {
    throw new TypeError(`${name} must be something that can be cloned: ${cause}`, { cause });
  }
}

function resolveTimers(timers: unknown): Required<TimerOptions> {
  const o = timers === undefined
    ? {}
    : fields("worker.timers", timers, ["spinMicroseconds", "parkMs", "pauseNanoseconds"]);
  return {
    spinMicroseconds: duration("worker.timers.spinMicroseconds", o.spinMicroseconds, 50),
    parkMs: duration("worker.timers.parkMs", o.parkMs, Infinity, 1),
    pauseNanoseconds: duration("worker.timers.pauseNanoseconds", o.pauseNanoseconds, 0),
  };
}

function resolveResourceLimits(limits: unknown): ResolvedOptions["resourceLimits"] {
  if (limits === undefined) return undefined;
  const o = fields("worker.resourceLimits", limits, [
    "maxOldGenerationSizeMb",
    "maxYoungGenerationSizeMb",
    "codeRangeSizeMb",
    "stackSizeMb",
  ]);
  if (!runtime.hasThreadFlags) {
    throw new Error(
      `worker.resourceLimits cannot be set on ${runtime.name}: only Node can limit a thread's memory`,
    );
  }
  const given = Object.entries(o).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    const least = leastLimits[name] ?? 0;
    const limit = duration(`worker.resourceLimits.${name}`, value, undefined, least);
    if (limit === 0 || limit === Infinity) {
      throw new RangeError(
        `worker.resourceLimits.${name} must be a number above 0 and below Infinity, received ${limit}`,
      );
    }
  }
  return Object.fromEntries(given) as Record<string, number>;
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
function payloadFields(options: RawOptions): PayloadFields {
  const names = payloadAliases.map(([name]) => name);
  const given = options.payload === undefined ? {} : fields("payload", options.payload, names);
  const merged: PayloadFields = { ...given };
  for (const [name, alias] of payloadAliases) {
    if (options[alias] === undefined) continue;
    if (merged[name] !== undefined) {
      throw new TypeError(`${alias} is an old name of payload.${name}: only one may be given`);
    }
    merged[name] = options[alias];
  }
  return merged;
}

type PayloadFields = { [name in typeof payloadAliases[number][0]]?: unknown };

function resolvePayload(
  options: RawOptions,
): Pick<ResolvedOptions, "regionBytes" | "maxPayloadBytes"> {
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
  return {
    regionBytes: mode === "fixed" ? max : initial,
    maxPayloadBytes: integer("payload.maxPayloadBytes", o.maxPayloadBytes, cap, 1, cap),
  };
}

const dispatchers = ["per-thread", "serial-channel"] as const;

function resolveHost({ host, dispatcher }: RawOptions): Required<HostOptions> {
  if (host !== undefined && dispatcher !== undefined) {
    throw new TypeError("dispatcher is an old name of host: only one may be given");
  }
  const name = dispatcher === undefined ? "host" : "dispatcher";
  const given = host === undefined ? dispatcher : host;
  const o = given === undefined
    ? {}
    : fields(name, given, ["stallFreeLoops", "maxBackoffMs", "dispatcher"]);
  const wanted = environment("KNITTING_DISPATCHER");
  const byDefault = dispatchers.find((known) => known === wanted) ?? "serial-channel";
  return {
    stallFreeLoops: Math.trunc(duration(`${name}.stallFreeLoops`, o.stallFreeLoops, 128)),
    maxBackoffMs: duration(`${name}.maxBackoffMs`, o.maxBackoffMs, Infinity),
    dispatcher: oneOf(`${name}.dispatcher`, o.dispatcher, byDefault, dispatchers),
  };
}

function resolvePermission(
  permission: unknown,
): Pick<ResolvedOptions, "permissionMode" | "console"> {
  if (permission === undefined || typeof permission === "string") {
    const permissionMode = oneOf("permission", permission, "strict", ["strict", "unsafe"]);
    return { permissionMode, console: permissionMode === "unsafe" };
  }
  const o = fields("permission", permission, ["mode", "console", "allowImport"]);
  if (o.allowImport !== undefined && o.allowImport !== true) {
    throw new TypeError(`permission.allowImport must be true, received ${received(o.allowImport)}`);
  }
  const permissionMode = oneOf("permission.mode", o.mode, "strict", ["strict", "unsafe", "custom"]);
  return {
    permissionMode,
    console: boolean("permission.console", o.console, permissionMode === "unsafe"),
  };
}

function checkDebug(debug: unknown): boolean | DebugOptions | undefined {
  if (debug === undefined || typeof debug === "boolean") return debug;
  if (typeof debug !== "object" || debug === null) {
    throw new TypeError(`debug must be a boolean or an object, received ${received(debug)}`);
  }
  const namespaces = fields("debug", debug, debugNamespaces);
  for (const [name, value] of Object.entries(namespaces)) boolean(`debug.${name}`, value, false);
  return namespaces as DebugOptions;
}
