/**
 * Publishes what becomes of calls, for those who trace programs. Channels and messages are those that
 * `TracingChannel` of `node:diagnostics_channel` has for a function that returns a promise.
 *
 * @module
 */

import { channelNamed } from "../runtime/channels.ts";
import type { CallObserver, Outcome } from "./meter.ts";
import type { PendingCall } from "./pending_calls.ts";
import type { WorkerLane } from "./worker_lane.ts";

/** What all messages about one call are: the same object. */
export interface CallMessage {
  /** Name of the task. */
  readonly task: string;
  /** What it is called with. */
  readonly argument: unknown;
  /** Number of the worker that has run it; `"inline"` for the main thread; `undefined` if nobody has. */
  lane?: number | "inline";
  /** How it has ended. */
  outcome?: Outcome;
  /** What the task has returned. */
  result?: unknown;
  /** Why there is no result. */
  error?: unknown;
}

/** Publishes calls while somebody listens. */
export class CallChannels implements CallObserver {
  readonly #names: readonly string[];
  readonly #messages = new Map<PendingCall, CallMessage>();
  readonly #start = channelNamed("tracing:knitting:call:start");
  readonly #end = channelNamed("tracing:knitting:call:end");
  readonly #asyncStart = channelNamed("tracing:knitting:call:asyncStart");
  readonly #asyncEnd = channelNamed("tracing:knitting:call:asyncEnd");
  readonly #error = channelNamed("tracing:knitting:call:error");

  /** @param names of the tasks */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  made(entry: PendingCall): void {
    const anybody = this.#start.hasSubscribers || this.#end.hasSubscribers ||
      this.#asyncStart.hasSubscribers || this.#asyncEnd.hasSubscribers ||
      this.#error.hasSubscribers;
    if (!anybody) return;
    const message = { task: this.#names[entry.task]!, argument: entry.argument };
    this.#messages.set(entry, message);
    this.#start.publish(message);
    this.#end.publish(message);
  }

  ended(entry: PendingCall, outcome: Outcome, value: unknown): void {
    const message = this.#messages.get(entry);
    if (message === undefined) return; // nobody listened when it was made
    this.#messages.delete(entry);
    const { lane } = entry;
    if (lane !== undefined) message.lane = lane.isWorker ? (lane as WorkerLane).worker : "inline";
    message.outcome = outcome;
    if (outcome === "completed") message.result = value;
    else {
      message.error = value;
      this.#error.publish(message);
    }
    this.#asyncStart.publish(message);
    this.#asyncEnd.publish(message);
  }
}
