/**
 * Checks the options under `worker` and completes them.
 *
 * @module
 */

import { cloneBootData } from "../memory/boot_data.ts";
import { runtime } from "../runtime/current.ts";
import { leastLimits } from "../runtime/thread_limits.ts";
import {
  boolean,
  duration,
  fields,
  type Given,
  oneOf,
  optionalFields,
  optionalText,
  text,
} from "./checks.ts";
import { processOptionNames } from "./process_option_names.ts";
import { type ResolvedProcessOptions, resolveProcess } from "./resolve_process_options.ts";
import type {
  BootstrapOptions,
  ResourceLimits,
  TimerOptions,
  WorkerOptions,
} from "./worker_options.ts";

/** Options under `worker`, checked and complete. */
export interface ResolvedWorkerOptions {
  /** `undefined` for threads. */
  readonly process: ResolvedProcessOptions | undefined;
  readonly bootstrap: Required<BootstrapOptions> | undefined;
  readonly resolveAfterFinishingAll: boolean;
  readonly timers: Required<TimerOptions>;
  /** `Infinity` for none. */
  readonly hardTimeoutMs: number;
  readonly onHardTimeout: "shutdown" | "replace";
  readonly resourceLimits: Readonly<Record<string, number>> | undefined;
}

/** Checks the options under `worker`. */
export function resolveWorkerOptions(worker: unknown): ResolvedWorkerOptions {
  const o: Given<WorkerOptions> = optionalFields("worker", worker, [
    "runtime",
    ...processOptionNames,
    "bootstrap",
    "resolveAfterFinishingAll",
    "timers",
    "hardTimeoutMs",
    "onHardTimeout",
    "resourceLimits",
  ]);
  const process = resolveProcess(o);
  if (process !== undefined && o.resourceLimits !== undefined) {
    throw new TypeError("worker.resourceLimits are for threads; for processes: processLimits");
  }
  return {
    process,
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
  const o: Given<BootstrapOptions> = fields("worker.bootstrap", bootstrap, [
    "href",
    "name",
    "data",
  ]);
  return {
    href: text("worker.bootstrap.href", o.href),
    name: optionalText("worker.bootstrap.name", o.name, "default"),
    data: cloned("worker.bootstrap.data", o.data),
  };
}

/** A copy as a worker gets it: workers that start later get the same. */
function cloned(name: string, value: unknown): unknown {
  try {
    return cloneBootData(value);
  } catch (cause) {
    throw new TypeError(`${name} must be something that can be cloned: ${cause}`, { cause });
  }
}

function resolveTimers(timers: unknown): Required<TimerOptions> {
  const o: Given<TimerOptions> = optionalFields("worker.timers", timers, [
    "spinMicroseconds",
    "parkMs",
    "pauseNanoseconds",
  ]);
  return {
    spinMicroseconds: duration("worker.timers.spinMicroseconds", o.spinMicroseconds, 50),
    parkMs: duration("worker.timers.parkMs", o.parkMs, Infinity, 1),
    pauseNanoseconds: duration("worker.timers.pauseNanoseconds", o.pauseNanoseconds, 0),
  };
}

function resolveResourceLimits(limits: unknown): ResolvedWorkerOptions["resourceLimits"] {
  if (limits === undefined) return undefined;
  const o: Given<ResourceLimits> = fields("worker.resourceLimits", limits, [
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
