/**
 * Which calls are with which lane: sends them as far as lanes take them, keeps the others in a queue,
 * and takes back those that another lane would begin sooner.
 *
 * @module
 */

import { KnittingError } from "../errors.ts";
import type { BufferReference } from "../memory/buffer_reference.ts";
import { later } from "../runtime/threads.ts";
import { ProtocolViolation } from "../transport/violation.ts";
import type { ArgumentSource } from "./argument_source.ts";
import { Backlog, type BacklogLimits } from "./backlog.ts";
import type { Dispatched } from "./dispatcher.ts";
import { InlineLane, type InlineSettings } from "./inline_lane.ts";
import type { Lane } from "./lane.ts";
import type { CallHolder, PendingCall, PendingCalls } from "./pending_calls.ts";
import { isTriedAgain } from "./retries.ts";
import { Scheduler, type Strategy, type Target } from "./scheduler.ts";
import { Settlement, type SettlementEvents, type SettlementSettings } from "./settlement.ts";
import { WaitingCalls } from "./waiting_calls.ts";
import type { WorkerLane } from "./worker_lane.ts";

/** A worker that does not answer for this long is busy with one call, and not just waking up. */
const LONG_MS = 1;

/** How far back in the queue the main thread looks for a call that it may run. */
const OVERTAKE_LOOKS = 64;

/** What calls are routed by. */
export interface RouterSettings extends SettlementSettings, BacklogLimits {
  readonly strategy: Strategy;
  readonly inline: InlineSettings | undefined;
  /** The head start that one level of priority gives a call. */
  readonly priorityAgeingMs: number;
}

/** What a router is made from besides. */
export type RouterParts = readonly [
  /** The workers'; others may be in this array later, see {@linkcode Router.lanesChanged}. */
  lanes: readonly WorkerLane[],
  /** How many workers there may be. */
  places: number,
  /** How many abort-aware calls there may be; 0 if no task is abort-aware. */
  signalCount: number,
  /** Called with each reference that a task returns on the main thread. */
  onReference: (reference: BufferReference) => void,
  events: RouterEvents,
];

/** What a router tells its pool. */
export interface RouterEvents {
  /** There is something to send or to look for, or nothing any more. */
  changed(): void;
  /** Calls have gone from the queue to lanes. */
  dequeued(): void;
  /** A call whose worker died may be given to another one. */
  again(entry: PendingCall): void;
  /** A call has run into the hard limit, and is to take the pool along. */
  ranOut(): void;
}

/** All calls of one pool, from having an argument to being settled. */
export class Router implements Dispatched, SettlementEvents {
  readonly settlement: Settlement;
  readonly backlog: Backlog;
  readonly #calls: PendingCalls;
  readonly #queue: WaitingCalls;
  /** Streams in arguments that wait for room. */
  readonly #sources = new Set<ArgumentSource>();
  readonly #lanes: readonly WorkerLane[];
  readonly #inline: InlineLane | undefined;
  readonly #scheduler: Scheduler;
  /** Whether there is nobody who could take over a call from another. */
  readonly #isAlone: boolean;
  readonly #events: RouterEvents;
  /** Whether the hard limit of one call ends the pool, and not just the worker that runs it. */
  readonly #endsByHardLimit: boolean;
  /** Whether a time limit begins again when a lane gets a call. */
  readonly #asksForSent: boolean;
  /** Whether some call has had a priority, and whether one was below that of the others. */
  #hasPriorities = false;
  #hasBackground = false;
  /** Whether lanes may hold calls that have not begun, and that others have to come before. */
  #mayOvertake = false;
  #cancelRebalance: (() => void) | undefined;
  #closed = false;

  constructor(
    settings: RouterSettings,
    ...[lanes, places, signalCount, onReference, events]: RouterParts
  ) {
    this.settlement = this.makeSettlement(settings, signalCount);
    this.#asksForSent = this.settlement.limits.asksForSent;
    this.#calls = this.settlement.calls;
    this.#queue = new WaitingCalls(settings.priorityAgeingMs);
    this.#lanes = lanes;
    this.#events = events;
    this.#endsByHardLimit = settings.onHardTimeout === "shutdown";
    this.#inline = settings.inline && new InlineLane(
      settings.inline,
      ({ task }) => settings.tasks[task]!.abortable,
      this.settlement,
      onReference,
    );
    this.#isAlone = places + (this.#inline === undefined ? 0 : 1) < 2;
    this.#scheduler = new Scheduler(lanes, this.#inline, settings.strategy, places);
    this.backlog = new Backlog(this.#queue, lanes, this.#inline, settings);
  }

