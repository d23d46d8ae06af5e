/**
 * What a lane needs to know of the kind of worker at its other end.
 *
 * @module
 */

import type { BufferReference } from "../memory/buffer_reference.ts";
import type { DebugLog } from "../runtime/debug.ts";
import { PROTOCOL, type WorkerBoot } from "../runtime/handshake.ts";
import type { RunningWorker, ThreadEvents } from "../runtime/runtime.ts";
import type { Carry } from "./carry.ts";
import type { HostLink } from "./lane.ts";
import type { Meter } from "./meter.ts";
import type { Trace } from "./trace.ts";

/** What all workers of a pool start with, whatever they are. */
export interface WorkerSettings
  extends Omit<WorkerBoot, "protocol" | "worker" | "debug" | "traces"> {
  /** The module that a worker runs. */
  readonly entry: URL;
  /** Whether that is a bundle, in which the library serves the calls by itself. */
  readonly selfStart: boolean;
  readonly log: DebugLog | undefined;
  /** What measures calls, if anything does. */
  readonly meter: Meter | undefined;
  /** What sends along what stores say, if anything does. */
  readonly carry: Carry | undefined;
  /** What writes a trace, if anything does. */
  readonly trace: Trace | undefined;
  /** Called with each reference that a reply brings. */
  readonly onReference: (reference: BufferReference) => void;
}

/** The host's end of a lane, and the way to start the worker at the other end. */
export interface WorkerLink extends HostLink {
  /** Whether the worker speaks of itself through the lane, and not by messages. */
  readonly speaksInLane: boolean;
  /** How long a worker that is still loading its tasks may take when it is asked to stop. */
  readonly startGraceMs: number;
  /** Where to look if the worker says nothing before it ends. */
  readonly startupHint: string;
  start(events: ThreadEvents): RunningWorker;
  /** The worker is ready: it has found everything. */
  found(): void;
  /** Gives back what the link is made of, when the worker is gone and nobody uses the lane any more. */
  close(): void;
}

/** Makes the links to the workers of one pool. */
export interface WorkerKind {
  /** Whether each worker rings a bell of its own, whatever the pool prefers. */
  readonly bellPerWorker: boolean;
  /**
   * @param worker number of the worker
   * @param group number of the bell that it rings, if bells are shared
   */
  open(worker: number, group: number): WorkerLink;
}

/**
 * What the worker with this number starts with.
 *
 * @param bootstrapData the data of the bootstrap, as it can go there
 */
export function bootOf(
  worker: number,
  settings: WorkerSettings,
  bootstrapData: unknown,
): WorkerBoot {
  const { laneCount, sizes, maxPayloadBytes, timers, bootstrap, tasks, log, carries } = settings;
  return {
    protocol: PROTOCOL,
    worker,
    laneCount,
    sizes,
    maxPayloadBytes,
    timers,
    bootstrap: bootstrap && { ...bootstrap, data: bootstrapData },
    console: settings.console,
    restrictions: settings.restrictions,
    tasks,
    measuresHeap: settings.measuresHeap,
    debug: log?.on,
    traces: settings.trace !== undefined,
    carries,
  };
}
