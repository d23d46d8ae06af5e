/**
 * What the threads of the interleaving tests do: the two sides of a channel, several producers with
 * one owner, and a whole lane. Written with the real classes, and with places at which a test can
 * put in what is wrong.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { AtomicOps } from "../../src/transport/atomic.ts";
import { type Bell, ChannelConsumer, ChannelProducer } from "../../src/transport/channel.ts";
import { Doorbell, ITEMS, ring, ROOM } from "../../src/transport/doorbell.ts";
import {
  BELL,
  type ChannelLayout,
  HOST_BELL,
  HOST_WORDS,
  laneLayout,
  REGION_ALIGN,
  SLOT_CALL,
  SLOT_INLINE_BYTE,
  SLOT_OFFSET,
  STOP,
} from "../../src/transport/layout.ts";
import {
  NO_ROOM,
  type RingConsumer,
  type RingProducer,
  startRing,
} from "../../src/transport/ring.ts";
import type { Scenario, Thread, Watched } from "./model.ts";

export type Body = (thread: Thread) => void;

/** Word of a slot at which an inline payload starts. */
export const PAYLOAD: number = SLOT_INLINE_BYTE / 4;

/** What item number `n` carries: a number that no word holds by chance. */
export const content = (n: number): number => 1000 + n;
const contents = (count: number): number[] => Array.from({ length: count }, (_, n) => content(n));

export function sharedWords(bytes: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(bytes));
}

/** First slots from which counters pass 2^31, 2^32, 2^30 (which is 2^31 for slots begun), and nothing. */
export const STARTS: readonly number[] = [2 ** 31 - 1, -1, 2 ** 30 - 1, -(2 ** 30) - 1, 0];
/** Where scenarios start that do not say it: the second slot is beyond 2^31. */
const SOON = 2 ** 31 - 1;

// One channel with a doorbell at each end

export interface OneWay {
  readonly words: Int32Array;
  readonly layout: ChannelLayout;
  /** Where the consumer sleeps. */
  readonly itemsBell: Bell;
  /** Where the producer sleeps. */
  readonly roomBell: Bell;
}

/** @param start number of the first slot */
export function oneWay(slotCount: number, regionBytes = 0, start = SOON): OneWay {
  const { call, totalBytes } = laneLayout({ slotCount, regionBytes, signalCount: 0 });
  const layout = { ...call, firstSlot: start };
  const words = sharedWords(totalBytes);
  startRing(words, layout);
  return {
    words,
    layout,
    itemsBell: { words, index: BELL },
    roomBell: { words: sharedWords(HOST_WORDS * 4), index: HOST_BELL },
  };
}

/** What a producer needs of a channel; the mutants below bring their own. */
export type Sender = Pick<ChannelProducer, "claim" | "commit" | "publish" | "unpublished">;

/** How an owner goes to sleep unless `look` finds work. */
export type Park = (t: Thread, bell: Doorbell, events: number, look: () => boolean) => void;

export const park: Park = (t, bell, events, look) => {
  bell.arm(events);
  if (look()) bell.disarm();
  else t.sleep(bell.wait(events));
};

export interface ProducerOptions {
  readonly items: number;
  readonly batch?: number;
  readonly park?: Park;
  readonly sender?: (c: OneWay, atomic: AtomicOps) => Sender;
}

/** Sends items, as many at a time as there is room for up to a batch; sleeps for room. */
export function producer(
  c: OneWay,
  { items, batch = 1, park: sleepFor = park, sender = channelProducer }: ProducerOptions,
): Body {
  return (t) => {
    const channel = sender(c, t.atomic);
    const bell = new Doorbell(c.roomBell.words, c.roomBell.index, t.atomic);
    let sent = 0;
    const send = (): boolean => {
      const slot = channel.claim();
      if (slot === NO_ROOM) return false;
      t.write(c.words, slot + SLOT_CALL, sent);
      t.write(c.words, slot + PAYLOAD, content(sent));
      channel.commit(sent);
      sent++;
      return true;
    };
    while (sent < items) {
      t.at(`${sent}`);
      while (channel.unpublished < batch && sent < items && send());
      if (channel.unpublished === 0) sleepFor(t, bell, ROOM, send);
      if (channel.unpublished > 0) channel.publish();
    }
  };
}

/** A sender with another way to publish. */
export function ringing(producer: RingProducer, publish: () => void): Sender {
  return {
    claim: () => producer.claim(),
    commit: (call) => producer.commit(call),
    publish,
    get unpublished() {
      return producer.unpublished;
    },
  };
}

