/**
 * A model of shared memory that runs every schedule of a few threads.
 *
 * A thread is a plain synchronous function. To let it make one step, it is run again from its start:
 * operations it did before get the results they had, and at the next one a private exception stops
 * it. So the code under test is the real code, and between any two operations another thread may
 * run. The results that a thread has seen say all about its state; with the same states of threads
 * and the same memory the rest is the same, so each such combination is explored once. Where a
 * thread can say in short what its state is (see {@linkcode Thread.at}) the way to it is forgotten.
 *
 * Words that are read and written without atomics are checked with vector clocks: the only order
 * between threads is the one through the counters of the rings and the word through which slots are
 * begun (never the one through a doorbell), so data that is right by luck is reported all the same.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import type { AsyncWait, AtomicOps } from "../../src/transport/atomic.ts";
import { type ChannelLayout, SLOT_CALL, SLOT_WORDS } from "../../src/transport/layout.ts";

/** What a thread can do besides running code. */
export interface Thread {
  /** The operations of `Atomics`; each is one step. */
  readonly atomic: AtomicOps;
  /** Reads a word as data, not as a synchronisation. */
  read(words: Int32Array, index: number): number;
  /** Writes a word as data. */
  write(words: Int32Array, index: number, value: number): void;
  /** Sleeps until what `Doorbell.wait` returned resolves. */
  sleep(waiting: Promise<unknown>): void;
  /**
   * Does not sleep; but if `waiting` has resolved, what waits for it may run now, or later.
   *
   * @returns whether it has run
   */
  turn(waiting: Promise<unknown>): boolean;
  /** A decision that the model does not know: each is explored. */
  choose(options: number): number;
  /**
   * Says that what the thread does from here depends on `state` alone: on its own variables, and on
   * what it has last seen in the counters, which need not be said. Called before an operation.
   */
  at(state: string): void;
  /** Remembers what arrived, for {@linkcode Scenario.check}. */
  receive(value: number): void;
}

/** One channel whose invariants (see ring.ts) are checked. */
export interface Watched {
  readonly words: Int32Array;
  readonly layout: ChannelLayout;
  readonly producer: string;
  readonly consumer: string;
  /** Whether the producer takes slots back, so that the consumer has to begin them (I5, I6). */
  readonly withdraws?: boolean;
}

/** What to explore. */
export interface Scenario {
  /** What each thread does. */
  readonly threads: Readonly<Record<string, (thread: Thread) => void>>;
  readonly channels: readonly Watched[];
  /** Looks at what each thread has received when all have ended; throws if it is wrong. */
  readonly check?: (received: Readonly<Record<string, readonly number[]>>) => void;
  /** Whether data accesses are steps too; slower, and implied by the vector clocks. */
  readonly dataSteps?: boolean;
  /** Asks only what came of it, not who touched which data when: what a mutant breaks in the end. */
  readonly outcomeOnly?: boolean;
  /** Takes no notice of {@linkcode Thread.at}: slower, and finds the same. */
  readonly wholeHistories?: boolean;
}

/** What was explored. */
interface Exploration {
  /** Different states of memory and threads. */
  states: number;
  /** Ways from the start to an end. */
  schedules: number;
  /** Most steps from the start to an end. */
  steps: number;
  /** The first violation found, and the steps that lead to it. */
  failure?: { readonly message: string; readonly trace: readonly string[] };
}

type Op =
  | { readonly kind: "load" | "read"; readonly cell: number }
  | { readonly kind: "store" | "write"; readonly cell: number; readonly value: number }
  | {
    readonly kind: "compareExchange";
    readonly cell: number;
    readonly expected: number;
    readonly value: number;
  }
  | { readonly kind: "notify"; readonly cell: number }
  | { readonly kind: "waitAsync"; readonly cell: number; readonly value: number }
  | { readonly kind: "sleep" | "turn"; readonly waiter: number }
  | { readonly kind: "choose"; readonly options: number };

/** One of the private state of a thread: what it has seen so far, and what it wants to do next. */
interface Local {
  readonly id: number;
  readonly results: readonly number[];
  /** `undefined`: it has ended. */
  readonly next: Op | undefined;
  /** What the same compare-and-swap, just before, found instead of what it expected. */
  readonly failedAt: number | undefined;
  readonly received: readonly number[];
  readonly children: Map<string, Local>;
  /** What it says of its state, if it does. */
  readonly at: string | undefined;
  /** What it has last seen in, or written to, the counters. */
  readonly counters: ReadonlyMap<number, number>;
}

