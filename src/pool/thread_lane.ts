/**
 * A worker that is a thread: how it starts, what it says while it does, and how it ends.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import { packBootData } from "../memory/boot_data.ts";
import type { BufferReference } from "../memory/buffer_reference.ts";
import type { DebugLog } from "../runtime/debug.ts";
import {
  fromPlainError,
  type IdleTimers,
  isWorkerMessage,
  PROTOCOL,
  type TaskAddress,
  type TaskFailure,
  type WorkerBoot,
  type WorkerBootstrap,
} from "../runtime/handshake.ts";
import type { MessagePipe, Thread, ThreadSetup } from "../runtime/runtime.ts";
import { later, messagePipe, startThread } from "../runtime/threads.ts";
import { atomics } from "../transport/atomic.ts";
import { laneLayout, type LaneSizes } from "../transport/layout.ts";
import { Lane, type Replies } from "./lane.ts";

/** How long a worker that was asked to stop may take before it is terminated. */
const STOP_GRACE_MS = 50;
/** The same for one that is still loading its tasks; it sees the request when it is through. */
const START_GRACE_MS = 1_000;

/** Takes replies of calls that are settled already. */
const NOBODY: Replies = { fulfilled() {}, rejected() {}, waiting() {} };

/** What all threads of a pool start with. */
export interface ThreadSettings {
  readonly entry: URL;
  readonly sizes: LaneSizes;
  readonly laneCount: number;
  readonly maxPayloadBytes: number;
  readonly timers: IdleTimers;
  readonly bootstrap: WorkerBootstrap | undefined;
  /** Whether `console` of a worker writes. */
  readonly console: boolean;
  readonly execArgv: readonly string[] | undefined;
  readonly resourceLimits: Readonly<Record<string, number>> | undefined;
  readonly tasks: readonly TaskAddress[];
  readonly log: DebugLog | undefined;
  /** Called with each reference that a reply brings. */
  readonly onReference: (reference: BufferReference) => void;
}

/** What a thread lane tells its pool about its life. */
export interface LaneEvents {
  /** It takes calls; `failures` are tasks it could not find. */
  ready(lane: ThreadLane, failures: readonly TaskFailure[]): void;
  /** It is gone and nobody asked it to go. `startup`: it never got ready. */
  died(lane: ThreadLane, reason: KnittingError, startup: boolean): void;
}

/** The path of the worker's entry: TypeScript as it is, or what it was compiled to. */
export function workerEntry(): URL {
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`../worker/entry.${ending}`, import.meta.url);
}

/** A lane to a thread. */
export class ThreadLane extends Lane {
  /** Number of the worker in its pool. */
  readonly worker: number;
  readonly #events: LaneEvents;
  readonly #pipe: MessagePipe;
  readonly #thread: Thread;
  readonly #log: DebugLog | undefined;
  #stopping = false;
  /** Whether it got ready, even if it is not any more. */
  #wasReady = false;
  /** What went wrong, if something did; told when the thread is gone. */
  #failure: KnittingError | undefined;
  readonly #gone: Promise<void>;
  #setGone!: () => void;

  /** @param host the block with the doorbell of the host that this worker rings */
  constructor(
    worker: number,
    host: SharedArrayBuffer,
    settings: ThreadSettings,
    events: LaneEvents,
  ) {
    const buffer = new SharedArrayBuffer(laneLayout(settings.sizes).totalBytes);
    const pipe = messagePipe();
    const { sizes, maxPayloadBytes, onReference } = settings;
    super(buffer, sizes, maxPayloadBytes, pipe.near, onReference, atomics);
    this.worker = worker;
    this.#events = events;
    this.#pipe = pipe;
    this.#log = settings.log;
    this.#gone = new Promise((resolve) => this.#setGone = resolve);
    const boot: WorkerBoot = {
      protocol: PROTOCOL,
      worker,
      laneCount: settings.laneCount,
      lane: buffer,
      ...settings.sizes,
      host,
      pipe: pipe.far,
      maxPayloadBytes: settings.maxPayloadBytes,
      timers: settings.timers,
      bootstrap: settings.bootstrap &&
        { ...settings.bootstrap, data: packBootData(settings.bootstrap.data) },
      console: settings.console,
      tasks: settings.tasks,
      debug: settings.log?.on,
    };
    const setup: ThreadSetup = {
      entry: settings.entry,
      name: `knitting-w${worker}`,
      bootData: boot,
      transfer: [pipe.far],
      execArgv: settings.execArgv,
      resourceLimits: settings.resourceLimits,
    };
    this.#thread = startThread(setup, {
      message: (message) => this.#message(message),
      error: (error) => this.#error(error),
      exit: (code) => this.#exit(code),
    });
    this.#log?.line("host", `worker thread=${worker} mode=thread url=${settings.entry}`);
  }

  /**
   * Ends the thread: asks first, and terminates it after a grace period. Resolves when it is gone.
   *
   * @param force terminates it at once
   */
  async stop(force: boolean): Promise<void> {
    this.#stopping = true;
    this.askToStop();
    const graceMs = force ? 0 : this.ready ? STOP_GRACE_MS : START_GRACE_MS;
    const cancel = later(graceMs, () => void this.#thread.terminate());
    await this.#gone;
    cancel();
  }

  /** Terminates the thread, wherever it is: its pool hears that it died. */
  kill(reason: KnittingError): void {
    this.#failure ??= reason;
    this.#wasReady = true;
    this.ready = false;
    this.answered = true; // a long call is no reason to wait with the next worker
    void this.#thread.terminate();
  }

  /** A worker says one thing, once. Anything else comes from code that meddles, and is not heard. */
  #message(message: unknown): void {
    if (this.#wasReady || this.#failure !== undefined || !isWorkerMessage(message)) return;
    if (message.kind === "ready") {
      this.ready = this.#wasReady = true;
      this.#log?.line("lifecycle", `worker ${this.worker} ready`);
      this.#events.ready(this, message.failures);
    } else {
      this.#failure = startupError(fromPlainError(message.error));
      void this.#thread.terminate();
    }
  }

  #error(error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    this.#failure ??= this.#wasReady
      ? new KnittingError("KNT_ERROR_WORKER_CRASHED", `Worker crashed: ${cause.message}`, { cause })
      : startupError(cause);
  }

  #exit(code: number): void {
    this.#log?.line("lifecycle", `worker ${this.worker} exited with code ${code}`);
    this.#setGone();
    if (!this.#stopping) this.#died(code);
    // Shared memory is held for the host until it takes the reply, also one that nobody waits for.
    else this.takeReplies(NOBODY);
    this.#pipe.near.close();
  }

  #died(code: number): void {
    this.#failure ??= this.#wasReady
      ? new KnittingError("KNT_ERROR_WORKER_EXITED", `Worker exited with code ${code}`)
      : startupError(new Error(`the worker exited with code ${code} before it was ready`));
    const startup = !this.#wasReady;
    this.ready = false;
    this.#events.died(this, this.#failure, startup);
  }
}

/** What is said of a worker that did not get ready. */
export function startupError(cause: Error): KnittingError {
  return new KnittingError("KNT_ERROR_WORKER_STARTUP", `Worker startup failed: ${cause.message}`, {
    cause,
  });
}
