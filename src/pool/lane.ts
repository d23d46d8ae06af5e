/**
 * One worker as the host sees it: two channels, and a life. What kind of worker it is (a thread, a
 * process) is the business of the {@linkcode HostLink} it is given.
 *
 * @module
 */

import { Decoder } from "../codec/decoder.ts";
import { Encoder } from "../codec/encoder.ts";
import type { LaneLink } from "../codec/link.ts";
import type { Memory } from "../codec/memory.ts";
import { Flag, headFlags, NOT_THE_REPLY, packHead } from "../codec/tags.ts";
import type { BufferReference } from "../memory/buffer_reference.ts";
import type { AtomicOps } from "../transport/atomic.ts";
import { type Bell, ChannelConsumer, ChannelProducer } from "../transport/channel.ts";
import { type Doorbell, ITEMS, ring, ROOM } from "../transport/doorbell.ts";
import {
  ABORTED,
  BELL,
  FIRST_ASIDE,
  FROM_WORKER,
  HEAP,
  type LaneLayout,
  laneLayout,
  type LaneSizes,
  PACE,
  RAISED,
  SLOT_CALL,
  SLOT_HEAD,
  STOP,
  UNSETTLED,
} from "../transport/layout.ts";
import { startRing } from "../transport/ring.ts";
import { ProtocolViolation } from "../transport/violation.ts";
import type { CallHolder, PendingCall } from "./pending_calls.ts";

/** While calls are not tied to a lane for longer than this, a long one cannot hold many others up. */
const AHEAD_NS = 400_000;
/** Calls sent before they are published, if the microtask goes on. */
const PUBLISH_BATCH = 16;
/** Replies taken before their slots are given back. */
const RELEASE_BATCH = 16;

/** The host's end of a lane. */
export interface HostLink extends LaneLink {
  /** The host's doorbell, which the worker rings. Lanes may share one. */
  readonly bell: Doorbell;
}

/** What a lane tells its pool about its calls. */
export interface Replies {
  /** The call with the number that a worker has named, if there is one. */
  find(call: number): PendingCall | undefined;
  /** @param head that of the reply, which says how long the task took if that is measured */
  fulfilled(call: PendingCall, value: unknown, head: number): void;
  rejected(call: PendingCall, reason: unknown, head: number): void;
  /** The task has returned a promise. Told only of tasks with a time limit. */
  promised(call: PendingCall): void;
  /**
   * An item of a stream, or the worker asks how much of it is read, or both; or it asks for items of its
   * argument: as the flags say.
   *
   * @param failed whether the value cannot be read, and is the reason
   * @returns false if there can be no such thing of this call
   */
  item(call: PendingCall, flags: number, value: unknown, failed: boolean, lane: Lane): boolean;
}

/** The two channels to one worker, from start to death. A restarted worker gets a new one. */
export class Lane implements CallHolder {
  readonly isWorker = true;
  /** Whether the worker has said that it takes calls. */
  ready = false;
  /** Whether the worker takes no more calls, and is to end after those that it has begun. */
  leaving = false;
  /** Whether the worker is still to say, through this lane, that it is ready. */
  starting = false;
  /** Whether the worker has answered a call. */
  answered = false;
  /** Calls sent and not yet answered. */
  inFlight = 0;
  /** Since when the host has looked for an answer in vain: a call takes long. `Infinity` if not. */
  lateSince = Infinity;
  /** Whether there was no answer since the host last asked this. */
  quiet = true;
  readonly memory: Memory;
  /** The host's doorbell, which the worker rings. */
  readonly bell: Doorbell;
  readonly #calls: ChannelProducer;
  readonly #replies: ChannelConsumer;
  readonly #encoder: Encoder;
  readonly #decoder: Decoder;
  readonly #atomic: AtomicOps;
  readonly #sizes: LaneSizes;
  readonly #layout: LaneLayout;
  /** Calls that have taken memory with them: they cannot be withdrawn, because it is gone from here. */
  readonly #moved = new Set<number>();
  /** What was sent so far, calls and what follows them. */
  #sent = 0;
  /** Those of them that were taken back. */
  #withdrawn = 0;
  /** What was sent besides calls: items of their arguments. */
  #asides = 0;
  readonly #sameProcess: boolean;
  /** Whether nothing that the worker says is heard any more. */
  #deaf = false;
  /** Whether its replies are being taken: what settles may run code that looks for more. */
  #taking = false;