interface Waiter {
  readonly thread: number;
  readonly number: number;
  readonly cell: number;
  readonly notified: boolean;
}

/** Everything at one point in time. Never changed, only copied. */
interface State {
  readonly locals: readonly Local[];
  readonly memory: readonly number[];
  readonly waiters: readonly Waiter[];
  /** What each thread knows of each, as vector clocks. */
  readonly clocks: readonly (readonly number[])[];
  /** The clock that a counter carries, and who stored it when. */
  readonly carried: readonly (readonly number[] | undefined)[];
  /** Who wrote a data word last and when, and who has read it since and when. */
  readonly wrote: readonly (readonly [thread: number, time: number] | undefined)[];
  readonly reads: readonly (readonly number[] | undefined)[];
  /** By cell: sleeps that were announced, not taken back, and not notified (D4). */
  readonly owed: readonly number[];
}

interface Mutable {
  locals: Local[];
  memory: number[];
  waiters: Waiter[];
  clocks: number[][];
  carried: (readonly number[] | undefined)[];
  wrote: (readonly [number, number] | undefined)[];
  reads: (readonly number[] | undefined)[];
  owed: number[];
}

/** Stops a thread at its next operation. */
class Pending {
  readonly op: Op;
  constructor(op: Op) {
    this.op = op;
  }
}

/** One run of a thread over the results it has seen. */
class Run {
  readonly received: number[] = [];
  /** By cell: what was last read or written. */
  readonly seen = new Map<number, number>();
  /** What the thread said of its state since its last operation. */
  at: string | undefined;
  /** The last operation, if it was a compare-and-swap that failed. */
  #failed: { readonly op: Op; readonly found: number } | undefined;
  readonly #results: readonly number[];
  #done = 0;

  constructor(results: readonly number[]) {
    this.#results = results;
  }

  /** What `op` found last time, if it is tried again at once. */
  failedAt(op: Op): number | undefined {
    return this.#failed !== undefined && isDeepStrictEqual(this.#failed.op, op)
      ? this.#failed.found
      : undefined;
  }

  step(op: Op): number {
    if (this.#done === this.#results.length) throw new Pending(op);
    this.at = undefined;
    const result = this.#results[this.#done++]!;
    const failed = op.kind === "compareExchange" && result !== op.expected;
    this.#failed = failed ? { op, found: result } : undefined;
    if ("cell" in op) this.seen.set(op.cell, result);
    return result;
  }
}

/** A rule that was broken. */
class Violation extends Error {}

/** Stands for the promise of `waitAsync`; resolved by {@linkcode Thread.sleep}. */
class ModelPromise {
  settled = false;
  readonly waiter: number;
  readonly #callbacks: (() => void)[] = [];

  constructor(waiter: number) {
    this.waiter = waiter;
  }

  then(callback: () => void): ModelPromise {
    this.#callbacks.push(callback);
    return this;
  }

  settle(): void {
    this.settled = true;
    for (const callback of this.#callbacks) callback();
  }
}

/** Enough for every scenario; a scenario that needs more should be made smaller. */
const MAX_STATES = 2_000_000;
const SLEPT = 1;
/** Bit of the word of begun slots that is set while the producer holds it. */
const HELD = 1;

/** Runs every schedule of `scenario`, up to the first that breaks a rule. */
export function explore(scenario: Scenario): Exploration {
  return new Explorer(scenario).run();
}

class Explorer {
  readonly #scenario: Scenario;
  readonly #names: readonly string[];
  readonly #roots: Local[];
  /** Words that were touched, as dense numbers. */
  readonly #cells: { words: Int32Array; index: number }[] = [];
  readonly #cellOf = new Map<Int32Array, Map<number, number>>();
  /** By state: schedules from here to an end. */
  readonly #seen = new Map<string, { schedules: number; steps: number }>();
  readonly #trace: string[] = [];
  /** One for all locals of a thread that are in the same state by what they say. */
  readonly #merged = new Map<string, Local>();
  #locals = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#names = Object.keys(scenario.threads);
    this.#roots = this.#names.map((_, thread) => this.#local(thread, []));
  }

