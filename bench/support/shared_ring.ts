/**
 * The other way to spread calls: one ring of calls that all workers take from. Only so much of a pool
 * as is needed to compare it with queueing on the host: calls carry one number, and so do replies.
 *
 * The host writes calls into slots and publishes them; a worker claims the next one by compare-and-swap
 * on a counter that all share. Replies come back through a ring for each worker, as in the library.
 *
 * @module
 */

import { Worker } from "node:worker_threads";
import { atomics } from "../../src/transport/atomic.ts";
import { ChannelConsumer } from "../../src/transport/channel.ts";
import { Doorbell, ITEMS, ring } from "../../src/transport/doorbell.ts";
import { HOST_BELL, HOST_WORDS, laneLayout, SLOT_CALL } from "../../src/transport/layout.ts";
import { startRing } from "../../src/transport/ring.ts";
import type { Call, FunctionName, Maker, Subject } from "./subject.ts";

/** Slots of the ring of calls; a power of two. */
export const SLOTS = 1024;
/** Words of the ring's memory: what is published, what is claimed, then slots. */
export const PUBLISHED = 0;
export const CLAIMED = 32;
export const FIRST_SLOT = 64;
/** Words of a slot: 1 while it is in use, the function, the call, and a number in the last two. */
export const SLOT = 16;
export const [IN_USE, FUNCTION, CALL, NUMBER] = [0, 1, 2, 4];
/** Where a reply has its number, in doubles from the start of its slot. */
export const REPLY_NUMBER = 2;

/** The functions that can be called, by number. */
export const names: readonly FunctionName[] = ["noop", "burn", "echo"];

/** What a worker is started with. */
export interface SharedRingBoot {
  readonly calls: SharedArrayBuffer;
  readonly replies: SharedArrayBuffer;
  readonly host: SharedArrayBuffer;
}

/** Sizes of the memory that replies of one worker come back through. */
export const REPLY_SIZES = { slotCount: SLOTS, regionBytes: 0, signalCount: 0 };

export const sharedRing: Maker = {
  name: "one ring for all workers",
  open: ({ threads }) => new SharedRingPool(threads),
};

/** Rounds of looking for replies before the host sleeps. */
const LOOKS = 2000;

interface Lane {
  readonly worker: Worker;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly replies: ChannelConsumer;
}

class SharedRingPool implements Subject {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #lanes: readonly Lane[];
  readonly #bell: Doorbell;
  readonly #pending = new Map<number, (value: number) => void>();
  readonly #queue: [f: number, id: number, argument: number][] = [];
  #published = 0;
  #nextId = 0;
  #nextLane = 0;
  #scheduled = false;

  constructor(threads: number) {
    const calls = new SharedArrayBuffer((FIRST_SLOT + SLOTS * SLOT) * 4);
    const host = new SharedArrayBuffer(HOST_WORDS * 4);
    const layout = laneLayout(REPLY_SIZES);
    this.#words = new Int32Array(calls);
    this.#doubles = new Float64Array(calls);
    this.#bell = new Doorbell(new Int32Array(host), HOST_BELL, atomics);
    this.#lanes = Array.from({ length: threads }, () => {
      const replies = new SharedArrayBuffer(layout.totalBytes);
      const words = new Int32Array(replies);
      startRing(words, layout.reply);
      const workerData: SharedRingBoot = { calls, replies, host };
      return {
        worker: new Worker(new URL("./shared_ring_worker.ts", import.meta.url), { workerData }),
        words,
        doubles: new Float64Array(replies),
        replies: new ChannelConsumer(words, layout.reply, { words, index: 0 }, atomics),
      };
    });
  }

  call(name: FunctionName): Call {
    const f = names.indexOf(name);
    return (argument) =>
      new Promise((resolve) => {
        const id = this.#nextId++;
        this.#pending.set(id, resolve);
        this.#queue.push([f, id, Number(argument ?? 0)]);
        this.#schedule();
      });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    void Promise.resolve().then(() => this.#round());
  }

  #round(): void {
    this.#scheduled = false;
    this.#bell.disarm();
    this.#publish();
    for (let look = 0; look < LOOKS; look++) if (this.#takeReplies() > 0) return this.#goOn();
    this.#bell.arm(ITEMS);
    if (this.#takeReplies() > 0) return this.#goOn();
    void this.#bell.wait(ITEMS).then(() => this.#schedule());
  }

  #goOn(): void {
    if (this.#pending.size > 0) this.#schedule();
    else this.#bell.disarm();
  }

  #publish(): void {
    const words = this.#words;
    let sent = 0;
    for (const [f, id, argument] of this.#queue) {
      const slot = FIRST_SLOT + (this.#published & (SLOTS - 1)) * SLOT;
      if (Atomics.load(words, slot + IN_USE) !== 0) break;
      words[slot + FUNCTION] = f;
      words[slot + CALL] = id;
      this.#doubles[(slot + NUMBER) / 2] = argument;
      Atomics.store(words, slot + IN_USE, 1);
      this.#published = (this.#published + 1) | 0;
      sent++;
    }
    if (sent === 0) return;
    this.#queue.splice(0, sent);
    Atomics.store(words, PUBLISHED, this.#published);
    for (let n = Math.min(sent, this.#lanes.length); n > 0; n--) {
      const lane = this.#lanes[this.#nextLane++ % this.#lanes.length]!;
      ring(lane.words, 0, ITEMS, atomics);
    }
  }

  #takeReplies(): number {
    let taken = 0;
    for (const { words, doubles, replies: { ring } } of this.#lanes) {
      for (let left = ring.refresh(); left > 0; left--, taken++) {
        const slot = ring.slot();
        const id = words[slot + SLOT_CALL]!;
        this.#pending.get(id)!(doubles[slot / 2 + REPLY_NUMBER]!);
        this.#pending.delete(id);
        ring.advance();
      }
      ring.release();
    }
    return taken;
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map(({ worker }) => worker.terminate()));
  }
}
