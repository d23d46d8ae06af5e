/**
 * A lane with the worker at its other end: how the worker starts, what it says of itself, and how it
 * ends.
 *
 * @module
 */

import { Encoder } from "../codec/encoder.ts";
import { ObservedEncoder } from "../codec/observed_encoder.ts";
import { KnittingError } from "../errors.ts";
import type { DebugLog } from "../runtime/debug.ts";
import { announce } from "../runtime/channels.ts";
import {
  fromPlainError,
  isWorkerMessage,
  type TaskFailure,
  toPlainError,
} from "../runtime/handshake.ts";
import type { RunningWorker } from "../runtime/runtime.ts";
import { later } from "../runtime/threads.ts";
import { laneLayout } from "../transport/layout.ts";
import type { ProtocolViolation } from "../transport/violation.ts";
import { Lane } from "./lane.ts";
import type { Meter } from "./meter.ts";
import type { WorkerLink, WorkerSettings } from "./worker_kind.ts";

/** How long a worker that was asked to stop may take before it is terminated. */
const STOP_GRACE_MS = 50;

/** What a lane tells its pool about the life of its worker. */
export interface LaneEvents {
  /** It takes calls; `failures` are tasks it could not find. */
  ready(lane: WorkerLane, failures: readonly TaskFailure[]): void;
  /** It is gone and nobody asked it to go: takes what it has said before. */
  takeReplies(lane: WorkerLane): void;
  /** The same, when that is done. `startup`: it never got ready. */
  died(lane: WorkerLane, reason: KnittingError, startup: boolean): void;
}

/** A lane to a worker. */
export class WorkerLane extends Lane {
  /** Number of the worker in its pool. */
  readonly worker: number;
  /** Number of the bell that it rings, if bells are shared. */
  readonly group: number;
  /** Whether the pool has ended the worker, wherever it was. */
  wasKilled = false;
  /** When it was started, by the clock of the host. */
  readonly startedAt: number = performance.now();
  readonly #link: WorkerLink;
  readonly #events: LaneEvents;
  readonly #running: RunningWorker;
  readonly #log: DebugLog | undefined;
  readonly #meter: Meter | undefined;
  #stopping = false;
  /** Whether it got ready, even if it is not any more. */
  #wasReady = false;
  /** What went wrong, if something did; told when the worker is gone. */
  #failure: KnittingError | undefined;
  readonly #gone: Promise<void>;
  #setGone!: () => void;