  run(): Exploration {
    const none = this.#names.map(() => 0);
    const start: Mutable = {
      locals: this.#roots,
      memory: [],
      waiters: [],
      clocks: this.#names.map((_, thread) => none.with(thread, 1)),
      carried: [],
      wrote: [],
      reads: [],
      owed: [],
    };
    const result: Exploration = { states: 0, schedules: 0, steps: 0 };
    try {
      this.#names.forEach((_, thread) => this.#runData(start, thread));
      Object.assign(result, this.#explore(start));
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      result.failure = { message: error.message, trace: [...this.#trace] };
    }
    result.states = this.#seen.size;
    return result;
  }

  #explore(state: State): { schedules: number; steps: number } {
    const key = `${keyOf(state)}|${this.#carriedByBegun(state)}`;
    const known = this.#seen.get(key);
    if (known !== undefined) return known;
    if (this.#seen.size >= MAX_STATES) throw new Error("the scenario has too many states");

    const found = { schedules: 0, steps: 0 };
    for (let thread = 0; thread < this.#names.length; thread++) {
      for (const result of this.#outcomes(state, thread)) {
        const { length } = this.#trace;
        const after = this.#explore(this.#step(state, thread, result));
        found.schedules += after.schedules;
        found.steps = Math.max(found.steps, after.steps + 1);
        this.#trace.length = length;
      }
    }
    if (found.schedules === 0) {
      this.#checkEnd(state);
      found.schedules = 1;
    }
    this.#seen.set(key, found);
    return found;
  }

  /** Both sides store these words, so that the states of the threads do not say who did last. */
  #carriedByBegun({ carried }: State): string {
    return carried.filter((clock, cell) => clock !== undefined && !this.#isCounter(cell)).join(";");
  }

  /** What can come of the next step of a thread; nothing if it cannot make one. */
  #outcomes(state: State, thread: number): readonly (number | undefined)[] {
    const { next: op, failedAt } = state.locals[thread]!;
    if (op === undefined) return [];
    switch (op.kind) {
      case "compareExchange":
        // A loop that tries until it succeeds goes on when the word has changed.
        return this.#value(state, op.cell) === failedAt ? [] : [undefined];
      case "sleep":
        return isNotified(state, thread, op.waiter) ? [SLEPT] : [];
      case "turn":
        return isNotified(state, thread, op.waiter) ? [0, SLEPT] : [0];
      case "choose":
        return Array.from({ length: op.options }, (_, option) => option);
      default:
        return [undefined];
    }
  }

  #step(state: State, thread: number, outcome: number | undefined): State {
    const after = copy(state);
    this.#perform(after, thread, outcome);
    this.#runData(after, thread);
    return after;
  }

  /** Data accesses belong to the step before them, unless the scenario wants them alone. */
  #runData(state: Mutable, thread: number): void {
    for (;;) {
      const kind = state.locals[thread]!.next?.kind;
      if ((kind !== "read" && kind !== "write") || this.#scenario.dataSteps === true) return;
      this.#perform(state, thread, undefined);
    }
  }

  #perform(state: Mutable, thread: number, outcome: number | undefined): void {
    const local = state.locals[thread]!;
    const op = local.next!;
    this.#trace.push(`${this.#names[thread]}: ${this.#describe(op)}`);
    // The store that a counter was loaded from makes a difference, even with the same value.
    const loads = op.kind === "load" || op.kind === "compareExchange";
    const carried = loads ? state.carried[op.cell] : undefined;
    const result = outcome ?? this.#execute(state, thread, op);
    if ((op.kind === "sleep" || op.kind === "turn") && result === SLEPT) {
      state.waiters = state.waiters.filter((waiter) =>
        waiter.thread !== thread || waiter.number !== op.waiter
      );
    }
    this.#trace[this.#trace.length - 1] += ` -> ${result}`;

    const key = carried === undefined ? `${result}` : `${result}/${carried}`;
    let child = local.children.get(key);
    if (child === undefined) {
      child = this.#local(thread, [...local.results, result]);
      local.children.set(key, child);
    }
    state.locals[thread] = this.#merge(state, thread, child);
  }

