/**
 * What a pool has for who wants to see what it does: a meter, a trace, channels, and what looks for calls that
 * take too long. Pools have it only if somebody wants to.
 *
 * @module
 */

import type { CarriedStore } from "../runtime/carried_stores.ts";
import { channelNamed } from "../runtime/channels.ts";
import { CallChannels } from "./call_channels.ts";
import { Carry } from "./carry.ts";
import { type CallObserver, Meter } from "./meter.ts";
import { MeteredRouter } from "./metered_router.ts";
import { isStillOpen } from "./pending_calls.ts";
import type { RouterParts, RouterSettings } from "./router.ts";
import { Stalls } from "./stalls.ts";
import { openTrace, type Trace } from "./trace.ts";

/** What to measure and to publish, besides what every meter measures. */
export interface MeasuringSettings {
  /** Calls that take longer are reported; `Infinity` for none. */
  readonly stallMs: number;
  /** Whether calls are published in channels. */
  readonly publishes: boolean;
  /** Stores whose values go with calls. */
  readonly stores: readonly CarriedStore[];
  /** Where to write a trace. */
  readonly tracePath: string | undefined;
}

/** Everything that measures the calls of one pool. */
export class Measuring {
  readonly meter: Meter;
  readonly trace: Trace | undefined;
  readonly carry: Carry | undefined;
  stalls: Stalls | undefined;
  readonly #settings: MeasuringSettings;
  readonly #names: readonly string[];

  /** @throws {Error} if the trace cannot be written */
  constructor(settings: MeasuringSettings, tasks: readonly { readonly name: string }[]) {
    const { publishes, tracePath, stores } = settings;
    this.#settings = settings;
    this.#names = tasks.map(({ name }) => name);
    this.trace = tracePath === undefined ? undefined : openTrace(tracePath, this.#names);
    this.meter = new Meter(tasks.length);
    this.carry = stores.length === 0 ? undefined : new Carry(stores);
    this.meter.carry = this.carry;
    const channels = publishes ? new CallChannels(this.#names) : undefined;
    // The one that may throw is first; the last one runs code of the caller, which may end the call.
    const observers = [this.carry, this.trace, channels].filter((one) => one !== undefined);
    if (observers.length > 0) this.meter.observer = all(observers);
  }

  /** A router that measures. */
  router(settings: RouterSettings, ...parts: RouterParts): MeteredRouter {
    const { meter, carry } = this;
    const { inline } = settings;
    const functions = carry && inline?.functions.map((f) => carry.wrapInline(f));
    const router = new MeteredRouter(
      { ...settings, inline: inline && functions ? { ...inline, functions } : inline, meter },
      ...parts,
    );
    const { stallMs } = this.#settings;
    if (stallMs !== Infinity) {
      const { calls } = router.settlement;
      const channel = channelNamed("knitting:call:stalled");
      const report = (call: object): void => {
        if (channel.hasSubscribers) channel.publish(call);
      };
      this.stalls = new Stalls(stallMs, this.#names, calls, report);
    }
    return router;
  }

  /** All calls have settled. */
  close(): void {
    this.stalls?.close();
    this.trace?.close();
  }
}

function all(observers: readonly CallObserver[]): CallObserver {
  return {
    made(entry) {
      const { generation } = entry;
      for (const observer of observers) {
        observer.made(entry);
        if (!isStillOpen(entry, generation)) return; // what it carries has getters
      }
    },
    ended(entry, outcome, value) {
      for (const observer of observers) observer.ended(entry, outcome, value);
    },
  };
}
