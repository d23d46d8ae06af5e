// The ring, the regions and the doorbells under every schedule of two or three threads; see model.ts.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
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
  SLOT_WORDS,
  STOP,
} from "../../src/transport/layout.ts";
import { NO_ROOM, type RingConsumer, RingProducer } from "../../src/transport/ring.ts";
import { ringStartingAt } from "../support/counters.ts";
import { explore, type Scenario, type Thread, type Watched } from "./model.ts";

type Body = (thread: Thread) => void;

const PAYLOAD = SLOT_INLINE_BYTE / 4;

/** What item number `n` carries: a number that no word holds by chance. */
const content = (n: number): number => 1000 + n;
const contents = (count: number): number[] => Array.from({ length: count }, (_, n) => content(n));

function sharedWords(bytes: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(bytes));
}

// One channel with a doorbell at each end

interface OneWay {
  readonly words: Int32Array;
  readonly layout: ChannelLayout;
  /** Where the consumer sleeps. */
  readonly itemsBell: Bell;
  /** Where the producer sleeps. */
  readonly roomBell: Bell;
}

function oneWay(slotCount: number, regionBytes = 0, start = 0): OneWay {
  const { call: layout, totalBytes } = laneLayout({ slotCount, regionBytes });
  const words = sharedWords(totalBytes);
  words[layout.publishedWord] = words[layout.takenWord] = start;
  return {
    words,
    layout,
    itemsBell: { words, index: BELL },
    roomBell: { words: sharedWords(HOST_WORDS * 4), index: HOST_BELL },
  };
}

/** What a producer needs of a channel; the mutants below bring their own. */
type Sender = Pick<ChannelProducer, "claim" | "commit" | "publish" | "unpublished">;

/** How an owner goes to sleep unless `look` finds work. */
type Park = (t: Thread, bell: Doorbell, events: number, look: () => boolean) => void;

const park: Park = (t, bell, events, look) => {
  bell.arm(events);
  if (look()) bell.disarm();
  else t.sleep(bell.wait(events));
};

interface ProducerOptions {
  readonly items: number;
  readonly batch?: number;
  readonly park?: Park;
  readonly sender?: (c: OneWay, atomic: AtomicOps) => Sender;
}

