/**
 * The calls of a pool. Each has a number, which travels with it; numbers and entries are used again.
 *
 * A call is *open* until its promise settles. It may settle before its lane is through with it: by a
 * timeout, or because it was aborted. Then its number stays taken until the lane gives it back, so
 * that what a worker still says, or is still told, can never concern another call.
 *
 * ```text
 *   the entry is          open   queued   lane   next
 *   waiting               yes    no       no     queued, sent, or free; for its argument or a retry
 *   queued                yes    yes      no     sent, or free
 *   sent                  yes    no       yes    queued again, settled, or free
 *   settled early         no     no       yes    free, when the lane is through with it
 *   free                  no     no       no     used for another call, with the next generation
 * ```
 *
 * @module
 */

import type { CallOrder } from "./call_order.ts";
import type { CallWatch } from "./call_watch.ts";

/** What holds a call after it was sent. */
export interface CallHolder {
  /** Whether a worker runs the calls, which can be replaced, and not the main thread. */
  readonly isWorker: boolean;
  /** Whether the call has begun, as of now. */
  hasBegun(entry: PendingCall): boolean;
  /** Gives a call up if it has not begun; whether it did. */
  withdraw(entry: PendingCall): boolean;
  /** Lets the task of a call that can be aborted know that it is. */
  raise(entry: PendingCall): void;
  /** Lets the task of a stream know how many of its items are read (modulo 2^31). */
  credit(entry: PendingCall, count: number): void;
}

/** One call and the promise its caller holds. */
export class PendingCall {
  /** Number on the wire. */
  readonly id: number;
  task = 0;
  /** Whether the promise has not settled. */
  open = false;
  /** Changes with every call that this entry is used for. */
  generation = 0;
  /** Kept until the call is over: if its worker dies before it begins, another one takes it. */
  argument: unknown = undefined;
  /** Whether its task is to know that it is aborted. */
  aborted = false;
  /** Whether it is in the queue. */
  queued = false;
  /** Its neighbours there. */
  previous: PendingCall | undefined = undefined;
  next: PendingCall | undefined = undefined;
  /** When it joined the queue, if that was looked at; else 0. */
  joinedMs = 0;
  /** When and where it is to run, if its caller has said so. */
  order: CallOrder | undefined = undefined;
  /** Whether calls are measured, and somebody has looked when it was made; and when, by the clock of this thread. */
  isTimed = false;
  madeMs = 0;
  /** How many calls its lane was sent before this one. */
  sentBefore = 0;
  /** The lane that has it. */
  lane: CallHolder | undefined = undefined;
  /** What may settle it early, or start it again; most calls have nothing of the kind. */
  watch: CallWatch | undefined = undefined;
  /** Where the call was made, if the runtime cannot tell later. */
  site: { stack?: string } | undefined = undefined;
  resolve!: (value: unknown) => void;
  reject!: (reason: unknown) => void;
  /** Goes to `new Promise`; made once, so that a call makes no closure. */
  readonly executor: (
    resolve: (value: unknown) => void,
    reject: (reason: unknown) => void,
  ) => void;

  constructor(id: number) {
    this.id = id;
    this.executor = (resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    };
  }
}

/** Whether `entry` is still the call that it was with that generation, and that call is open. */
export function isStillOpen(entry: PendingCall, generation: number): boolean {
  return entry.generation === generation && entry.open;
}

const nothing = (): void => {};

/** All calls of one pool that are not over. */
export class PendingCalls {
  #made = 0;
  /** How many have settled so far. */
  settled = 0;
  /** How many of those that are open are streams that nobody waits for now. */
  unawaited = 0;
  /** How many of a task are open. */
  readonly #sizes: Uint32Array;
  /** Numbers from 0 on: calls that can be aborted, and streams; the number is also the place of their signal. */
  readonly #abortable: Entries;
  readonly #plain: Entries;

  /** @param abortable how many calls that can be aborted, or are streams, there may be at one time */
  constructor(taskCount: number, abortable: number) {
    this.#sizes = new Uint32Array(taskCount);
    this.#abortable = new Entries(0, abortable);
    this.#plain = new Entries(abortable, Infinity);
  }

  /** How many are open. */
  get size(): number {
    return this.#made - this.settled;
  }

  /** How many calls of `task` are open. */
  sizeOf(task: number): number {
    return this.#sizes[task]!;
  }

  /** An entry for a new call. */
  claim(task: number): PendingCall {
    return this.#open(this.#plain.claim()!, task);
  }

  /** An entry for a new call that can be aborted or is a stream, or `undefined` if there are as many as there may be. */
  claimAbortable(task: number): PendingCall | undefined {
    const entry = this.#abortable.claim();
    return entry && this.#open(entry, task);
  }

  #open(entry: PendingCall, task: number): PendingCall {
    entry.task = task;
    entry.open = true;
    this.#made++;
    this.#sizes[task]!++;
    return entry;
  }

  /** Whether the call can be aborted: whether it has a signal, that of a stream included. */
  isAbortable(entry: PendingCall): boolean {
    return entry.id < this.#plain.first;
  }

  /** The entry with a number that was given to a worker. */
  get(id: number): PendingCall {
    return this.find(id)!;
  }

  /** The entry with a number that a worker has named, if there is one. */
  find(id: number): PendingCall | undefined {
    return (id < this.#plain.first ? this.#abortable : this.#plain).find(id);
  }

  /** The promise of the call has settled. */
  settle(entry: PendingCall): void {
    entry.open = false;
    this.settled++;
    this.#sizes[entry.task]!--;
  }

  /** The call has settled, and nothing holds it any more: its entry may be used again. */
  release(entry: PendingCall): void {
    entry.generation++;
    entry.argument = undefined;
    entry.aborted = false;
    entry.joinedMs = 0;
    entry.order = undefined;
    entry.lane = undefined;
    entry.site = undefined;
    entry.resolve = nothing;
    entry.reject = nothing;
    (this.isAbortable(entry) ? this.#abortable : this.#plain).release(entry);
  }

  /** Every entry that `matches`, in use or not. */
  filter(matches: (entry: PendingCall) => boolean): PendingCall[] {
    return [...this.#abortable.filter(matches), ...this.#plain.filter(matches)];
  }
}

/** Entries with numbers of one range, made when they are first needed. */
class Entries {
  readonly first: number;
  readonly #most: number;
  readonly #all: PendingCall[] = [];
  readonly #free: PendingCall[] = [];

  constructor(first: number, most: number) {
    this.first = first;
    this.#most = most;
  }

  claim(): PendingCall | undefined {
    return this.#free.pop() ?? this.#add();
  }

  #add(): PendingCall | undefined {
    if (this.#all.length >= this.#most) return undefined;
    const entry = new PendingCall(this.first + this.#all.length);
    this.#all.push(entry);
    return entry;
  }

  find(id: number): PendingCall | undefined {
    return this.#all[id - this.first];
  }

  release(entry: PendingCall): void {
    this.#free.push(entry);
  }

  filter(matches: (entry: PendingCall) => boolean): PendingCall[] {
    return this.#all.filter(matches);
  }
}
