/**
 * The workers of a pool: starts them, starts others in the place of those that die, and lets those go
 * that are not needed, or that others replace.
 *
 * A crew has a number of *places*. In a fixed pool there is a worker in each of them, always; in an
 * elastic one places may be vacant. A worker that leaves has given its place up: it takes no more
 * calls, and ends when it has answered those that it has.
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

/** How many workers there are. */
export interface CrewSize {
  /** Places for workers. */
  readonly places: number;
  /** Workers to start with. */
  readonly least: number;
  /** Whether workers leave while the pool works. */
  readonly changes: boolean;
}

/** What a crew tells its pool. */
export interface CrewEvents {
  /** There are other lanes than before. */
  lanesChanged(): void;
  /** A worker takes calls; `failures` are tasks it could not find. */
  workerReady(failures: readonly TaskFailure[]): void;
  /** No worker can be had: {@linkcode Crew.broken} says why. */
  gaveUp(): void;
  /** A worker takes no more calls. */
  workerLeaves(lane: WorkerLane): void;
  /** Takes the replies of a lane that are there. */
  takeReplies(lane: WorkerLane): void;
  /** A worker is gone, and another takes its place, unless the crew gave up. */
  workerDied(lane: WorkerLane, reason: KnittingError): void;
}

/** All workers of one pool. */
export class Crew implements LaneEvents {
  /** The lane of each place. One that dies stays until another takes its place. */
  readonly places: (WorkerLane | undefined)[];
  /** All lanes: those that have a place, in its order; then those that will have one, or had. */
  readonly lanes: WorkerLane[] = [];
  /** The same lanes by the bell of the host that they ring. */
  readonly groups: readonly WorkerLane[][];
  /** Why no worker can be had. */
  broken: KnittingError | undefined;
  /** How long the worker that got ready last took to start, in milliseconds. */
  startMs = 0;
  readonly #size: CrewSize;
  readonly #ownBells: boolean;
  readonly #kind: WorkerKind;
  readonly #settings: WorkerSettings;
  readonly #events: CrewEvents;
  /** Lanes without a place. */
  readonly #others: WorkerLane[] = [];
  /** What they are to replace, by those that start. */
  readonly #replacements = new Map<WorkerLane, WorkerLane>();
  /** Those that end. */
  readonly #ending = new Set<WorkerLane>();
  /** Deaths in a row of the worker in each place, without an answer in between. */
  readonly #deaths: number[];
  readonly #restarts = new Set<() => void>();
  /** Failures to start in a row in each place. */
  readonly #startFailures: number[];
  /** Failures in a row to start one that nothing waits for but calls, and when to try again. */
  #failedStarts = 0;
  #nextStart = 0;
  #stopped = false;

  /** @param bellPerWorker whether each worker rings a bell of its own */
  constructor(
    size: CrewSize,
    bellPerWorker: boolean,
    kind: WorkerKind,
    settings: WorkerSettings,
    events: CrewEvents,
  ) {
    const { places, least, changes } = size;
    this.#size = size;
    this.#kind = kind;
    this.#settings = settings;
    this.#events = events;
    this.places = new Array(places).fill(undefined);
    this.#deaths = new Array(places).fill(0);
    this.#startFailures = new Array(places).fill(0);
    this.#ownBells = bellPerWorker || kind.bellPerWorker;
    // One that leaves is still listened to while another has its place.
    const bells = this.#ownBells ? Math.max(1, changes ? 2 * places : places) : 1;
    this.groups = Array.from({ length: bells }, () => []);
    try {
      for (let place = 0; place < least; place++) this.#start(place);
    } catch (error) {
      void this.stop(true); // nobody else knows of those that have started
      throw error;
    }
  }

  // Who is there

  /** How many workers take calls. */
  get readyCount(): number {
    return this.lanes.filter(({ ready }) => ready).length;
  }

  /** Whether there are as many as the pool starts with. */
  get isComplete(): boolean {
    return this.readyCount >= this.#size.least;
  }

  /** How many more workers take calls than the pool starts with. */
  get surplus(): number {
    return this.readyCount - this.#size.least;
  }

