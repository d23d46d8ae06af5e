/**
 * The calls that have not settled. Each has a number, which travels with it; numbers and entries are
 * used again.
 *
 * @module
 */

import type { Lane } from "./lane.ts";

/** One call and the promise its caller holds. */
export class PendingCall {
  readonly id: number;
  task = 0;
  /** Kept until a lane takes the call. */
  argument: unknown = undefined;
  /** The lane that has the call; `undefined` while it waits in the queue or for its argument. */
  lane: Lane | undefined = undefined;
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

const nothing = (): void => {};

/** All calls of one pool that have not settled. */
export class PendingCalls {
  /** How many there are. */
  size = 0;
  readonly #all: PendingCall[] = [];
  readonly #free: PendingCall[] = [];

  /** An entry for a new call. */
  claim(task: number): PendingCall {
    this.size++;
    const entry = this.#free.pop() ?? this.#add();
    entry.task = task;
    return entry;
  }

  /** The entry with a number that came back from a worker. */
  get(id: number): PendingCall {
    return this.#all[id]!;
  }

  /** The call has settled: its entry may be used again. */
  release(entry: PendingCall): void {
    this.size--;
    entry.argument = undefined;
    entry.lane = undefined;
    entry.site = undefined;
    entry.resolve = nothing;
    entry.reject = nothing;
    this.#free.push(entry);
  }

  /** Every call that has not settled and that `matches`. */
  filter(matches: (entry: PendingCall) => boolean): PendingCall[] {
    return this.#all.filter((entry) => entry.resolve !== nothing && matches(entry));
  }

  #add(): PendingCall {
    const entry = new PendingCall(this.#all.length);
    this.#all.push(entry);
    return entry;
  }
}
