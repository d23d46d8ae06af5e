/**
 * The options of `createPool`: checked and completed here, once, so that nothing behind has to ask.
 *
 * @module
 */

import { received } from "../errors.ts";
import { type DebugNamespaces, debugNamespaces, resolveDebug } from "../runtime/debug.ts";

/** Which diagnostics to write to standard error. */
export interface DebugOptions {
  /** Pool and task setup on the host. */
  readonly host?: boolean;
  /** What each worker imported. */
  readonly imports?: boolean;
  /** Workers that start, are ready, end or die. */
  readonly lifecycle?: boolean;
  /** Every call and reply as a worker sees it; very chatty. */
  readonly signals?: boolean;
  /** What loading the tasks changed on `globalThis` of a worker. */
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

/** The options of `createPool`. All are optional. */
export interface Options {
  /** How many workers to start: 1 (default) to 1024. */
  readonly threads?: number;
  /** Limits and memory of payloads. */
  readonly payload?: PayloadOptions;
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
}

/** Options, checked and complete. */
export interface ResolvedOptions {
  readonly threads: number;
  readonly regionBytes: number;
  readonly maxPayloadBytes: number;
  readonly debug: DebugNamespaces | undefined;
  readonly source: string | undefined;
}

const MAX_THREADS = 1024;
const MiB = 1024 * 1024;
const MAX_PAYLOAD_MAX_BYTES = 1024 * MiB;

/**
 * @throws {TypeError} for a value of the wrong type, and for options that do not exist
 * @throws {RangeError} for a number that is out of range
 */
export function resolveOptions(options: unknown): ResolvedOptions {
  const { threads, payload, debug, source } = fields("createPool options", options, [
    "threads",
    "payload",
    "debug",
    "source",
  ]);
  if (source !== undefined && (typeof source !== "string" || source === "")) {
    throw new TypeError(`source must be a non-empty string, received ${received(source)}`);
  }
  return {
    threads: integer("threads", threads, 1, 1, MAX_THREADS),
    ...resolvePayload(payload),
    debug: resolveDebug(checkDebug(debug)),
    source,
  };
}

function resolvePayload(
  payload: unknown,
): Pick<ResolvedOptions, "regionBytes" | "maxPayloadBytes"> {
  const o = payload === undefined ? {} : fields("payload", payload, [
    "mode",
    "payloadInitialBytes",
    "payloadMaxByteLength",
    "maxPayloadBytes",
  ]);
  if (o.mode !== undefined && o.mode !== "growable" && o.mode !== "fixed") {
    throw new TypeError(`payload.mode must be "growable" or "fixed", received ${received(o.mode)}`);
  }
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
    regionBytes: o.mode === "fixed" ? max : initial,
    maxPayloadBytes: integer("payload.maxPayloadBytes", o.maxPayloadBytes, cap, 1, cap),
  };
}

function checkDebug(debug: unknown): boolean | DebugOptions | undefined {
  if (debug === undefined || typeof debug === "boolean") return debug;
  if (typeof debug !== "object" || debug === null) {
    throw new TypeError(`debug must be a boolean or an object, received ${received(debug)}`);
  }
  const namespaces = fields("debug", debug, debugNamespaces);
  for (const [name, value] of Object.entries(namespaces)) {
    if (value !== undefined && typeof value !== "boolean") {
      throw new TypeError(`debug.${name} must be a boolean, received ${received(value)}`);
    }
  }
  return namespaces as DebugOptions;
}

/** The fields of an object that may have only these. */
function fields<K extends string>(
  what: string,
  value: unknown,
  names: readonly K[],
): { [name in K]?: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${what} must be an object, received ${received(value)}`);
  }
  for (const name of Object.keys(value)) {
    if (!names.includes(name as K)) {
      throw new TypeError(
        `${what} cannot have "${name}"; expected one of: ${names.join(", ")}`,
      );
    }
  }
  return value;
}

/** A whole number from `least` to `most`, or the default. */
function integer(
  name: string,
  value: unknown,
  byDefault: number,
  least: number,
  most: number,
): number {
  if (value === undefined) return byDefault;
  if (typeof value !== "number") {
    throw new TypeError(`${name} must be a number, received ${received(value)}`);
  }
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(
      `${name} must be a whole number from ${least} to ${most}, received ${value}`,
    );
  }
  return value;
}
