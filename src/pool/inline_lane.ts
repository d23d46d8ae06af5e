/**
 * The main thread as a lane: it runs calls itself, and nothing is encoded.
 *
 * A call never runs before its caller has got its promise. The first calls of a burst run in a
 * microtask; from then on it is one batch in each turn of the event loop, so that timers and sockets
 * of the program are served in between.
 *
 * @module
 */

import { asPromise, then } from "../codec/promises.ts";
import { handOver, referenceIn } from "../codec/references.ts";
import type { BufferReference } from "../memory/buffer_reference.ts";
import type { TaskFunction } from "../runtime/branded_task.ts";
import { CallSignal } from "../runtime/call_signal.ts";
import { nextTurn } from "../runtime/threads.ts";
import { InlineStream } from "./inline_stream.ts";
import type { CallHolder, PendingCall } from "./pending_calls.ts";

/** What the inline lane runs, and when. */
export interface InlineSettings {
  readonly position: "first" | "last";
  /** Calls in one turn of the event loop. */
  readonly batchSize: number;
  /** How many calls of a task must be open before it may run here. */
  readonly dispatchThreshold: number;
  /** The functions by task; `undefined` for those that must not run here. */
  readonly functions: readonly (TaskFunction | undefined)[];
}

/** What the inline lane tells its pool. */
export interface InlineEvents {
  /** The call is about to run. */
  begunInline(entry: PendingCall): void;
  /** The call has ended with this value. */
  fulfilledInline(entry: PendingCall, value: unknown): void;
  /** The call has ended with this reason. */
  rejectedInline(entry: PendingCall, reason: unknown): void;
  /** The task has returned a promise. */
  promised(call: PendingCall): void;
  /** The task has yielded an item; {@linkcode InlineLane.credit} tells when it is read. */
  itemInline(entry: PendingCall, value: unknown): void;
  /** There is room for more calls. */
  inlineHasRoom(): void;
}

/** Runs calls on the main thread. */
export class InlineLane implements CallHolder {
  readonly isWorker = false;
  readonly ready = true;
  readonly position: "first" | "last";
  /** Calls taken and not yet ended. */
  inFlight = 0;
  readonly #settings: InlineSettings;
  readonly #isAbortable: (entry: PendingCall) => boolean;
  readonly #events: InlineEvents;
  readonly #onReference: (reference: BufferReference) => void;
  readonly #queue: PendingCall[] = [];
  /** The signals of abort-aware calls that run. */
  readonly #signals = new Map<PendingCall, { readonly word: Int32Array; signal: CallSignal }>();
  /** The streams that have begun. */
  readonly #streams = new Map<PendingCall, InlineStream>();
  #scheduled = false;

  /** @param onReference called with each reference that a task returns */
  constructor(
    settings: InlineSettings,
    isAbortable: (entry: PendingCall) => boolean,
    events: InlineEvents,
    onReference: (reference: BufferReference) => void,
  ) {
    this.position = settings.position;
    this.#settings = settings;
    this.#isAbortable = isAbortable;
    this.#events = events;
    this.#onReference = onReference;
  }

  /** Whether calls of this task may run here while so many of them are open. */
  accepts(task: number, open: number): boolean {
    const { functions, dispatchThreshold } = this.#settings;
    return functions[task] !== undefined && open >= dispatchThreshold;
  }

  /** Whether one more call would run in the next turn. */
  hasRoom(): boolean {
    return this.#queue.length < this.#settings.batchSize;
  }

  /** Calls that wait to be begun, without those of the next batch; below zero: how many that has room for. */
  get backlog(): number {
    return this.#queue.length - this.#settings.batchSize;
  }

  /** Whether no call is waiting to be begun. */
  isFree(): boolean {
    return this.#queue.length === 0;
  }