  /**
   * @param onReference called with each reference that a reply brings
   * @param Writer what writes calls
   */
  constructor(
    { memory, attachments, atomic, bell }: HostLink,
    sizes: LaneSizes,
    maxPayloadBytes: number,
    onReference: (reference: BufferReference) => void,
    Writer: typeof Encoder = Encoder,
  ) {
    const layout = laneLayout(sizes);
    const workerBell: Bell = { words: memory.words, index: BELL };
    this.memory = memory;
    this.bell = bell;
    this.#sameProcess = attachments.sameProcess;
    this.#atomic = atomic;
    this.#sizes = sizes;
    this.#layout = layout;
    startRing(memory.words, layout.call);
    startRing(memory.words, layout.reply);
    this.#calls = new ChannelProducer(memory.words, layout.call, workerBell, atomic);
    this.#replies = new ChannelConsumer(memory.words, layout.reply, workerBell, atomic);
    this.#encoder = new Writer(memory, this.#calls, attachments, maxPayloadBytes);
    this.#decoder = new Decoder(memory, attachments);
    this.#decoder.onReference = onReference;
    this.#encoder.mayStream = true;
    // Nobody else can take over what is moved, so it goes only where it is begun at once.
    this.#encoder.mayMove = () => this.isFree();
  }

  /**
   * Sends a call; it goes out with {@linkcode publish}, or with others once there are a few.
   *
   * @returns false if there is no room now
   * @throws {KnittingError} if the argument cannot cross
   */
  send(call: PendingCall): boolean {
    const { id, task, argument, aborted } = call;
    if (id < this.#sizes.signalCount) {
      // Whoever had this number before has been answered, so nobody looks at its signal any more.
      // SYNC publish: whoever takes the call finds the signal as it is set here.
      this.#atomic.store(this.memory.words, this.#layout.signalsWord + id, aborted ? ABORTED : 0);
    }
    if (!this.#encoder.send(id, packHead(task, 0, 0), argument)) return false;
    call.sentBefore = this.#sent++;
    this.inFlight++;
    if (this.#encoder.moved) {
      this.#encoder.moved = false;
      this.#moved.add(id);
    }
    if (this.#calls.unpublished >= PUBLISH_BATCH) this.#calls.publish();
    return true;
  }

  /** What writes calls. */
  protected get encoder(): Encoder {
    return this.#encoder;
  }

  /** What the worker says of the calls it has run, if they are measured. */
  get meter(): Float64Array {
    const { meterByte, carriedByte } = this.#layout;
    return new Float64Array(this.memory.buffer, meterByte, (carriedByte - meterByte) / 8);
  }

  hasBegun({ sentBefore }: PendingCall): boolean {
    return sentBefore < this.#sent - this.#calls.notBegun();
  }

  /**
   * Sends what follows a call that the worker has begun. It waits for nothing else that is to be sent.
   *
   * @returns the bytes it takes beside its slot; below 0 if there is no room now
   * @throws {KnittingError} if the value cannot cross
   */
  aside({ id }: PendingCall, head: number, value: unknown): number {
    this.#encoder.payloadBytes = 0;
    if (!this.#encoder.send(FIRST_ASIDE - id, head, value)) return -1;
    this.#calls.aside();
    this.#sent++;
    this.#asides++;
    this.#encoder.moved = false;
    this.#calls.publish();
    return this.#encoder.payloadBytes;
  }

  withdraw({ id }: PendingCall): boolean {
    return !this.#moved.has(id) && this.#withdraw((call) => call === id).length > 0;
  }

  /** Withdraws all calls that the worker has not begun but for the first `left`; their numbers, oldest first. */
  withdrawAll(left: number): number[] {
    return this.#withdraw((call) => call >= 0 && --left < 0 && !this.#moved.has(call));
  }

  #withdraw(matches: (call: number) => boolean): number[] {
    const calls: number[] = [];
    this.#calls.withdraw((call) => {
      if (!matches(call)) return false;
      calls.push(call);
      return true;
    });
    this.inFlight -= calls.length;
    this.#withdrawn += calls.length;
    return calls;
  }