  protected makeSettlement(settings: RouterSettings, signalCount: number): Settlement {
    return new Settlement(settings, signalCount, this);
  }

  /**
   * There are other lanes than before.
   *
   * @param vacant how many more workers there may be
   */
  lanesChanged(vacant: number): void {
    this.#scheduler.lanesChanged();
    this.backlog.vacant = vacant;
  }

  // From the queue to a lane

  /** Sends a call to the lane that is chosen for it, or lets it wait for one. */
  submit(entry: PendingCall): void {
    const lane = this.#queue.length === 0 ? this.#pick(entry) : undefined;
    if (lane === undefined || !this.#send(lane, entry)) this.#wait(entry, false);
  }

  /** The same for a call with an order. It waits at least until those made in the same go are there. */
  submitOrdered(entry: PendingCall): void {
    const { priority } = entry.order!;
    if (priority !== 0) {
      if (!this.#hasPriorities) this.#scheduler.spare();
      this.#hasPriorities = this.#mayOvertake = true;
      if (priority < 0) this.#hasBackground = true; // any call may have to come before this one
    }
    this.#queue.arrive(entry);
    this.#wait(entry, false);
  }

  #pick(entry: PendingCall): Target | undefined {
    return this.#scheduler.pick(entry.task, this.#calls.sizeOf(entry.task));
  }

  /** False if the lane has no room. A call whose argument cannot cross is settled with the reason. */
  #send(lane: Target, entry: PendingCall): boolean {
    // Reading the argument may run code of the caller that settles the call: it is the lane's already.
    entry.lane = lane;
    const beginsAtOnce = this.#asksForSent && lane.isFree();
    try {
      if (!lane.send(entry)) return false;
    } catch (error) {
      if (entry.open) this.settlement.endRejected(entry, error);
      else this.#calls.release(entry);
      return true;
    }
    if (this.#asksForSent && entry.open) this.settlement.limits.sent(entry, beginsAtOnce);
    else if (!entry.open && lane.withdraw(entry)) this.#calls.release(entry);
    return true;
  }

  /** Puts a call into the queue, unless it has settled while a lane had it. */
  #wait(entry: PendingCall, inFront: boolean): void {
    entry.lane = undefined;
    if (!entry.open) this.#calls.release(entry); // not covered: only if reading an argument settles its call, and its lane has no room
    else if (inFront) this.#queue.putBack(entry);
    else this.#queue.push(entry);
  }

  /**
   * Whether calls wait behind others, whoever else may take them: the main thread does not run all of them.
   * A worker that runs nothing is about to begin one.
   */
  get isShort(): boolean {
    return this.#queue.length > 0 ||
      this.#lanes.some((lane) => lane.unbegun > (lane.isRunning() ? 0 : 1));
  }

  /** The newest call in the queue, after workers that are busy for long have given back what they have not begun. */
  newest(): PendingCall | undefined {
    this.rebalance(performance.now());
    return this.#queue.newest;
  }

  /** Whether calls wait for this worker alone. */
  isNeeded(worker: number): boolean {
    return this.#queue.boundTo(worker) > 0;
  }

  /** Whether calls wait for one worker alone. */
  get anyBound(): boolean {
    return this.#queue.anyBound;
  }

  get queued(): number {
    return this.#queue.length + this.#sources.size;
  }

  get open(): number {
    return this.#calls.size - this.#calls.unawaited;
  }

