/**
 * What a host and a worker say to each other before the first call: the one contract between
 * `pool/` and `worker/`, which never import each other.
 *
 * @module
 */

import { thrownText } from "../errors.ts";
import type { LaneSizes } from "../transport/layout.ts";
import type { DebugNamespaces } from "./debug.ts";

/** Changes whenever the wire format does; a worker refuses another one. */
export const PROTOCOL = 9;

/** Where a worker finds a task. Tasks are numbered by their place in {@linkcode WorkerBoot.tasks}. */
export interface TaskAddress {
  /** The key under which the pool has it. */
  readonly name: string;
  /** URL of the module that exports it. */
  readonly module: string;
  /** The function's own name: the likely name of the export. */
  readonly functionName: string;
  /** `BrandedTask.lineage`, or `undefined` for a bare function. */
  readonly lineage: number | undefined;
  /** `BrandedTask.fingerprint`, or that of the bare function. */
  readonly fingerprint: number;
  /** `BrandedTask.position`, or `""` for a bare function. */
  readonly position: string;
  /** `BrandedTask.at`, or `undefined` for a bare function. */
  readonly at: number | undefined;
  /** Whether the function gets an abort signal as its second argument. */
  readonly abortable: boolean;
  /** Whether what the function returns is to be iterated, and its items are what the caller gets. */
  readonly streams: boolean;
  /** Whether the host must hear when the function has returned a promise: its calls have a time limit. */
  readonly timed: boolean;
}

/** What a worker runs before it imports tasks. */
export interface WorkerBootstrap {
  /** URL of the module. */
  readonly href: string;
  /** The exported function to call. */
  readonly name: string;
  /** Its first argument. */
  readonly data: unknown;
}

/** What a worker does while there is nothing to do. */
export interface IdleTimers {
  /** Longest time to look for more calls before parking. */
  readonly spinMicroseconds: number;
  /** Longest time to park without looking; `Infinity` for as long as nobody rings. */
  readonly parkMs: number;
  /** How long to rest between two looks; 0 for not at all. */
  readonly pauseNanoseconds: number;
}

/** What a worker does to itself before other code runs in it. */
export interface WorkerRestrictions {
  /** Native libraries that Node may still load; `undefined` for all. */
  readonly nodeAddons: readonly string[] | undefined;
  /** Whether Node's report of the program is taken away: it has the environment of the host. */
  readonly hideReport: boolean;
  /** Native libraries that a process must not load any more: only its start needed them. */
  readonly dropLibraries: readonly string[];
}

/** What the host hands to a worker as it starts. */
export interface WorkerBoot {
  readonly protocol: number;
  /** Number of this worker, from 0. */
  readonly worker: number;
  /** Number of lanes of the pool. */
  readonly laneCount: number;
  readonly sizes: LaneSizes;
  readonly maxPayloadBytes: number;
  readonly timers: IdleTimers;
  readonly bootstrap: WorkerBootstrap | undefined;
  /** Whether `console` writes. */
  readonly console: boolean;
  readonly restrictions: WorkerRestrictions;
  readonly tasks: readonly TaskAddress[];
  /** Whether the worker tells how much of its heap is in use. */
  readonly measuresHeap: boolean;
  readonly debug: DebugNamespaces | undefined;
  /** Whether it tells the times of every call, if it measures calls at all. */
  readonly traces: boolean;
  /** Names of the stores whose values go with calls. */
  readonly carries: readonly string[];
}

/** What the host hands to a thread. */
export interface ThreadBoot {
  readonly boot: WorkerBoot;
  /** The lane's memory; its layout follows from the sizes. */
  readonly lane: SharedArrayBuffer;
  /** The block with the host's doorbell. */
  readonly host: SharedArrayBuffer;
  /** The far end of the pipe beside the lane; `undefined` where there are no pipes. */
  readonly pipe: unknown;
}

/** Variable of a worker process: by how many worker processes, one by another, it was started. */
export const POOL_DEPTH = "KNITTING_POOL_DEPTH";

/** Changes whenever {@linkcode ProcessBoot} does, or the way to it. */
export const PROCESS_BOOT_VERSION = 2;

/** What the environment of a process says of its host. All else is in the memory. */
export interface ProcessBoot {
  readonly version: number;
  /** Name of the memory; `null`: it is standard input. */
  readonly name: string | null;
  readonly sizes: LaneSizes;
  /** Length of the {@linkcode WorkerBoot}, behind the lane. */
  readonly bootBytes: number;
  /** Number of the host's process. */
  readonly hostProcess: number;
}

/**
 * Reads what the environment says.
 *
 * @throws {Error} if it says nothing, or something else
 */