  constructor(
    worker: number,
    group: number,
    link: WorkerLink,
    settings: WorkerSettings,
    events: LaneEvents,
  ) {
    const { sizes, maxPayloadBytes, onReference, log, meter, trace, carry } = settings;
    const isObserved = trace !== undefined || carry !== undefined;
    super(link, sizes, maxPayloadBytes, onReference, isObserved ? ObservedEncoder : Encoder);
    this.worker = worker;
    this.group = group;
    this.#link = link;
    this.#events = events;
    this.#log = log;
    this.#meter = meter;
    if (this.encoder instanceof ObservedEncoder) {
      const layout = laneLayout(sizes);
      if (carry !== undefined) {
        this.encoder.onSlot = (call, slot) => carry.write(this.memory, layout, call, slot);
      }
      if (trace !== undefined) this.encoder.onSent = (call, bytes) => trace.sent(call, bytes);
    }
    this.#gone = new Promise((resolve) => this.#setGone = resolve);
    this.starting = link.speaksInLane;
    this.#running = link.start({
      message: (message) => this.said(message),
      error: (error) => this.#error(error),
      exit: (code, signal) => this.#exit(code, signal),
    });
  }

  /** Whether it may still get ready for the first time. */
  get isStarting(): boolean {
    return !this.#wasReady && this.#failure === undefined;
  }

  /**
   * Ends the worker: asks first, and terminates it after a grace period. Resolves when it is gone.
   *
   * @param force terminates it at once
   */
  async stop(force: boolean): Promise<void> {
    this.#stopping = true;
    this.askToStop();
    const graceMs = force
      ? 0
      : this.ready || this.leaving
      ? STOP_GRACE_MS
      : this.#link.startGraceMs;
    const cancel = later(graceMs, () => this.#running.terminate());
    await this.#gone;
    cancel();
  }

  /** Terminates the worker, wherever it is: its pool hears that it died. */
  kill(reason: KnittingError): void {
    this.#failure ??= reason;
    this.wasKilled = true;
    this.#wasReady = true;
    this.ready = false;
    this.answered = true; // a long call is no reason to wait with the next worker
    this.#running.terminate();
  }

  /** The same for what the worker did with the lane: that is a crash, of whatever it is. */
  condemn({ message }: ProtocolViolation): void {
    this.#error(new Error(`it broke the rules of its lane: ${message}`));
    this.starting = this.ready = false;
    this.#running.terminate();
  }

  /** Bytes of all payloads that the worker was sent. */
  get sentBytes(): number {
    return this.memory.sentBytes;
  }

  /** Gives back what the lane is made of. Nothing may be done with it afterwards. */
  close(): void {
    this.#meter?.retire(this);
    this.#link.close();
  }

  /**
   * A worker says that it is ready, or that it has failed, once; and later what it dies of. Anything
   * else comes from code that meddles, and is not heard.
   */
  protected override said(message: unknown): void {
    if (this.#failure !== undefined || !isWorkerMessage(message)) return;
    if (message.kind === "crashed") this.#error(fromPlainError(message.error));
    else if (this.#wasReady) return;
    else if (message.kind === "ready") {
      this.starting = false;
      this.ready = this.#wasReady = true;
      this.#link.found();
      this.#log?.line("lifecycle", `worker ${this.worker} ready`);
      announce("knitting:worker:start", () => ({ worker: this.worker }));
      this.#events.ready(this, message.failures);
    } else {
      this.#failure = startupError(fromPlainError(message.error));
      this.#running.terminate();
    }
  }

  #error(error: unknown): void {
    // Node hands on what a worker has thrown, whatever its message is.
    const isFit = error instanceof Error && typeof error.message === "string";
    const cause = isFit ? error : fromPlainError(toPlainError(error));
    this.#failure ??= this.#wasReady
      ? new KnittingError("KNT_ERROR_WORKER_CRASHED", `Worker crashed: ${cause.message}`, { cause })
      : startupError(cause);
  }

  #exit(code: number, signal: string | undefined): void {
    const end = `exited with code ${code}${signal === undefined ? "" : ` (${signal})`}`;
    this.#log?.line("lifecycle", `worker ${this.worker} ${end}`);
    announce("knitting:worker:exit", () => ({
      worker: this.worker,
      code,
      signal,
      expected: this.#stopping,
    }));
    this.#setGone();
    if (!this.#stopping) this.#died(end, code === 0 ? NOTHING_LEFT : this.#link.startupHint);
    // Shared memory is held for the host until it takes the reply, also one that nobody waits for.
    else this.dropReplies();
  }

  #died(end: string, startupHint: string): void {
    this.#events.takeReplies(this); // it may have said what it died of
    this.#failure ??= this.#wasReady
      ? new KnittingError("KNT_ERROR_WORKER_EXITED", `Worker ${end}`)
      : startupError(new Error(`the worker ${end} before it was ready${startupHint}`));
    const startup = !this.#wasReady;
    this.starting = this.ready = false;
    this.#events.died(this, this.#failure, startup);
  }
}

/** Why a worker ends of itself while it starts. */
const NOTHING_LEFT =
  ". It had nothing left to wait for: a module of a task, or worker.bootstrap, may await at its " +
  "top level what never comes, or worker.source does not serve calls";

/** What is said of a worker that did not get ready. */
export function startupError(cause: Error): KnittingError {
  return new KnittingError("KNT_ERROR_WORKER_STARTUP", `Worker startup failed: ${cause.message}`, {
    cause,
  });
}