  /** Calls that the worker was sent and was left, so far. */
  get given(): number {
    return this.#sent - this.#withdrawn - this.#asides;
  }

  /** Whether the argument of a call has moved memory to the worker: then it is not here any more. */
  hasMoved({ id }: PendingCall): boolean {
    return this.#moved.has(id);
  }

  /** Calls with this lane that the worker has not begun. */
  get unbegun(): number {
    return this.#calls.unbegun();
  }

  raise({ id }: PendingCall): void {
    const count = this.#atomic.load(this.memory.words, this.#layout.signalsWord + id);
    this.#signal(id, count | ABORTED);
  }

  credit({ id, aborted }: PendingCall, count: number): void {
    this.#signal(id, (count << 1) | (aborted ? ABORTED : 0)); // not covered: only if a stream is read on after its call was aborted
  }

  #signal(id: number, value: number): void {
    const { words } = this.memory;
    // SYNC raise: pairs with "SYNC raise" in CallSignals.deliver. The signal is set before RAISED
    // changes, so who sees the change finds it; the doorbell is read last (D2).
    // SYNC publish: pairs with "SYNC publish" in WorkerLoop.#serve. RAISED changes before a call that
    // is made later is published.
    this.#atomic.store(words, this.#layout.signalsWord + id, value);
    this.#atomic.store(words, RAISED, this.#atomic.load(words, RAISED) + 1);
    ring(words, BELL, ITEMS | ROOM, this.#atomic);
  }

  /** Calls sent but not yet published. */
  get unpublished(): number {
    return this.#calls.unpublished;
  }

  /** Makes the calls sent so far visible to the worker, and wakes it if it sleeps. */
  publish(): void {
    this.#calls.publish();
  }