/** Sends items, as many at a time as there is room for up to a batch; sleeps for room. */
function producer(
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
      channel.commit();
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
function ringing(producer: RingProducer, publish: () => void): Sender {
  return {
    claim: () => producer.claim(),
    commit: () => producer.commit(),
    publish,
    get unpublished() {
      return producer.unpublished;
    },
  };
}

function channelProducer({ words, layout, itemsBell }: OneWay, atomic: AtomicOps): ChannelProducer {
  return new ChannelProducer(words, layout, itemsBell, atomic);
}

/** The same, with a payload for each item in the region. */
function regionProducer(c: OneWay, items: number): Body {
  return (t) => {
    const channel = channelProducer(c, t.atomic);
    const bell = new Doorbell(c.roomBell.words, c.roomBell.index, t.atomic);
    let sent = 0;
    const addresses: number[] = [];
    const send = (): boolean => {
      const slot = channel.claim();
      const at = slot === NO_ROOM ? -1 : channel.reserve(REGION_ALIGN);
      if (at < 0) return false;
      t.write(c.words, at / 4, content(sent));
      t.write(c.words, slot + SLOT_CALL, sent);
      t.write(c.words, slot + SLOT_OFFSET, at);
      channel.commit();
      sent = addresses.push(at);
      return true;
    };
    while (sent < items) {
      t.at(`${addresses}`);
      if (!send()) park(t, bell, ROOM, send);
      if (channel.unpublished > 0) channel.publish();
    }
  };
}

/** Reads the oldest slot and gives it back; `left` counts the others that are known. */
type TakeSlot = (ring: RingConsumer, read: (slot: number) => void, left: number) => void;

const readThenRelease: TakeSlot = (ring, read) => {
  read(ring.slot());
  ring.advance();
  ring.release();
};

interface ConsumerOptions {
  readonly items: number;
  readonly regions?: boolean;
  readonly park?: Park;
  readonly take?: TakeSlot;
  readonly ringOf?: (c: OneWay, atomic: AtomicOps) => RingConsumer;
  /** Reads the payload only after the slot was given back. */
  readonly payloadLast?: boolean;
  /** Done after ringing. */
  readonly last?: (ring: RingConsumer) => void;
  /** Does not ring. */
  readonly silent?: boolean;
}

/** Receives items; sleeps when there is none. */
function consumer(c: OneWay, options: ConsumerOptions): Body {
  const { items, regions = false, payloadLast = false, silent = false } = options;
  const { park: sleepFor = park, take = readThenRelease, ringOf, last } = options;
  return (t) => {
    const channel = new ChannelConsumer(c.words, c.layout, c.roomBell, t.atomic);
    const slots = ringOf?.(c, t.atomic) ?? channel.ring;
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

function both(c: OneWay, producer: Body, consumer: Body, items: number): Scenario {
  return {
    threads: { producer, consumer },
    channels: [{ words: c.words, layout: c.layout, producer: "producer", consumer: "consumer" }],
    check: ({ consumer }) => assert.deepEqual(consumer, contents(items)),
  };
}

function pass(
  slotCount: number,
  items: number,
  options: Partial<ProducerOptions> & Omit<Partial<ConsumerOptions>, "park"> = {},
): Scenario {
  const c = oneWay(slotCount);
  return both(c, producer(c, { ...options, items }), consumer(c, { ...options, items }), items);
}

/** The same with other operations for one thread. */
function withAtomics(
  scenario: Scenario,
  name: string,
  change: (atomic: AtomicOps) => AtomicOps,
): Scenario {
  const body = scenario.threads[name]!;
  const changed: Body = (t) => body({ ...t, atomic: change(t.atomic) });
  return { ...scenario, threads: { ...scenario.threads, [name]: changed } };
}

// Several producers, one owner with one doorbell: the host and its workers

function shared(producers: number, items: number): Scenario {
  const layout = laneLayout({ slotCount: 2, regionBytes: 0 });
  const host = sharedWords(HOST_WORDS * 4);
  const hostBell: Bell = { words: host, index: HOST_BELL };
  const lanes = Array.from({ length: producers }, () => sharedWords(layout.totalBytes));
  const name = (lane: number): string => `worker ${lane}`;

  const worker = (words: Int32Array, lane: number): Body => (t) => {
    const channel = new ChannelProducer(words, layout.reply, hostBell, t.atomic);
    for (let n = 0; n < items; n++) {
      t.at(`${n}`);
      t.write(words, channel.claim() + PAYLOAD, content(lane * items + n));
      channel.commit();
      channel.publish();
    }
  };
  const owner: Body = (t) => {
    const channels = lanes.map((words) =>
      new ChannelConsumer(words, layout.reply, { words, index: BELL }, t.atomic)
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
      layout: layout.reply,
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

interface LaneOptions {
  /** How often something of the host's own may wake it. */
  readonly ownEvents?: number;
  /** Whether tasks return promises, which settle while the worker sleeps. */
  readonly late?: boolean;
}

function lane(slotCount: number, calls: number, options: LaneOptions = {}): Scenario {
  const { ownEvents = 0, late = false } = options;
  const layout = laneLayout({ slotCount, regionBytes: 0 });
  const words = sharedWords(layout.totalBytes);
  const hostBell: Bell = { words: sharedWords(HOST_WORDS * 4), index: HOST_BELL };
  const workerBell: Bell = { words, index: BELL };

  const host: Body = (t) => {
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
        const slot = sending.claim();
        if (slot === NO_ROOM) break;
        t.write(words, slot + PAYLOAD, content(sent++));
        sending.commit();
      }
      if (sending.unpublished > 0) sending.publish();
    };
    const takeReplies = (): number => {
      const count = replies.ring.available();
      if (count === 0) return 0;
      for (let n = 0; n < count; n++) {
        t.receive(t.read(words, replies.ring.slot() + PAYLOAD));
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
      t.at(`${queued} ${pending} ${armed} ${eventsLeft}`);
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
    const send = (value: number): boolean => {
      const slot = replies.claim();
      if (slot === NO_ROOM) return false;
      t.write(words, slot + PAYLOAD, value);
      replies.commit();
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
        const value = t.read(words, taking.ring.slot() + PAYLOAD);
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
      if (waiting.length > 0) ring(words, BELL, ITEMS, t.atomic);
    };
    const sleep = (sleeping: Promise<unknown>): void => {
      while (unsettled.length > 0) {
        if (t.turn(sleeping)) return;
        settleOne();
      }
      t.sleep(sleeping);
    };
    for (;;) {
      t.at(`${waiting} ${unsettled}`);
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

function holds(what: string, scenario: Scenario): void {
  const { failure, states, schedules, steps } = explore(scenario);
  assert.equal(failure, undefined, failure && [failure.message, ...failure.trace].join("\n"));
  const count = schedules.toExponential(1);
  console.log(`${what}: ${states} states, ${count} schedules of up to ${steps} steps`);
}

function breaks(scenario: Scenario, message: RegExp): void {
  const { failure } = explore(scenario);
  if (failure === undefined) assert.fail("no schedule breaks this");
  assert.match(failure.message, message);
}

describe("every schedule", () => {
  for (const [items, slots, batch] of [[3, 1, 1], [3, 2, 1], [5, 2, 2], [6, 4, 3]] as const) {
    const what = `${items} items through ${slots} slots in batches of ${batch}`;
    it(`delivers ${what}`, () => holds(what, pass(slots, items, { batch })));
  }

  it("delivers items while every access to data is a step of its own", () => {
    holds("steps of data", { ...pass(2, 3), dataSteps: true });
  });

  it("delivers items that the consumer gives back together", () => {
    const take: TakeSlot = (ring, read, left) => {
      read(ring.slot());
      ring.advance();
      if (left === 0) ring.release();
    };
    holds("release of batches", pass(2, 4, { batch: 2, take }));
  });

  it("delivers payloads through a region that holds two of the four slots'", () => {
    const c = oneWay(4, 2 * REGION_ALIGN);
    holds("regions", both(c, regionProducer(c, 4), consumer(c, { items: 4, regions: true }), 4));
  });

  it("delivers items of two producers to an owner with one doorbell", () => {
    holds("two producers", shared(2, 2));
  });

  it("answers all calls of a lane whose sides sleep for items and for room", () => {
    holds("lane of 1 slot", lane(1, 3));
    holds("lane of 2 slots", lane(2, 3));
  });

  it("answers all calls when the host is woken by itself and sleeps again on the same wait", () => {
    holds("kept wait", lane(1, 2, { ownEvents: 2 }));
  });

  it("answers all calls when replies come from promises that settle while the worker sleeps", () => {
    holds("late replies, 1 slot", lane(1, 3, { late: true }));
    holds("late replies, 2 slots", lane(2, 4, { late: true }));
  });

  it("delivers items while the counters wrap", () => {
    for (const start of [2 ** 31 - 2, -2]) {
      const c = oneWay(2, 0, start);
      const rings = ringStartingAt(start);
      const sender = ({ words, layout, itemsBell }: OneWay, atomic: AtomicOps): Sender => {
        const producer = new rings.RingProducer(words, layout, atomic);
        return ringing(producer, () => {
          producer.publish();
          ring(itemsBell.words, itemsBell.index, ITEMS, atomic);
        });
      };
      const ringOf = ({ words, layout }: OneWay, atomic: AtomicOps): RingConsumer =>
        new rings.RingConsumer(words, layout, atomic);
      holds(
        `counters from ${start}`,
        both(c, producer(c, { items: 4, sender }), consumer(c, { items: 4, ringOf }), 4),
      );
    }
  });
});

describe("the model", () => {
  it("finds as many schedules when it does not merge states", () => {
    for (const scenario of [pass(1, 2), pass(2, 3), pass(2, 4, { batch: 2 }), shared(2, 1)]) {
      const merged = explore(scenario);
      const whole = explore({ ...scenario, wholeHistories: true });
      assert.ok(merged.states < whole.states);
      assert.equal(merged.schedules, whole.schedules);
      assert.equal(merged.steps, whole.steps);
    }
  });

  it("explores every order of two threads of two steps", () => {
    const words = sharedWords(8);
    const twoLoads: Body = ({ atomic }) => {
      atomic.load(words, 0);
      atomic.load(words, 1);
    };
    const { states, schedules, steps } = explore({
      threads: { a: twoLoads, b: twoLoads },
      channels: [],
    });
    assert.deepEqual({ states, schedules, steps }, { states: 9, schedules: 6, steps: 4 });
  });

  it("reports how it came to a failure", () => {
    const words = sharedWords(4);
    const { failure } = explore({
      threads: {
        a: ({ atomic }) => void atomic.store(words, 0, 7),
        b: ({ atomic, receive }) => receive(atomic.load(words, 0)),
      },
      channels: [],
      check({ b }) {
        if (b![0] !== 7) throw new Error("b was first");
      },
    });
    assert.deepEqual(failure, {
      message: "b was first",
      trace: ["b: load word 0 -> 0", "a: store word 0 7 -> 7"],
    });
  });
});

const LOST = /^a wake-up was lost/;

describe("some schedule breaks a protocol", () => {
  it("whose producer rings before it publishes", () => {
    const sender = ({ words, layout, itemsBell }: OneWay, atomic: AtomicOps): Sender => {
      const producer = new RingProducer(words, layout, atomic);
      return ringing(producer, () => {
        ring(itemsBell.words, itemsBell.index, ITEMS, atomic);
        producer.publish();
      });
    };
    breaks(pass(2, 2, { sender }), LOST);
  });

  it("whose consumer rings before it releases", () => {
    const c = oneWay(2);
    const take: TakeSlot = (ring_, read) => {
      read(ring_.slot());
      ring_.advance();
    };
    const late = consumer(c, { items: 3, take, last: (ring) => ring.release() });
    breaks(both(c, producer(c, { items: 3 }), late, 3), LOST);
  });

  it("whose owner looks for work before it says that it will sleep", () => {
    const parkLate: Park = (t, bell, events, look) => {
      if (look()) return;
      bell.arm(events);
      t.sleep(bell.wait(events));
    };
    const c = oneWay(2);
    breaks(
      both(c, producer(c, { items: 3, park: parkLate }), consumer(c, { items: 3 }), 3),
      LOST,
    );
    breaks(
      both(c, producer(c, { items: 3 }), consumer(c, { items: 3, park: parkLate }), 3),
      LOST,
    );
  });

  it("whose owner does not look again", () => {
    const c = oneWay(2);
    const parkBlindly: Park = (t, bell, events) => {
      bell.arm(events);
      t.sleep(bell.wait(events));
    };
    breaks(
      both(c, producer(c, { items: 2 }), consumer(c, { items: 2, park: parkBlindly }), 2),
      LOST,
    );
  });

  it("whose owner says that it waits for something else", () => {
    const c = oneWay(2);
    const parkWrong: Park = (t, bell, _events, look) => park(t, bell, ITEMS, look);
    breaks(both(c, producer(c, { items: 3, park: parkWrong }), consumer(c, { items: 3 }), 3), LOST);
  });

  it("whose owner sleeps although it was rung before", () => {
    const deaf = (atomic: AtomicOps): AtomicOps => ({
      ...atomic,
      waitAsync: (words, index) => atomic.waitAsync(words, index, 0),
    });
    breaks(withAtomics(pass(2, 2), "consumer", deaf), LOST);
  });

  it("that notifies without clearing the word", () => {
    const keeping = (atomic: AtomicOps): AtomicOps => ({
      ...atomic,
      compareExchange: (words, index) => atomic.load(words, index),
    });
    breaks(withAtomics(pass(2, 2), "producer", keeping), /^D4/);
  });

  it("that clears the word without compare-and-swap", () => {
    const storing = (atomic: AtomicOps): AtomicOps => ({
      ...atomic,
      compareExchange(words, index, expected, value) {
        atomic.store(words, index, value);
        return expected;
      },
    });
    const scenario = shared(2, 1);
    breaks(withAtomics(scenario, "worker 0", storing), /^D4/);
  });

  it("that clears the word without a notification", () => {
    const silent = (atomic: AtomicOps): AtomicOps => ({ ...atomic, notify: () => 0 });
    breaks(withAtomics(pass(2, 2), "producer", silent), LOST);
  });

  it("whose consumer does not ring for room", () => {
    breaks(pass(2, 3, { silent: true }), LOST);
  });

  it("whose consumer gives a slot back before it has read it", () => {
    const take: TakeSlot = (ring, read) => {
      const slot = ring.slot();
      ring.advance();
      ring.release();
      read(slot);
    };
    breaks(pass(2, 3, { take }), /^I3: consumer reads an unpublished slot/);
    breaks({ ...pass(2, 3, { take }), dataSteps: true }, /^I3/);
  });

  it("whose consumer gives a payload back before it has read it", () => {
    const c = oneWay(4, REGION_ALIGN);
    const receiving = consumer(c, { items: 3, regions: true, payloadLast: true });
    breaks(both(c, regionProducer(c, 3), receiving, 3), /^I4: nothing orders this write after/);
  });

  it("whose producer publishes a slot before it has written it", () => {
    const c = oneWay(2);
    const early: Body = (t) => {
      const channel = channelProducer(c, t.atomic);
      const slot = channel.claim();
      channel.commit();
      channel.publish();
      t.write(c.words, slot + SLOT_CALL, 0);
      t.write(c.words, slot + PAYLOAD, content(0));
    };
    breaks(both(c, early, consumer(c, { items: 1 }), 1), /^I3: producer writes a published slot/);
  });

  it("whose producer does not wait for room", () => {
    const sender = (c: OneWay, atomic: AtomicOps): Sender => {
      const channel = channelProducer(c, atomic);
      let sent = 0;
      return {
        claim: () => c.layout.slotsWord + (sent++ & 1) * SLOT_WORDS,
        commit: () => channel.commit(),
        publish: () => channel.publish(),
        get unpublished() {
          return channel.unpublished;
        },
      };
    };
    breaks(
      pass(2, 3, { sender }),
      /^(I2: published - taken is 3|I3: producer writes a published slot)/,
    );
  });

  it("whose producer writes the consumer's counter", () => {
    const c = oneWay(2);
    const greedy: Body = (t) => {
      producer(c, { items: 2 })(t);
      t.atomic.store(c.words, c.layout.takenWord, 2);
    };
    breaks(both(c, greedy, consumer(c, { items: 2 }), 2), /^I1/);
  });

  it("whose data is ordered by nothing but a doorbell", () => {
    const c = oneWay(2);
    const at = c.layout.slotsWord + 1000;
    const sending: Body = (t) => {
      t.write(c.words, at, content(0));
      ring(c.itemsBell.words, c.itemsBell.index, ITEMS, t.atomic);
    };
    const receiving: Body = (t) => {
      const bell = new Doorbell(c.itemsBell.words, c.itemsBell.index, t.atomic);
      bell.arm(ITEMS);
      if (t.choose(2) === 0) t.receive(t.read(c.words, at));
    };
    breaks(both(c, sending, receiving, 1), /^I4/);
  });
});