export function channelProducer(
  { words, layout, itemsBell }: OneWay,
  atomic: AtomicOps,
): ChannelProducer {
  return new ChannelProducer(words, layout, itemsBell, atomic);
}

/**
 * The same, with a payload for each item in the region.
 *
 * @param aborts how many claims that have got their memory may be given up, and made again
 */
export function regionProducer(c: OneWay, items: number, aborts = 0): Body {
  return (t) => {
    const channel = channelProducer(c, t.atomic);
    const bell = new Doorbell(c.roomBell.words, c.roomBell.index, t.atomic);
    let sent = 0;
    let abortsLeft = aborts;
    const addresses: number[] = [];
    const send = (): boolean => {
      const slot = channel.claim();
      channel.abort(); // of what was not reserved, as `Encoder.place` does
      const at = slot === NO_ROOM ? -1 : channel.reserve(REGION_ALIGN);
      if (at < 0) return false;
      t.write(c.words, at / 4, content(sent));
      if (abortsLeft > 0 && t.choose(2) === 1) {
        abortsLeft--;
        channel.abort();
        return send();
      }
      t.write(c.words, slot + SLOT_CALL, sent);
      t.write(c.words, slot + SLOT_OFFSET, at);
      channel.commit(sent);
      sent = addresses.push(at);
      return true;
    };
    while (sent < items) {
      t.at(`${addresses} ${abortsLeft}`);
      if (!send()) park(t, bell, ROOM, send);
      if (channel.unpublished > 0) channel.publish();
    }
  };
}

/** Reads the oldest slot and gives it back; `left` counts the others that are known. */
export type TakeSlot = (ring: RingConsumer, read: (slot: number) => void, left: number) => void;

const readThenRelease: TakeSlot = (ring, read) => {
  read(ring.slot());
  ring.advance();
  ring.release();
};

export interface ConsumerOptions {
  readonly items: number;
  readonly regions?: boolean;
  readonly park?: Park;
  readonly take?: TakeSlot;
  /** Reads the payload only after the slot was given back. */
  readonly payloadLast?: boolean;
  /** Done after ringing. */
  readonly last?: (ring: RingConsumer) => void;
  /** Does not ring. */
  readonly silent?: boolean;
}

/** Receives items; sleeps when there is none. */
export function consumer(c: OneWay, options: ConsumerOptions): Body {
  const { items, regions = false, payloadLast = false, silent = false } = options;
  const { park: sleepFor = park, take = readThenRelease, last } = options;
  return (t) => {
    const channel = new ChannelConsumer(c.words, c.layout, c.roomBell, t.atomic);
    const slots = channel.ring;
    const bell = new Doorbell(c.itemsBell.words, c.itemsBell.index, t.atomic);
    let received = 0;
    let payload = 0;
    const read = (slot: number): void => {
      assert.equal(t.read(c.words, slot + SLOT_CALL), received++);
      payload = regions ? t.read(c.words, slot + SLOT_OFFSET) / 4 : slot + PAYLOAD;
      if (!payloadLast) t.receive(t.read(c.words, payload));
    };
    while (received < items) {
      t.at(`${received}`);
      let left = slots.available();
      if (left === 0) {
        sleepFor(t, bell, ITEMS, () => slots.refresh() > 0);
        continue;
      }
      while (left > 0) {
        take(slots, read, --left);
        if (payloadLast) t.receive(t.read(c.words, payload));
      }
      if (!silent) channel.ringForRoom();
      last?.(slots);
    }
  };
}

export function both(c: OneWay, producer: Body, consumer: Body, items: number): Scenario {
  return {
    threads: { producer, consumer },
    channels: [{ words: c.words, layout: c.layout, producer: "producer", consumer: "consumer" }],
    check: ({ consumer }) => assert.deepEqual(consumer, contents(items)),
  };
}

export function pass(
  slotCount: number,
  items: number,
  options:
    & Partial<ProducerOptions>
    & Omit<Partial<ConsumerOptions>, "park">
    & { readonly start?: number } = {},
): Scenario {
  const c = oneWay(slotCount, 0, options.start);
  return both(c, producer(c, { ...options, items }), consumer(c, { ...options, items }), items);
}

/** The same with other operations for one thread. */
export function withAtomics(
  scenario: Scenario,
  name: string,
  change: (atomic: AtomicOps) => AtomicOps,
): Scenario {
  const body = scenario.threads[name]!;
  const changed: Body = (t) => body({ ...t, atomic: change(t.atomic) });
  return { ...scenario, threads: { ...scenario.threads, [name]: changed } };
}