export function parseProcessBoot(text: string | undefined): ProcessBoot {
  if (text === undefined || text === "") {
    throw new Error(
      "missing process worker boot payload: KNITTING_PROCESS_WORKER_BOOT is not set. " +
        "Wrappers and containers must forward it",
    );
  }
  let boot: ProcessBoot;
  try {
    boot = JSON.parse(text);
  } catch (cause) {
    throw new Error(`invalid process worker boot payload: ${cause}`, { cause });
  }
  const { version, name, sizes, bootBytes, hostProcess } = fieldsOf(boot);
  if (version !== PROCESS_BOOT_VERSION) {
    throw new Error(
      `invalid process worker boot payload: expected version ${PROCESS_BOOT_VERSION}, received ${version}`,
    );
  }
  const { slotCount, regionBytes, usualBytes, signalCount, measuredTasks = 0, carries = 0 } =
    fieldsOf(sizes);
  const counts = [
    slotCount,
    regionBytes,
    usualBytes,
    signalCount,
    measuredTasks,
    carries,
    bootBytes,
    hostProcess,
  ];
  const isValid = (name === null || typeof name === "string") &&
    counts.every((count) => Number.isSafeInteger(count) && (count as number) >= 0);
  if (!isValid) throw new Error(`invalid process worker boot payload: ${text}`);
  return boot;
}

/** A task that the worker could not find, with the reason. */
export interface TaskFailure {
  readonly task: number;
  readonly message: string;
}

/** An error on its way before the codec is there: told by its parts. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly code?: string | undefined;
  readonly cause?: PlainError | undefined;
}

/** What a worker says to the host: that it takes calls, that it never will, or what it dies of. */
export type WorkerMessage =
  | { readonly kind: "ready"; readonly failures: readonly TaskFailure[] }
  | { readonly kind: "failed"; readonly error: PlainError }
  | { readonly kind: "crashed"; readonly error: PlainError };

/** Whether that is what a worker says: code that runs in it may have found a way to say other things. */
export function isWorkerMessage(message: unknown): message is WorkerMessage {
  const { kind, failures, error } = fieldsOf(message);
  if (kind === "failed" || kind === "crashed") return isPlainError(error);
  // A copy has no holes, of which `every` would take no notice.
  return kind === "ready" && Array.isArray(failures) && Array.from(failures).every((failure) => {
    const { task, message } = fieldsOf(failure);
    return Number.isInteger(task) && typeof message === "string";
  });
}

/** More causes of causes than this are left out, and not believed; an error can even be its own. */
const MOST_CAUSES = 8;

/** @param depth of how many errors it is the cause */
function isPlainError(error: unknown, depth: number = 0): error is PlainError {
  const { name, message, stack, code = "", cause } = fieldsOf(error);
  return [name, message, stack, code].every((text) => typeof text === "string") &&
    (cause === undefined || depth < MOST_CAUSES && isPlainError(cause, depth + 1));
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
}

/** More characters of a text than this help nobody who reads it, and all of them may not fit into a lane. */
const MOST_CHARACTERS = 10_000;

/**
 * Takes an error, or whatever was thrown, apart. Never throws: a task may throw what resists.
 *
 * @param depth of how many errors it is the cause
 */
export function toPlainError(error: unknown, depth: number = 0): PlainError {
  try {
    return error instanceof Error ? partsOf(error, depth) : justMessage(error);
  } catch { // a getter or a proxy
    return justMessage(error);
  }
}

function justMessage(thrown: unknown): PlainError {
  return { name: "Error", message: shortened(thrown), stack: "" };
}

function partsOf(error: Error, depth: number): PlainError {
  const { name, message, stack = "", cause } = error;
  // Node does not say in its message what it does not let anybody read.
  const { code, resource } = error as { code?: unknown; resource?: unknown };
  const what = code === "ERR_ACCESS_DENIED" && resource ? ` (${resource}; see permission)` : ""; // not covered: only under Node's permission model, which turns coverage off
  return {
    name: shortened(name),
    message: `${shortened(message)}${what}`,
    stack: shortened(stack),
    code: typeof code === "string" ? shortened(code) : undefined,
    cause: cause === undefined || depth === MOST_CAUSES
      ? undefined
      : toPlainError(cause, depth + 1),
  };
}

function shortened(part: unknown): string {
  const text = thrownText(part);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

/** Puts an error together again. */
export function fromPlainError({ name, message, stack, code, cause }: PlainError): Error {
  const error = new Error(message, cause && { cause: fromPlainError(cause) });
  if (code !== undefined) Object.assign(error, { code });
  Object.defineProperties(error, {
    name: { value: name, configurable: true, writable: true },
    stack: { value: stack, configurable: true, writable: true },
  });
  return error;
}