  /** How many places have no worker. */
  get vacant(): number {
    return this.places.filter((lane) => lane === undefined).length;
  }

  get #isStarting(): boolean {
    return this.lanes.some(({ isStarting }) => isStarting);
  }

  /** Makes of {@linkcode Crew.lanes} and the groups what they are to be. */
  #arrange(): void {
    const { lanes, places, groups } = this;
    lanes.length = 0;
    for (const lane of places) if (lane !== undefined) lanes.push(lane);
    lanes.push(...this.#others);
    for (const group of groups) group.length = 0;
    for (const lane of lanes) groups[lane.group]!.push(lane);
  }

  #changed(): void {
    this.#arrange();
    this.#events.lanesChanged();
  }

  // Workers come

  /** Starts the worker of a place, if it is vacant. */
  startAt(place: number): void {
    if (this.places[place] !== undefined || !this.#mayStart()) return;
    try {
      this.#start(place);
    } catch (error) {
      // Calls wait for it, so it is tried again; as for those that die, in vain only a few times.
      this.#failedToStart();
      this.#startFailures[place]!++;
      if (this.#allFail()) this.#giveUp(startupError(error as Error));
      return;
    }
    this.#events.lanesChanged();
  }

  /** Whether {@linkcode Crew.grow} starts a worker. */
  get canGrow(): boolean {
    return this.places.includes(undefined) && !this.#isStarting && this.#mayStart();
  }

  /** Starts a worker in the first vacant place, unless one is starting already. */
  grow(): void {
    if (this.canGrow) this.startAt(this.places.indexOf(undefined));
  }

  #mayStart(): boolean {
    if (this.#stopped || this.broken !== undefined) return false;
    return this.#freeGroup() !== undefined && performance.now() >= this.#nextStart;
  }

  #failedToStart(): void {
    this.#nextStart = performance.now() + restartMs(this.#failedStarts++);
  }

  #start(place: number): void {
    const before = this.places[place];
    this.places[place] = this.#open(place, before?.group ?? this.#freeGroup()!);
    this.#arrange();
    before?.close();
  }

  /** A bell for one more worker; there is none while others that leave still use theirs. */
  #freeGroup(): number | undefined {
    if (!this.#ownBells) return 0;
    const group = this.groups.findIndex(({ length }) => length === 0);
    return group < 0 ? undefined : group; // not covered: only while more workers leave than there are places
  }

  #open(worker: number, group: number): WorkerLane {
    const link = this.#kind.open(worker, group);
    try {
      return new WorkerLane(worker, group, link, this.#settings, this);
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
    this.startMs = performance.now() - lane.startedAt;
    this.#failedStarts = 0;
    this.#startFailures[lane.worker] = 0;
    const before = this.#replacements.get(lane);
    if (before !== undefined) this.#takePlace(lane, before);
    if (this.broken !== undefined) this.#recover();
    this.#events.workerReady(failures);
  }

  // Workers die

  died(lane: WorkerLane, reason: KnittingError, startup: boolean): void {
    if (this.#stopped) return; // not covered: only if the last replies of a worker end the pool
    if (this.#replacements.delete(lane)) {
      this.#failedToStart();
      return this.#forget(lane);
    }
    const isInPlace = this.places[lane.worker] === lane;
    const next = isInPlace ? this.#replacementOf(lane) : undefined; // not covered: only if a worker dies that leaves
    if (isInPlace && next === undefined) return this.#diedInPlace(lane, reason, startup);
    this.#events.workerDied(lane, reason);
    if (next !== undefined) this.#takePlace(next, lane);
    this.#forget(lane);
  }

  #diedInPlace(lane: WorkerLane, reason: KnittingError, startup: boolean): void {
    this.#startFailures[lane.worker] = startup ? this.#startFailures[lane.worker]! + 1 : 0;
    if (startup && this.#allFail()) this.#giveUp(reason);
    this.#events.workerDied(lane, reason);
    if (lane.answered) this.#deaths[lane.worker] = 0;
    if (this.broken === undefined) this.#restart(lane.worker);
  }

  #allFail(): boolean {
    const failures = this.#startFailures;
    return this.places.every((lane, place) => lane === undefined || failures[place]! > 0) &&
      failures.reduce((sum, count) => sum + count, 0) >= MAX_START_FAILURES;
  }

  #giveUp(reason: KnittingError): void {
    this.broken = reason;
    for (const cancel of this.#restarts) cancel(); // not covered: only if a worker waits to be started again
    this.#restarts.clear();
    this.#events.gaveUp();
  }

  /** One that was still starting has made it, so others may. */
  #recover(): void {
    this.broken = undefined;
    this.#startFailures.forEach((count, worker) => {
      if (count > 0 && this.places[worker] !== undefined) this.#restart(worker);
    });
  }

  #restart(worker: number): void {
    const deaths = this.#deaths[worker]!++;
    const cancel = later(restartMs(deaths), () => {
      this.#restarts.delete(cancel);
      try {
        this.#start(worker);
      } catch (error) {
        // What it is started with cannot go there any more: shared memory that was closed since.
        this.died(this.places[worker]!, startupError(error as Error), true);
      }
    });
    this.#restarts.add(cancel);
  }

  // Workers leave

  /** Lets a worker go: its place is vacant at once. */
  dismiss(lane: WorkerLane): void {
    const place = lane.worker;
    if (!this.#mayLeave(lane)) return;
    this.places[place] = undefined;
    this.#deaths[place] = 0;
    this.#leave(lane);
  }

  /** Starts a worker to take the place of another, which leaves then; unless any is starting already. */
  replace(lane: WorkerLane): void {
    if (!this.#mayLeave(lane) || this.#isStarting || !this.#mayStart()) return;
    let next: WorkerLane;
    try {
      next = this.#open(lane.worker, this.#freeGroup()!);
    } catch {
      return this.#failedToStart(); // the other one goes on
    }
    this.#others.push(next);
    this.#replacements.set(next, lane);
    this.#changed();
  }

  #mayLeave(lane: WorkerLane): boolean {
    return !this.#stopped && lane.ready && this.#replacementOf(lane) === undefined;
  }

  /** Who is starting to replace this one. */
  #replacementOf(lane: WorkerLane): WorkerLane | undefined {
    for (const [next, before] of this.#replacements) if (before === lane) return next;
    return undefined;
  }

  #takePlace(next: WorkerLane, before: WorkerLane): void {
    this.#replacements.delete(next);
    this.#others.splice(this.#others.indexOf(next), 1);
    this.places[before.worker] = next;
    if (next.ready) this.#leave(before);
  }

  #leave(lane: WorkerLane): void {
    lane.leaving = true;
    lane.ready = false;
    this.#others.push(lane);
    this.#changed();
    this.#events.workerLeaves(lane);
    this.letGo();
  }

  /** Ends the workers that leave and have answered all that they had begun. */
  letGo(): void {
    for (const lane of this.#others) {
      if (!lane.leaving || lane.inFlight > 0 || this.#ending.has(lane)) continue;
      this.#ending.add(lane);
      void lane.stop(false).then(() => {
        this.#ending.delete(lane);
        if (!this.#stopped) this.#forget(lane);
      });
    }
  }

  /** Gives back a lane that has no place, and whose worker is gone. */
  #forget(lane: WorkerLane): void {
    const index = this.#others.indexOf(lane);
    if (index >= 0) this.#others.splice(index, 1);
    this.#changed();
    lane.close();
  }

  /** Ends all workers, without asking them first if `force`; resolves when they are gone. */
  async stop(force: boolean): Promise<void> {
    this.#stopped = true;
    for (const cancel of this.#restarts) cancel();
    await Promise.all(this.lanes.map((lane) => lane.stop(force)));
    for (const lane of this.lanes) lane.close();
  }
}

/** How long to wait with the next worker after so many deaths in a row. */
function restartMs(deaths: number): number {
  return Math.min(FIRST_RESTART_MS * 2 ** deaths, LAST_RESTART_MS);
}