  dispatch(): void {
    let sent = false;
    /** The lane that has no room for the payload of the next call. */
    let full: Target | undefined;
    // Before the calls that wait: these could take all the room that there ever is.
    if (this.#sources.size > 0) this.#retrySources();
    while (full === undefined) {
      const entry = this.#queue.first;
      if (this.#queue.anyBound && this.#dispatchBound(entry, undefined)) sent = true;
      const lane = entry && this.#pick(entry);
      if (lane === undefined) break;
      // The lane may have got room only now: what is bound to it and comes before this call goes first.
      if (this.#queue.anyBound && this.#dispatchBound(entry, undefined)) {
        sent = true;
        continue;
      }
      this.#queue.remove(entry!);
      if (this.#send(lane, entry!)) sent = true;
      else {
        this.#wait(entry!, true);
        full = lane;
      }
    }
    // The next call waits for the room of one lane, and holds up no others.
    if (full !== undefined && this.#queue.anyBound && this.#dispatchBound(undefined, full)) {
      sent = true;
    }
    if (this.#inline !== undefined) this.#overtake(this.#inline);
    for (const lane of this.#lanes) if (lane.unpublished > 0) lane.publish();
    if (sent) this.#events.dequeued();
    this.backlog.changed();
  }

  #retrySources(): void {
    for (const source of this.#sources) if (source.retry()) this.#sources.delete(source);
  }

  /**
   * Sends calls that only one worker may run, as far as their lanes have room; whether there were any.
   *
   * @param head none that comes after this one, which any lane may take
   * @param full the lane that gets none
   */
  #dispatchBound(head: PendingCall | undefined, full: Target | undefined): boolean {
    const queue = this.#queue;
    let sent = false;
    this.#lanes.forEach((lane) => {
      const { worker } = lane;
      for (;;) {
        const entry = queue.firstBound(worker);
        if (entry === undefined || lane === full || !lane.ready || !lane.hasRoom()) return;
        if (head !== undefined && !queue.isBefore(entry, head)) return;
        queue.remove(entry);
        if (!this.#send(lane, entry)) return this.#wait(entry, true);
        sent = true;
      }
    });
    return sent;
  }

  /** Calls that only workers may run hold up none that the main thread may. */
  #overtake(inline: InlineLane): void {
    if (this.#hasPriorities) {
      for (const entry of this.#queue.early(OVERTAKE_LOOKS)) {
        if (!this.#offer(inline, entry)) return;
      }
    }
    let entry = this.#queue.firstPlain;
    for (let looks = 0; entry !== undefined && looks < OVERTAKE_LOOKS; looks++) {
      const { next } = entry;
      if (!this.#offer(inline, entry)) return;
      entry = next;
    }
  }

  /** Gives a call to the main thread, if that may run it; false if that has no room. */
  #offer(inline: InlineLane, entry: PendingCall): boolean {
    if (!inline.hasRoom()) return false;
    if (inline.accepts(entry.task, this.#calls.sizeOf(entry.task))) {
      this.#queue.remove(entry);
      this.#send(inline, entry);
    }
    return true;
  }

  /** Settles the calls that wait for a lane and that `refusal` gives a reason for. */
  refuseQueued(refusal: (task: number) => KnittingError | undefined): void {
    for (const entry of this.#queue.clear()) {
      const reason = refusal(entry.task);
      if (reason === undefined) this.#queue.push(entry);
      else this.settlement.endRejected(entry, reason);
    }
  }

  // Back from a lane

  takeReplies(lane: WorkerLane): number {
    if (this.#closed) return 0; // not covered: only if the last replies of a worker end the pool
    try {
      const taken = lane.takeReplies(this.settlement);
      if (taken > 0) this.backlog.changed();
      return taken;
    } catch (error) {
      if (!(error instanceof ProtocolViolation)) throw error; // not covered: only if this library has a bug
      lane.condemn(error);
      this.#withdrawFrom(lane, 0);
      this.#events.changed();
      return 0;
    }
  }

  /** The same for who does not come again: takes also what has come since the host has seen that something is there. */
  takeAllReplies(lane: WorkerLane): void {
    if (lane.hasReplies()) this.takeReplies(lane);
  }

  rebalance(now: number): void {
    if (this.#isAlone && !this.#mayOvertake) return;
    if (this.#hasPriorities) this.#queue.stamp();
    const anyoneFree = this.#anyoneFree();
    let areLeft = false;
    for (const lane of this.#lanes) {
      // Calls stay with a busy worker as long as nobody else is free, and none has to come before them:
      // it then begins the next at once.
      const mayStay = !anyoneFree && !this.#mayOvertake && now - lane.lateSince <= LONG_MS;
      const { unbegun } = lane;
      if (unbegun === 0) continue;
      if (lane.late && !mayStay && lane.isRunning()) {
        this.#withdrawFrom(lane, 0);
        continue;
      }
      areLeft = true;
      if (lane.late && !mayStay && unbegun > 1) this.#rebalanceLater();
    }
    this.#mayOvertake &&= areLeft || this.#hasBackground;
  }

  /**
   * A worker that is just being woken begins its calls soon; but not the second if the first is long.
   * The first is left to it in any case.
   */
  #rebalanceLater(): void {
    this.#cancelRebalance ??= later(LONG_MS, () => {
      this.#cancelRebalance = undefined;
      for (const lane of this.#lanes) {
        if (lane.late) this.#withdrawFrom(lane, lane.isRunning() ? 0 : 1);
      }
      this.#events.changed();
    });
  }

  #anyoneFree(): boolean {
    return this.#inline?.isFree() === true ||
      this.#lanes.some((lane) => lane.ready && lane.isFree());
  }

  /** Puts the calls that a worker has not begun in front of the queue, but for the first `left`. */
  #withdrawFrom(lane: Lane, left: number): void {
    for (const call of lane.withdrawAll(left).reverse()) {
      const entry = this.#calls.get(call);
      // A thread that answers what it has not begun may find its call with another lane by now.
      if (entry.lane === lane) this.#wait(entry, true);
    }
  }

  /** Takes from a lane what its worker, which takes no more calls, has not begun. */
  takeBack(lane: Lane): void {
    this.#withdrawFrom(lane, 0);
  }

  /**
   * Takes its calls from a lane whose worker is gone: what had not begun can be run by another, and some
   * of what had, too.
   */
  desert(lane: WorkerLane, reasonFor: (entry: PendingCall) => KnittingError): void {
    this.#withdrawFrom(lane, 0);
    lane.retire();
    for (const entry of this.#calls.filter((entry) => entry.lane === lane)) {
      if (!entry.open) this.#calls.release(entry);
      else if (!isTriedAgain(entry, lane, (entry) => this.#events.again(entry))) {
        this.settlement.endRejected(entry, reasonFor(entry), "lost");
      }
    }
  }

  // For the settlement

  lookForReply({ lane: holder }: PendingCall): void {
    const lane = this.#worker(holder);
    if (lane !== undefined) this.takeAllReplies(lane);
  }

  /** What holds a call, if that is a worker. */
  #worker(holder: CallHolder | undefined): WorkerLane | undefined {
    return this.#lanes.find((lane) => lane === holder);
  }

  changed(): void {
    this.#events.changed();
  }

  waitsForRoom(source: ArgumentSource): void {
    if (this.#sources.has(source)) return;
    this.#sources.add(source);
    this.#events.changed(); // whoever sleeps may sleep for answers only
  }

  leaveQueue(entry: PendingCall): void {
    this.#queue.remove(entry);
  }

  requeue(entry: PendingCall): void {
    this.#wait(entry, true);
    this.#events.changed();
  }

  ranOut(error: KnittingError, holder: CallHolder | undefined): void {
    if (this.#endsByHardLimit) return this.#events.ranOut();
    const lane = this.#worker(holder);
    if (lane === undefined) return;
    const message = `Worker was replaced: ${error.message}`;
    lane.kill(new KnittingError("KNT_ERROR_WORKER_EXITED", message, { cause: error }));
    this.#withdrawFrom(lane, 0);
    this.#events.changed();
  }

  /** The main thread as a lane, if it is one. */
  get inline(): CallHolder | undefined {
    return this.#inline;
  }

  /** Calls that have not settled, or are still with a lane. */
  unfinished(): PendingCall[] {
    if (this.#closed) return [];
    return this.#calls.filter(({ open, lane }) => open || lane !== undefined);
  }

  // The end

  /** Settles all calls that are open; nothing is sent or taken any more. */
  close(): void {
    this.#closed = true;
    this.#cancelRebalance?.();
    this.#queue.clear();
    this.#sources.clear();
    this.#inline?.close();
    this.settlement.closeAll();
    this.backlog.close();
  }
}