// Several producers, one owner with one doorbell: the host and its workers

export function shared(producers: number, items: number): Scenario {
  const { reply, totalBytes } = laneLayout({ slotCount: 2, regionBytes: 0, signalCount: 0 });
  const layout = { ...reply, firstSlot: SOON };
  const host = sharedWords(HOST_WORDS * 4);
  const hostBell: Bell = { words: host, index: HOST_BELL };
  const lanes = Array.from({ length: producers }, () => sharedWords(totalBytes));
  for (const words of lanes) startRing(words, layout);
  const name = (lane: number): string => `worker ${lane}`;

  const worker = (words: Int32Array, lane: number): Body => (t) => {
    const channel = new ChannelProducer(words, layout, hostBell, t.atomic);
    for (let n = 0; n < items; n++) {
      t.at(`${n}`);
      t.write(words, channel.claim() + PAYLOAD, content(lane * items + n));
      channel.commit(0);
      channel.publish();
    }
  };
  const owner: Body = (t) => {
    const channels = lanes.map((words) =>
      new ChannelConsumer(words, layout, { words, index: BELL }, t.atomic)
    );
    const bell = new Doorbell(host, HOST_BELL, t.atomic);
    let left = producers * items;
    while (left > 0) {
      t.at("");
      let taken = 0;
      channels.forEach(({ ring }, lane) => {
        for (let count = ring.available(); count > 0; count--) {
          t.receive(t.read(lanes[lane]!, ring.slot() + PAYLOAD));
          ring.advance();
          ring.release();
          taken++;
        }
      });
      left -= taken;
      if (taken === 0) park(t, bell, ITEMS, () => channels.some(({ ring }) => ring.refresh() > 0));
    }
  };
  return {
    threads: { ...Object.fromEntries(lanes.map((words, n) => [name(n), worker(words, n)])), owner },
    channels: lanes.map((words, n) => ({
      words,
      layout,
      producer: name(n),
      consumer: "owner",
    })),
    check: ({ owner }) =>
      lanes.forEach((_, lane) =>
        assert.deepEqual(
          owner!.filter((value) => Math.floor((value - 1000) / items) === lane),
          contents(producers * items).slice(lane * items, (lane + 1) * items),
        )
      ),
  };
}

// A whole lane: calls one way and replies the other, each side with one doorbell for both. What the
// sides do is what pool/dispatcher.ts and worker/loop.ts do, without clocks.

export interface LaneOptions {
  /** Payloads that the region of each direction has room for; 0: payloads lie in slots. */
  readonly payloads?: number;
  /** How often something of the host's own may wake it. */
  readonly ownEvents?: number;
  /** Whether tasks return promises, which settle while the worker sleeps. */
  readonly late?: boolean;
  /** Does not wake the loop when a late reply finds no room. */
  readonly silent?: boolean;
}