  /** Nanoseconds a call has been taking the worker; 0 while unknown. A hint, which needs no order. */
  get pace(): number {
    return Math.max(0, this.#atomic.load(this.memory.words, PACE));
  }

  /** Bytes of the worker's heap that are in use; 0 if it does not tell. A hint as well. */
  get heapBytes(): number {
    return Math.max(0, this.#atomic.load(this.memory.words, HEAP)) * 1024;
  }

  /** Whether the worker sleeps. A hint as well: who publishes looks again. */
  get parked(): boolean {
    return this.#atomic.load(this.memory.words, BELL) !== 0;
  }

  /**
   * Whether one more call may be tied to this lane now. Calls whose tasks only wait for a promise do
   * not keep the worker from taking more; one that has been running for long does.
   */
  hasRoom(): boolean {
    const busyWith = this.#busyWith();
    if (busyWith <= 0) return true;
    if (this.late) return false;
    const ahead = this.#ahead();
    return busyWith <= ahead || this.unbegun < ahead;
  }

  /** The host has looked for an answer in vain, from this time on or earlier. */
  isLateSince(now: number): void {
    this.lateSince = Math.min(this.lateSince, now);
  }

  /** Whether the host looks for an answer in vain. */
  get late(): boolean {
    return this.lateSince !== Infinity;
  }

  /** Whether the worker would begin a call at once: it has none, or those it has wait for promises. */
  isFree(): boolean {
    return this.#busyWith() <= 0;
  }

  /** Whether the worker has begun a call that does not only wait for a promise. */
  isRunning(): boolean {
    // In this order: a worker says how many of its calls only wait before it begins another one.
    const { unbegun } = this;
    return this.#busyWith() > unbegun;
  }

  #busyWith(): number {
    // SYNC unsettled: pairs with "SYNC unsettled" in WorkerLoop.#tellUnsettled.
    const unsettled = this.#atomic.load(this.memory.words, UNSETTLED);
    return this.inFlight - Math.min(Math.max(0, unsettled), this.inFlight);
  }

  /** How many calls to tie to this lane besides the one that runs. */
  #ahead(): number {
    const { pace } = this;
    if (pace === 0 || pace > AHEAD_NS) return 1;
    return Math.max(2, Math.min(this.#sizes.slotCount, AHEAD_NS / pace));
  }

  /** Whether the worker is to say something, or has given itself away. */
  get awaited(): boolean {
    return this.inFlight > 0 || this.starting || (this.#calls.fault !== undefined && !this.#deaf);
  }

  /** Hears what the worker says of itself through the lane. */
  protected said(_message: unknown): void {}

  /** Whether its replies are being taken, and code of the caller runs in the middle of that. */
  get isTaking(): boolean {
    return this.#taking;
  }

  /** Whether the worker has answered something, or has given itself away. */
  hasReplies(): boolean {
    if (this.#deaf) return false;
    return this.#replies.ring.refresh() !== 0 || this.#calls.fault !== undefined;
  }

  /**
   * The worker is gone, and its calls are settled. Its thread may go on where it cannot be ended: what
   * that still says would be taken for the reply to other calls.
   */
  retire(): void {
    this.#deaf = true;
    this.inFlight = 0;
  }

  /**
   * Takes all replies that are there; how many.
   *
   * @throws {ProtocolViolation} if the worker does what no worker does; from then on it is not heard
   */
  takeReplies(replies: Replies): number {
    if (this.#deaf || this.#taking) return 0;
    const { ring } = this.#replies;
    const count = ring.available();
    if (count === 0 && this.#calls.fault === undefined) return 0;
    // Looked at after the replies were seen: they can only be to calls begun before. A thread can do
    // worse than to lie about that, and the look costs a tenth of a call.
    const begun = this.#sameProcess ? Infinity : this.#sent - this.#calls.notBegun();
    if (this.#calls.fault !== undefined) throw this.#accuse(this.#calls.fault);
    if (count < 0) throw this.#accuse("it published more replies than there is room for");
    this.lateSince = Infinity;
    this.quiet = false;
    this.memory.heard();
    this.#taking = true;
    try {
      for (let i = 1; i <= count; i++) {
        this.#takeReply(ring.slot(), begun, replies);
        if (i % RELEASE_BATCH === 0) ring.release();
      }
    } finally {
      this.#taking = false;
    }
    ring.release();
    this.#replies.ringForRoom();
    return count;
  }

  #takeReply(slot: number, begun: number, replies: Replies): void {
    const { words } = this.memory;
    const id = words[slot + SLOT_CALL]!;
    const head = words[slot + SLOT_HEAD]!;
    const call = id === FROM_WORKER ? undefined : replies.find(id);
    if (id !== FROM_WORKER && (call?.lane !== this || call.sentBefore >= begun)) {
      throw this.#accuse(`it replied to call ${id}, which it has not begun`);
    }
    let value: unknown;
    let failed = false;
    try {
      value = this.#decoder.decode(slot, head);
    } catch (error) {
      if (error instanceof ProtocolViolation) throw this.#accuse(error.message);
      failed = true;
      value = error;
    }
    this.#replies.ring.advance();
    if (call === undefined) return this.said(value);
    const flags = headFlags(head);
    this.answered = true;
    if ((flags & NOT_THE_REPLY) !== 0) {
      if ((flags & Flag.Promised) !== 0) return replies.promised(call);
      if (replies.item(call, flags, value, failed, this)) return;
      throw this.#accuse(`it sent of call ${id} what is no part of it`);
    }
    this.inFlight--;
    if (this.#moved.size > 0) this.#moved.delete(id);
    if (failed || (flags & Flag.Rejected) !== 0) replies.rejected(call, value, head);
    else replies.fulfilled(call, value, head);
  }

  #accuse(detail: string): ProtocolViolation {
    this.#deaf = true;
    return new ProtocolViolation(detail);
  }

  /** Reads the replies that are there, for nobody: what they speak of may be held until then. */
  dropReplies(): void {
    if (this.#deaf) return;
    const { ring } = this.#replies;
    for (let count = ring.available(); count > 0; count--) {
      const slot = ring.slot();
      try {
        this.#decoder.decode(slot, this.memory.words[slot + SLOT_HEAD]!);
      } catch {
        // Nobody waits for it.
      }
      ring.advance();
    }
  }

  /** Asks the worker to end after the call it is running. */
  askToStop(): void {
    // SYNC stop: pairs with "SYNC stop" in WorkerLoop. The doorbell is read after it (D2).
    this.#atomic.store(this.memory.words, STOP, 1);
    ring(this.memory.words, BELL, ITEMS | ROOM, this.#atomic);
  }
}
