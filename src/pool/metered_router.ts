/**
 * Router and settlement of a pool that measures its calls. The others have plain ones, which do not ask
 * whether anything is measured.
 *
 * @module
 */

import { Flag, packHead } from "../codec/tags.ts";
import { type CallObserver, COMPLETED, FAILED, type Meter } from "./meter.ts";
import type { PendingCall } from "./pending_calls.ts";
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

  /** False if the call was refused. */
  #made(entry: PendingCall): boolean {
    const meter = this.#meter;
    meter.stamp(entry);
    return meter.observer === undefined || this.#tell(meter.observer, entry);
  }

  #tell(observer: CallObserver, entry: PendingCall): boolean {
    try {
      observer.made(entry);
      return true;
    } catch (error) {
      this.settlement.endRejected(entry, error); // what it carries cannot cross
      return false;
    }
  }

  override dispatch(): void {
    this.#meter.tick();
    super.dispatch();
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
    this.#meter.observer?.ended(entry, "completed", value);
  }

  override rejected(entry: PendingCall, reason: unknown, head?: number): void {
    if (entry.open && head !== undefined) {
      this.#meter.answered(entry, head | REJECTED); // it may be that the reply cannot be read
      this.#meter.observer?.ended(entry, "failed", reason);
    }
    super.rejected(entry, reason);
  }

  override begunInline(entry: PendingCall): void {
    this.#meter.begunInline(entry);
  }

  override fulfilledInline(entry: PendingCall, value: unknown): void {
    this.#meter.endedInline(entry, entry.open ? COMPLETED : undefined);
    if (entry.open) this.#meter.observer?.ended(entry, "completed", value);
    super.fulfilledInline(entry, value);
  }

  override rejectedInline(entry: PendingCall, reason: unknown): void {
    this.#meter.endedInline(entry, entry.open ? FAILED : undefined); // not covered: only if a call that was given up fails
    if (entry.open) this.#meter.observer?.ended(entry, "failed", reason);
    super.rejectedInline(entry, reason);
  }

  protected override endsEarly(entry: PendingCall, ending: Ending, reason: unknown): void {
    this.#meter.endedEarly(entry, ending);
    this.#meter.observer?.ended(entry, ending, reason);
  }
}