  #merge(state: State, thread: number, local: Local): Local {
    if (local.at === undefined || this.#scenario.wholeHistories === true) return local;
    const waits = state.waiters.filter((waiter) => waiter.thread === thread);
    const key = [
      thread,
      local.at,
      local.received,
      state.clocks[thread],
      waits.map(({ number }) => number),
      [...local.counters.values()],
    ].join("|");
    const same = this.#merged.get(key);
    if (same === undefined) this.#merged.set(key, local);
    return same ?? local;
  }

  #execute(state: Mutable, thread: number, op: Op): number {
    switch (op.kind) {
      case "load":
        this.#acquire(state, thread, op.cell);
        return this.#value(state, op.cell);
      case "store":
        if (this.#channelOf(op.cell) === undefined) this.#announce(state, op.cell, op.value);
        this.#set(state, thread, op.cell, op.value);
        return op.value;
      case "compareExchange": {
        const value = this.#value(state, op.cell);
        this.#acquire(state, thread, op.cell);
        if (value === op.expected) this.#set(state, thread, op.cell, op.value);
        return value;
      }
      case "notify":
        return this.#notify(state, op.cell);
      case "waitAsync": {
        if (this.#value(state, op.cell) !== op.value) return 0;
        const number = state.locals[thread]!.results.length + 1;
        state.waiters.push({ thread, number, cell: op.cell, notified: false });
        return number;
      }
      case "read":
        this.#checkData(state, thread, op.cell, false);
        return this.#value(state, op.cell);
      case "write":
        this.#checkData(state, thread, op.cell, true);
        state.memory[op.cell] = op.value;
        return op.value;
      default:
        throw new Error(`${op.kind} has several outcomes`);
    }
  }

  #set(state: Mutable, thread: number, cell: number, value: number): void {
    const before = this.#value(state, cell);
    state.memory[cell] = value;
    this.#release(state, thread, cell);
    if (this.#scenario.outcomeOnly === true) return;
    if (this.#isCounter(cell)) this.#checkCounters(state, thread, cell);
    else if (this.#channelOf(cell) !== undefined) this.#checkBegun(state, thread, cell, before);
  }

  /** An owner says that it will sleep, or takes that back. */
  #announce(state: Mutable, cell: number, events: number): void {
    const before = this.#value(state, cell);
    const change = Number(events !== 0) - Number(before !== 0);
    state.owed[cell] = (state.owed[cell] ?? 0) + change;
  }

  #notify(state: Mutable, cell: number): number {
    const owed = (state.owed[cell] ?? 0) - 1;
    if (owed < 0) throw new Violation("D4: more notifications than announced sleeps");
    state.owed[cell] = owed;
    let woken = 0;
    state.waiters = state.waiters.map((waiter) => {
      if (waiter.cell !== cell || waiter.notified) return waiter;
      woken++;
      return { ...waiter, notified: true };
    });
    return woken;
  }

  // Order between threads (I4)

  #isCounter(cell: number): boolean {
    return this.#channelOf(cell)?.layout.begunWord !== this.#cells[cell]!.index &&
      this.#channelOf(cell) !== undefined;
  }