  send(entry: PendingCall): boolean {
    this.inFlight++;
    this.#queue.push(entry);
    if (!this.#scheduled) {
      this.#scheduled = true;
      resolved.then(this.#runBatch);
    }
    return true;
  }

  hasBegun(entry: PendingCall): boolean {
    return !this.#queue.includes(entry);
  }

  withdraw(entry: PendingCall): boolean {
    const index = this.#queue.indexOf(entry);
    if (index < 0) return false;
    this.#queue.splice(index, 1);
    this.inFlight--;
    return true;
  }

  /** Calls that have not begun will not; the others are told that nobody waits for them. */
  close(): void {
    this.inFlight -= this.#queue.length;
    this.#queue.length = 0;
    for (const entry of [...this.#signals.keys(), ...this.#streams.keys()]) this.raise(entry);
  }

  credit(entry: PendingCall): void {
    this.#streams.get(entry)?.read();
  }

  raise(entry: PendingCall): void {
    this.#streams.get(entry)?.cancel();
    const open = this.#signals.get(entry);
    if (open === undefined) return; // it has not begun, and sees that it is aborted when it does
    open.word[0] = 1;
    open.signal.deliver();
  }

  readonly #runBatch = (): void => {
    for (let left = this.#settings.batchSize; left > 0 && this.#queue.length > 0; left--) {
      this.#run(this.#queue.shift()!);
    }
    this.#events.inlineHasRoom();
    nextTurn(() => {
      if (this.#queue.length > 0) this.#runBatch();
      else this.#scheduled = false;
    });
  };

  #run(entry: PendingCall): void {
    this.#events.begunInline(entry);
    const f = this.#settings.functions[entry.task]!;
    let result: unknown;
    let lent: BufferReference | undefined;
    try {
      let { argument } = entry;
      const passed = referenceIn(argument);
      if (passed !== undefined) [argument, lent] = handOver(argument, passed);
      result = this.#isAbortable(entry) ? f(argument, this.#openSignal(entry)) : f(argument);
    } catch (error) {
      return this.#settle(entry, error, lent, false);
    }
    const promise = asPromise(result);
    if (entry.watch?.stream !== undefined) return this.#stream(entry, promise ?? result, lent);
    if (promise === undefined) return this.#settle(entry, result, lent, true);
    this.#events.promised(entry);
    then(
      promise,
      (value) => this.#settle(entry, value, lent, true),
      (error) => this.#settle(entry, error, lent, false),
    );
  }

  #stream(entry: PendingCall, result: unknown, lent: BufferReference | undefined): void {
    this.#events.promised(entry);
    const stream = new InlineStream(result, {
      item: (value) => this.#events.itemInline(entry, this.#givenBack(value)),
      end: (value, fulfilled) => this.#settle(entry, value, lent, fulfilled),
    });
    this.#streams.set(entry, stream);
  }

  #settle(
    entry: PendingCall,
    value: unknown,
    lent: BufferReference | undefined,
    fulfilled: boolean,
  ): void {
    try {
      value = this.#givenBack(value);
    } catch (error) {
      value = error;
      fulfilled = false;
    }
    lent?.release();
    this.#end(entry);
    if (fulfilled) this.#events.fulfilledInline(entry, value);
    else this.#events.rejectedInline(entry, value);
  }

  /** A reference that a task gives back is the host's from now on. */
  #givenBack(value: unknown): unknown {
    const reference = referenceIn(value);
    if (reference === undefined) return value;
    const [given, owner] = handOver(value, reference);
    this.#onReference(owner);
    return given;
  }

  #openSignal(entry: PendingCall): unknown {
    const word = Int32Array.of(entry.aborted ? 1 : 0);
    const signal = new CallSignal(word, 0);
    this.#signals.set(entry, { word, signal });
    return signal.toolkit;
  }

  #end(entry: PendingCall): void {
    this.inFlight--;
    this.#signals.get(entry)?.signal.close();
    this.#signals.delete(entry);
    this.#streams.delete(entry);
  }
}

const resolved = Promise.resolve();
