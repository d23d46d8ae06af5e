/**
 * The workers of a pool: starts them, and starts others in the place of those that die.
 *
 * @module
 */

import type { KnittingError } from "../errors.ts";
import type { TaskFailure } from "../runtime/handshake.ts";
import { later } from "../runtime/threads.ts";
import type { WorkerKind, WorkerSettings } from "./worker_kind.ts";
import { type LaneEvents, startupError, WorkerLane } from "./worker_lane.ts";

/** A worker that died is started again after this long; twice as long each further time. */
const FIRST_RESTART_MS = 20;
const LAST_RESTART_MS = 5_000;
/** When no worker has managed to start at its last try, and there were so many tries, the pool gives up. */
const MAX_START_FAILURES = 3;

/** What a crew tells its pool. */
export interface CrewEvents {
  /** A worker takes calls; `failures` are tasks it could not find. */
  workerReady(failures: readonly TaskFailure[]): void;
  /** Takes the replies of a lane that are there. */
  takeReplies(lane: WorkerLane): void;
  /** A worker is gone. There will be another, unless {@linkcode Crew.broken} says why not. */
  workerDied(lane: WorkerLane, reason: KnittingError): void;
}

/** All workers of one pool. */
export class Crew implements LaneEvents {
  /** By number of the worker. A lane that dies stays until another takes its place. */
  readonly lanes: WorkerLane[] = [];
  /** The same lanes by the bell of the host that they ring. */
  readonly groups: readonly WorkerLane[][];
  /** Why no worker can be had. */
  broken: KnittingError | undefined;
  readonly #kind: WorkerKind;
  readonly #settings: WorkerSettings;
  readonly #events: CrewEvents;
  /** Deaths in a row of each worker, without an answer in between. */
  readonly #deaths: number[];
  readonly #restarts = new Set<() => void>();
  /** Failures to start in a row of each worker. */
  readonly #startFailures: number[];
  #stopped = false;

  /** @param bellPerWorker whether each worker rings a bell of its own */
  constructor(
    threads: number,
    bellPerWorker: boolean,
    kind: WorkerKind,
    settings: WorkerSettings,
    events: CrewEvents,
  ) {
    this.#kind = kind;
    this.#settings = settings;
    this.#events = events;
    this.#deaths = new Array(threads).fill(0);
    this.#startFailures = new Array(threads).fill(0);
    const ownBells = bellPerWorker || kind.bellPerWorker;
    this.groups = Array.from({ length: ownBells ? Math.max(1, threads) : 1 }, () => []);
    try {
      for (let worker = 0; worker < threads; worker++) this.#start(worker);
    } catch (error) {
      void this.stop(true); // nobody else knows of those that have started
      throw error;
    }
  }

  #start(worker: number): void {
    const { groups, lanes } = this;
    const group = worker % groups.length;
    const lane = this.#open(worker, group);
    const before = lanes[worker];
    lanes[worker] = groups[group]![Math.floor(worker / groups.length)] = lane;
    before?.close();
  }

  #open(worker: number, group: number): WorkerLane {
    const link = this.#kind.open(worker, group);
    try {
      return new WorkerLane(worker, link, this.#settings, this);
    } catch (error) {
      link.close();
      throw error;
    }
  }

  takeReplies(lane: WorkerLane): void {
    if (!this.#stopped) this.#events.takeReplies(lane);
  }

  ready(lane: WorkerLane, failures: readonly TaskFailure[]): void {
    if (this.#stopped) return;
    this.#startFailures[lane.worker] = 0;
    if (this.broken !== undefined) this.#recover();
    this.#events.workerReady(failures);
  }

  died(lane: WorkerLane, reason: KnittingError, startup: boolean): void {
    if (this.#stopped) return;
    this.#startFailures[lane.worker] = startup ? this.#startFailures[lane.worker]! + 1 : 0;
    if (startup && this.#allFail()) this.#giveUp(reason);
    this.#events.workerDied(lane, reason);
    if (lane.answered) this.#deaths[lane.worker] = 0;
    if (this.broken === undefined) this.#restart(lane.worker);
  }

  #allFail(): boolean {
    const failures = this.#startFailures;
    return failures.every((count) => count > 0) &&
      failures.reduce((sum, count) => sum + count) >= MAX_START_FAILURES;
  }

  #giveUp(reason: KnittingError): void {
    this.broken = reason;
    for (const cancel of this.#restarts) cancel();
    this.#restarts.clear();
  }

  /** One that was still starting has made it, so others may. */
  #recover(): void {
    this.broken = undefined;
    this.#startFailures.forEach((count, worker) => {
      if (count > 0) this.#restart(worker);
    });
  }

  #restart(worker: number): void {
    const deaths = this.#deaths[worker]!++;
    const cancel = later(Math.min(FIRST_RESTART_MS * 2 ** deaths, LAST_RESTART_MS), () => {
      this.#restarts.delete(cancel);
      try {
        this.#start(worker);
      } catch (error) {
        // What it is started with cannot go there any more: shared memory that was closed since.
        this.died(this.lanes[worker]!, startupError(error as Error), true);
      }
    });
    this.#restarts.add(cancel);
  }

  /** Ends all workers, without asking them first if `force`; resolves when they are gone. */
  async stop(force: boolean): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#restarts) cancel();
    await Promise.all(this.lanes.map((lane) => lane.stop(force)));
    for (const lane of this.lanes) lane.close();
  }
}