  /** The channel that synchronises through this word. */
  #channelOf(cell: number): Watched | undefined {
    const { words, index } = this.#cells[cell]!;
    return this.#scenario.channels.find(({ words: of, layout }) =>
      of === words &&
      [layout.publishedWord, layout.takenWord, layout.begunWord].includes(index)
    );
  }

  #acquire(state: Mutable, thread: number, cell: number): void {
    const carried = state.carried[cell];
    if (carried === undefined) return;
    state.clocks[thread] = state.clocks[thread]!.map((time, of) => Math.max(time, carried[of]!));
  }

  #release(state: Mutable, thread: number, cell: number): void {
    if (this.#channelOf(cell) === undefined) return;
    const clock = state.clocks[thread]!;
    state.carried[cell] = clock;
    state.clocks[thread] = clock.with(thread, clock[thread]! + 1);
  }

  #checkData(state: Mutable, thread: number, cell: number, writes: boolean): void {
    if (this.#scenario.outcomeOnly === true) return;
    this.#checkOwner(state, thread, cell, writes);
    const clock = state.clocks[thread]!;
    const race = (of: number, time: number): boolean => of !== thread && clock[of]! < time;
    const wrote = state.wrote[cell];
    if (wrote !== undefined && race(...wrote)) {
      throw new Violation(
        `I4: nothing orders this access after the write of ${this.#names[wrote[0]]}`,
      );
    }
    const reads = state.reads[cell] ?? this.#names.map(() => 0);
    if (!writes) state.reads[cell] = reads.with(thread, clock[thread]!);
    else {
      const reader = reads.findIndex((time, of) => race(of, time));
      if (reader >= 0) {
        throw new Violation(
          `I4: nothing orders this write after the read of ${this.#names[reader]}`,
        );
      }
      state.wrote[cell] = [thread, clock[thread]!];
      state.reads[cell] = undefined;
    }
  }

  // The ring's other invariants

  #checkCounters(state: State, thread: number, cell: number): void {
    const channel = this.#channelOf(cell)!;
    const isPublished = this.#cells[cell]!.index === channel.layout.publishedWord;
    if (this.#names[thread] !== (isPublished ? channel.producer : channel.consumer)) {
      throw new Violation("I1: a counter was written by the other side");
    }
    const used = this.#used(state, channel);
    if (used < 0 || used > channel.layout.slotCount) {
      throw new Violation(`I2: published - taken is ${used}`);
    }
  }

  #checkBegun(state: State, thread: number, cell: number, before: number): void {
    const channel = this.#channelOf(cell)!;
    const value = this.#value(state, cell);
    const isProducer = this.#names[thread] === channel.producer;
    if (isProducer ? ((value ^ before) & ~HELD) !== 0 : (before & HELD) !== 0) {
      throw new Violation("I5: a slot was begun while the producer held the word");
    }
    const begun = this.#begun(state, channel);
    if (begun < 0 || begun > this.#used(state, channel)) {
      throw new Violation(`I6: begun - taken is ${begun}`);
    }
  }

  #used(state: State, { words, layout }: Watched): number {
    const published = this.#value(state, this.#cell(words, layout.publishedWord));
    return (published - this.#value(state, this.#cell(words, layout.takenWord))) | 0;
  }

  /** Slots begun and not yet taken. */
  #begun(state: State, { words, layout }: Watched): number {
    const taken = this.#value(state, this.#cell(words, layout.takenWord));
    const begun = this.#value(state, this.#cell(words, layout.begunWord)) >>> 1;
    return ((begun - taken) << 1) >> 1;
  }

  /** Whether the slot that the data word belongs to is, now, this thread's (I3). */
  #checkOwner(state: State, thread: number, cell: number, writes: boolean): void {
    const { words, index } = this.#cells[cell]!;
    for (const channel of this.#scenario.channels) {
      const { slotsWord, slotCount, takenWord } = channel.layout;
      const slot = Math.floor((index - slotsWord) / SLOT_WORDS);
      if (channel.words !== words || slot < 0 || slot >= slotCount) continue;
      const name = this.#names[thread];
      const taken = this.#value(state, this.#cell(words, takenWord));
      const place = (slot - taken) & (slotCount - 1);
      if (channel.withdraws === true) {
        const isBegun = place < this.#begun(state, channel);
        if (name === channel.consumer && !isBegun) {
          throw new Violation(`I5: ${name} reads a slot that it has not begun`);
        }
        const isCall = (index - slotsWord) % SLOT_WORDS === SLOT_CALL;
        const held = this.#value(state, this.#cell(words, channel.layout.begunWord)) & HELD;
        if (name === channel.producer && isCall && held !== 0 && !isBegun) continue;
      }
      if (name !== (writes ? channel.producer : channel.consumer)) {
        throw new Violation("I3: a slot was written by the consumer or read by the producer");
      }
      const isPublished = place < this.#used(state, channel);
      if (isPublished === writes) {
        throw new Violation(
          `I3: ${name} ${writes ? "writes a published" : "reads an unpublished"} slot`,
        );
      }
    }
  }

  #checkEnd({ locals }: State): void {
    const stuck = this.#names.filter((_, thread) => locals[thread]!.next !== undefined);
    if (stuck.length > 0) throw new Violation(`a wake-up was lost: ${stuck.join(", ")} asleep`);
    try {
      this.#scenario.check?.(
        Object.fromEntries(this.#names.map((name, thread) => [name, locals[thread]!.received])),
      );
    } catch (error) {
      throw new Violation((error as Error).message);
    }
  }

  // Memory and threads

  #cell(words: Int32Array, index: number): number {
    let cells = this.#cellOf.get(words);
    if (cells === undefined) this.#cellOf.set(words, cells = new Map());
    let cell = cells.get(index);
    if (cell === undefined) {
      cells.set(index, cell = this.#cells.length);
      this.#cells.push({ words, index });
    }
    return cell;
  }

  /** What a word holds; at first what the real array holds, which is never changed. */
  #value(state: State, cell: number): number {
    const { words, index } = this.#cells[cell]!;
    return state.memory[cell] ?? words[index]!;
  }

  /** Runs a thread with the results it has seen, up to its next operation. */
  #local(thread: number, results: readonly number[]): Local {
    const run = new Run(results);
    let next: Op | undefined;
    try {
      this.#scenario.threads[this.#names[thread]!]!(this.#replay(run));
    } catch (error) {
      if (error instanceof Pending) next = error.op;
      else throw new Violation(`${this.#names[thread]} threw: ${(error as Error).message}`);
    }
    const { received, at } = run;
    const failedAt = next && run.failedAt(next);
    const counters = new Map([...run.seen].filter(([cell]) => this.#isCounter(cell)).sort());
    const children = new Map<string, Local>();
    return { id: this.#locals++, results, next, failedAt, received, children, at, counters };
  }

  #replay(run: Run): Thread {
    const step = (op: Op): number => run.step(op);
    const cell = (words: Int32Array, index: number): number => this.#cell(words, index);
    const wait = (promise: Promise<unknown>, kind: "sleep" | "turn"): boolean => {
      // A promise that was resolved from the start is none of the model's.
      const model = promise as unknown as ModelPromise;
      if (!(model instanceof ModelPromise) || model.settled) return true;
      if (step({ kind, waiter: model.waiter }) !== SLEPT) return false;
      model.settle();
      return true;
    };
    return {
      atomic: {
        load: (words, index) => step({ kind: "load", cell: cell(words, index) }),
        store: (words, index, value) =>
          step({ kind: "store", cell: cell(words, index), value: value | 0 }),
        compareExchange: (words, index, expected, value) =>
          step({ kind: "compareExchange", cell: cell(words, index), expected, value }),
        notify: (words, index) => step({ kind: "notify", cell: cell(words, index) }),
        waitAsync: (words, index, value): AsyncWait => {
          const waiter = step({ kind: "waitAsync", cell: cell(words, index), value });
          if (waiter === 0) return { async: false, value: "not-equal" };
          return { async: true, value: new ModelPromise(waiter) as unknown as Promise<"ok"> };
        },
      },
      read: (words, index) => step({ kind: "read", cell: cell(words, index) }),
      write: (words, index, value) => {
        step({ kind: "write", cell: cell(words, index), value });
      },
      sleep: (promise) => {
        wait(promise, "sleep");
      },
      turn: (promise) => wait(promise, "turn"),
      choose: (options) => step({ kind: "choose", options }),
      at: (state) => {
        run.at = state;
      },
      receive: (value) => {
        run.received.push(value);
      },
    };
  }

  #describe(op: Op): string {
    const parts = Object.entries(op).map(([key, value]) =>
      key === "cell" ? `word ${this.#cells[value as number]!.index}` : String(value)
    );
    return parts.join(" ");
  }
}

function copy(state: State): Mutable {
  return {
    locals: [...state.locals],
    memory: [...state.memory],
    waiters: [...state.waiters],
    clocks: [...state.clocks] as number[][],
    carried: [...state.carried],
    wrote: [...state.wrote],
    reads: [...state.reads],
    owed: [...state.owed],
  };
}

function keyOf({ locals, memory, waiters, owed }: State): string {
  const sleepers = waiters.map(({ thread, number, notified }) => `${thread}.${number}.${notified}`);
  return `${locals.map(({ id }) => id)}|${memory}|${sleepers}|${owed}`;
}

function isNotified({ waiters }: State, thread: number, number: number): boolean {
  return waiters.some((waiter) =>
    waiter.thread === thread && waiter.number === number && waiter.notified
  );
}
