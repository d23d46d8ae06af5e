/**
 * One worker as the host sees it: two channels, and a life. What kind of worker it is (a thread, a
 * process) is the business of the {@linkcode WorkerHandle} it is given.
 *
 * @module
 */

import { attachmentsOf } from "../codec/attachments.ts";
import { Decoder } from "../codec/decoder.ts";
import { Encoder } from "../codec/encoder.ts";
import { Memory } from "../codec/memory.ts";
import { Flag, headFlags, packHead } from "../codec/tags.ts";
import { runtime } from "../runtime/current.ts";
import type { MessageEnd } from "../runtime/runtime.ts";
import type { AtomicOps } from "../transport/atomic.ts";
import { type Bell, ChannelConsumer, ChannelProducer } from "../transport/channel.ts";
import { ITEMS, ring, ROOM } from "../transport/doorbell.ts";
import {
  BELL,
  laneLayout,
  type LaneSizes,
  PACE,
  SLOT_CALL,
  SLOT_HEAD,
  STOP,
  UNSETTLED,
} from "../transport/layout.ts";

/** While calls are not tied to a lane for longer than this, a long one cannot hold many others up. */
const AHEAD_NS = 400_000;
/** Replies taken before their slots are given back. */
const RELEASE_BATCH = 16;

/** What a lane tells its pool about a reply. */
export interface Replies {
  fulfilled(call: number, value: unknown): void;
  rejected(call: number, reason: unknown): void;
}

/** The two channels to one worker, from start to death. A restarted worker gets a new one. */
export class Lane {
  /** Whether the worker has said that it takes calls. */
  ready = false;
  /** Whether the worker has answered a call. */
  answered = false;
  /** Calls sent and not yet answered. */
  inFlight = 0;
  /** Whether the host has looked for an answer in vain since the last one: a call takes long. */
  late = false;
  readonly memory: Memory;
  readonly #calls: ChannelProducer;
  readonly #replies: ChannelConsumer;
  readonly #encoder: Encoder;
  readonly #decoder: Decoder;
  readonly #atomic: AtomicOps;
  readonly #slotCount: number;

  /** @param pipe the way beside the channels */
  constructor(
    buffer: SharedArrayBuffer,
    sizes: LaneSizes,
    maxPayloadBytes: number,
    pipe: MessageEnd,
    atomic: AtomicOps,
  ) {
    const memory = new Memory(buffer);
    const layout = laneLayout(sizes);
    const attachments = attachmentsOf(pipe, runtime);
    const workerBell: Bell = { words: memory.words, index: BELL };
    this.memory = memory;
    this.#atomic = atomic;
    this.#slotCount = sizes.slotCount;
    this.#calls = new ChannelProducer(memory.words, layout.call, workerBell, atomic);
    this.#replies = new ChannelConsumer(memory.words, layout.reply, workerBell, atomic);
    this.#encoder = new Encoder(memory, this.#calls, attachments, maxPayloadBytes);
    this.#decoder = new Decoder(memory, attachments);
  }

  /**
   * Sends a call; it goes out with {@linkcode publish}.
   *
   * @returns false if there is no room now
   * @throws {KnittingError} if the argument cannot cross
   */
  send(call: number, task: number, argument: unknown): boolean {
    if (!this.#encoder.send(call, packHead(task, 0, 0), argument)) return false;
    this.inFlight++;
    return true;
  }

  /** Calls sent but not yet published. */
  get unpublished(): number {
    return this.#calls.unpublished;
  }

  /** Makes the calls sent so far visible to the worker, and wakes it if it sleeps. */
  publish(): void {
    this.#calls.publish();
  }

  /** Nanoseconds a call has been taking the worker; 0 while unknown. */
  get pace(): number {
    return this.#atomic.load(this.memory.words, PACE);
  }

  /** Whether the worker sleeps. */
  get parked(): boolean {
    return this.#atomic.load(this.memory.words, BELL) !== 0;
  }

  /**
   * Whether one more call may be tied to this lane now. Calls whose tasks only wait for a promise do
   * not keep the worker from taking more; one that has been running for long does.
   */
  hasRoom(): boolean {
    const unsettled = this.#atomic.load(this.memory.words, UNSETTLED);
    const busyWith = this.inFlight - unsettled;
    if (busyWith <= 0) return true;
    if (this.late) return false;
    const ahead = this.#ahead();
    return busyWith <= ahead || this.#calls.unread() < ahead;
  }

  /** How many calls to tie to this lane besides the one that runs. */
  #ahead(): number {
    const { pace } = this;
    if (pace === 0 || pace > AHEAD_NS) return 1;
    return Math.max(2, Math.min(this.#slotCount, AHEAD_NS / pace));
  }

  /** Whether the worker has answered something. */
  hasReplies(): boolean {
    return this.#replies.ring.refresh() > 0;
  }

  /** Takes all replies that are there; how many. */
  takeReplies(replies: Replies): number {
    const { ring } = this.#replies;
    const count = ring.available();
    if (count === 0) return 0;
    this.answered = true;
    this.late = false;
    const { words } = this.memory;
    for (let i = 1; i <= count; i++) {
      const slot = ring.slot();
      const call = words[slot + SLOT_CALL]!;
      const rejected = (headFlags(words[slot + SLOT_HEAD]!) & Flag.Rejected) !== 0;
      let value: unknown;
      let failed = false;
      try {
        value = this.#decoder.decode(slot);
      } catch (error) {
        failed = true;
        value = error;
      }
      ring.advance();
      if (i % RELEASE_BATCH === 0) ring.release();
      this.inFlight--;
      if (rejected || failed) replies.rejected(call, value);
      else replies.fulfilled(call, value);
    }
    ring.release();
    this.#replies.ringForRoom();
    return count;
  }

  /** Asks the worker to end after the call it is running. */
  askToStop(): void {
    this.#atomic.store(this.memory.words, STOP, 1);
    ring(this.memory.words, BELL, ITEMS | ROOM, this.#atomic);
  }
}