export function lane(slotCount: number, calls: number, options: LaneOptions = {}): Scenario {
  const { payloads = 0, ownEvents = 0, late = false, silent = false } = options;
  const regionBytes = payloads * REGION_ALIGN;
  const { call, reply, totalBytes } = laneLayout({ slotCount, regionBytes, signalCount: 0 });
  const layout = { call: { ...call, firstSlot: SOON }, reply: { ...reply, firstSlot: -1 } };
  const words = sharedWords(totalBytes);
  startRing(words, layout.call);
  startRing(words, layout.reply);
  const hostBell: Bell = { words: sharedWords(HOST_WORDS * 4), index: HOST_BELL };
  const workerBell: Bell = { words, index: BELL };

  /** Where the value for a claimed slot goes; -1 if there is no room. Notes it among `places`. */
  const place = (t: Thread, channel: ChannelProducer, slot: number, places: number[]): number => {
    if (slot === NO_ROOM || payloads === 0) return slot === NO_ROOM ? -1 : slot + PAYLOAD;
    const at = channel.reserve(REGION_ALIGN);
    if (at < 0) return -1;
    t.write(words, slot + SLOT_OFFSET, at);
    places.push(at);
    return at / 4;
  };
  const read = (t: Thread, slot: number): number =>
    t.read(words, payloads === 0 ? slot + PAYLOAD : t.read(words, slot + SLOT_OFFSET) / 4);

  const host: Body = (t) => {
    const places: number[] = [];
    const sending = new ChannelProducer(words, layout.call, workerBell, t.atomic);
    const replies = new ChannelConsumer(words, layout.reply, workerBell, t.atomic);
    const bell = new Doorbell(hostBell.words, hostBell.index, t.atomic);
    let queued = calls;
    let pending = calls;
    let sent = 0;
    let armed = false;
    let eventsLeft = ownEvents;
    const dispatch = (): void => {
      for (; queued > 0; queued--) {
        const at = place(t, sending, sending.claim(), places);
        if (at < 0) break;
        t.write(words, at, content(sent++));
        sending.commit(0);
      }
      if (sending.unpublished > 0) sending.publish();
    };
    const takeReplies = (): number => {
      const count = replies.ring.available();
      if (count === 0) return 0;
      for (let n = 0; n < count; n++) {
        t.receive(read(t, replies.ring.slot()));
        replies.ring.advance();
      }
      replies.ring.release();
      replies.ringForRoom();
      pending -= count;
      return count;
    };
    let listening: Promise<unknown> | undefined;
    const sleep = (): void => {
      const events = queued > 0 ? ITEMS | ROOM : ITEMS;
      bell.arm(events);
      armed = true;
      if (queued > 0) dispatch();
      if (replies.ring.refresh() > 0) return;
      listening ??= bell.wait(events);
      // Something of the host's own, such as a new call, may come first: then it runs a round.
      if (eventsLeft > 0 && t.choose(2) === 1) {
        eventsLeft--;
        if (t.turn(listening)) listening = undefined;
      } else {
        t.sleep(listening);
        listening = undefined;
      }
    };
    while (pending > 0) {
      t.at(`${queued} ${pending} ${armed} ${eventsLeft} ${places}`);
      if (armed) bell.disarm();
      armed = false;
      dispatch();
      if (takeReplies() === 0 && pending > 0) sleep();
    }
    t.atomic.store(words, STOP, 1);
    ring(words, BELL, ITEMS | ROOM, t.atomic);
  };

  const worker: Body = (t) => {
    const taking = new ChannelConsumer(words, layout.call, hostBell, t.atomic);
    const replies = new ChannelProducer(words, layout.reply, hostBell, t.atomic);
    const bell = new Doorbell(workerBell.words, workerBell.index, t.atomic);
    const waiting: number[] = [];
    const unsettled: number[] = [];
    const places: number[] = [];
    const send = (value: number): boolean => {
      const at = place(t, replies, replies.claim(), places);
      if (at < 0) return false;
      t.write(words, at, value);
      replies.commit(0);
      return true;
    };
    const flush = (): void => {
      while (waiting.length > 0 && send(waiting[0]!)) waiting.shift();
      if (replies.unpublished > 0) replies.publish();
    };
    const serve = (): number => {
      if (waiting.length > 0) flush();
      if (waiting.length > 0 || taking.ring.available() === 0) return 0;
      let served = 0;
      do {
        const value = read(t, taking.ring.slot());
        taking.ring.advance();
        taking.ring.release();
        t.receive(value);
        if (late) unsettled.push(value);
        else if (!send(value)) waiting.push(value);
        served++;
      } while (waiting.length === 0 && taking.ring.available() > 0);
      flush();
      taking.ringForRoom();
      return served;
    };
    const hasWork = (): boolean => {
      if (t.atomic.load(words, STOP) !== 0) return true;
      if (waiting.length === 0) return taking.ring.refresh() > 0;
      flush();
      return waiting.length === 0;
    };
    const settleOne = (): void => {
      const value = unsettled.shift()!;
      if (waiting.length > 0 || !send(value)) waiting.push(value);
      flush();
      if (waiting.length > 0 && !silent) ring(words, BELL, ITEMS, t.atomic);
    };
    const sleep = (sleeping: Promise<unknown>): void => {
      while (unsettled.length > 0) {
        if (t.turn(sleeping)) return;
        settleOne();
      }
      t.sleep(sleeping);
    };
    for (;;) {
      t.at(`${waiting} ${unsettled} ${places}`);
      if (t.atomic.load(words, STOP) !== 0) break;
      if (serve() > 0) continue;
      const events = waiting.length > 0 ? ROOM : ITEMS;
      bell.arm(events);
      if (hasWork()) bell.disarm();
      else sleep(bell.wait(events));
    }
  };

  const watched = (layout: ChannelLayout, producer: string, consumer: string): Watched => ({
    words,
    layout,
    producer,
    consumer,
  });
  return {
    threads: { host, worker },
    channels: [watched(layout.call, "host", "worker"), watched(layout.reply, "worker", "host")],
    check: ({ host, worker }) => {
      assert.deepEqual(worker, contents(calls));
      assert.deepEqual(host, contents(calls));
    },
  };
}
