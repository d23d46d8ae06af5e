/**
 * Router and settlement of a pool that measures its calls. The others have plain ones, which do not ask
 * whether anything is measured.
 *
 * @module
 */

import { Flag, packHead } from "../codec/tags.ts";
import { type CallObserver, COMPLETED, FAILED, type Meter } from "./meter.ts";
import { isStillOpen, type PendingCall } from "./pending_calls.ts";
import { Router, type RouterParts, type RouterSettings } from "./router.ts";
import {
  type Ending,
  Settlement,
  type SettlementEvents,
  type SettlementSettings,
} from "./settlement.ts";
import type { WorkerLane } from "./worker_lane.ts";

const REJECTED: number = packHead(0, Flag.Rejected, 0);

/** A router that measures. */
export class MeteredRouter extends Router {
  readonly #meter: Meter;

  constructor(settings: RouterSettings & { readonly meter: Meter }, ...parts: RouterParts) {
    super(settings, ...parts);
    this.#meter = settings.meter;
  }

  protected override makeSettlement(
    settings: RouterSettings & { readonly meter: Meter },
    signalCount: number,
  ): Settlement {
    return new MeteredSettlement(settings, signalCount, this);
  }

  override submit(entry: PendingCall): void {
    if (entry.task === this.#meter.unstampedTask) entry.isTimed = false;
    else if (!this.#made(entry)) return;
    super.submit(entry);
  }

  override submitOrdered(entry: PendingCall): void {
    if (this.#made(entry)) super.submitOrdered(entry);
  }

  /** False if the call was refused, or who heard of it has given it up or has ended the pool. */
  #made(entry: PendingCall): boolean {
    const meter = this.#meter;
    meter.stamp(entry);
    return meter.observer === undefined || this.#tell(meter.observer, entry);
  }

  #tell(observer: CallObserver, entry: PendingCall): boolean {
    const { generation } = entry;
    try {
      observer.made(entry);
    } catch (error) {
      // What it carries cannot cross.
      if (isStillOpen(entry, generation)) this.settlement.endRejected(entry, error);
    }
    return isStillOpen(entry, generation);
  }

  override dispatch(): void {
    super.dispatch(); // first of all: workers wait for it
    this.#meter.tick();
  }

  override rebalance(now: number): void {
    this.#meter.watch();
    super.rebalance(now);
  }

  override takeReplies(lane: WorkerLane): number {
    this.#meter.takes(lane, lane.lateSince);
    const taken = super.takeReplies(lane);
    this.#meter.taken(taken);
    return taken;
  }
}

class MeteredSettlement extends Settlement {
  readonly #meter: Meter;

  constructor(
    settings: SettlementSettings & { readonly meter: Meter },
    signalCount: number,
    events: SettlementEvents,
  ) {
    super(settings, signalCount, events);
    this.#meter = settings.meter;
    this.#meter.calls = this.calls;
  }

  override fulfilled(entry: PendingCall, value: unknown, head?: number): void {
    if (!this.#meter.isBlind || entry.isTimed) this.#tellResult(entry, value, head);
    super.fulfilled(entry, value);
  }

  #tellResult(entry: PendingCall, value: unknown, head: number | undefined): void {
    if (!entry.open || head === undefined) return; // settled before, or on the main thread
    this.#meter.answered(entry, head);
    this.#showResult(entry, value);
  }

  /** Settles a call that somebody watches: who hears of it may give it up, or end the pool, and finds it done. */
  #showResult(entry: PendingCall, value: unknown): void {
    const { observer } = this.#meter;
    if (observer === undefined || !entry.open) return;
    this.settled(entry);
    observer.ended(entry, "completed", value);
    entry.resolve(value);
  }

  /** The same; false if it is not settled now. */
  #showFailure(entry: PendingCall, reason: unknown): boolean {
    const { observer } = this.#meter;
    if (observer === undefined || !entry.open) return false;
    this.settled(entry);
    observer.ended(entry, "failed", reason);
    return true;
  }

  override rejected(entry: PendingCall, reason: unknown, head?: number): void {
    if (entry.open && head !== undefined) {
      this.#meter.answered(entry, head | REJECTED); // it may be that the reply cannot be read
      if (this.#showFailure(entry, reason)) this.sites.reject(entry, reason);
    }
    super.rejected(entry, reason);
  }

  override begunInline(entry: PendingCall): void {
    this.#meter.begunInline(entry);
  }

  override fulfilledInline(entry: PendingCall, value: unknown): void {
    this.#meter.endedInline(entry, entry.open ? COMPLETED : undefined);
    this.#showResult(entry, value);
    super.fulfilledInline(entry, value);
  }

  override rejectedInline(entry: PendingCall, reason: unknown): void {
    this.#meter.endedInline(entry, entry.open ? FAILED : undefined); // not covered: only if a call that was given up fails
    if (this.#showFailure(entry, reason)) entry.reject(reason);
    super.rejectedInline(entry, reason);
  }

  protected override endsEarly(entry: PendingCall, ending: Ending, reason: unknown): void {
    this.#meter.endedEarly(entry, ending);
    this.#meter.observer?.ended(entry, ending, reason);
  }
}
