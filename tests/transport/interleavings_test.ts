// The ring, the regions and the doorbells under every schedule of two or three threads: the threads
// are in scenarios.ts, the machine that runs them is in model.ts.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AtomicOps } from "../../src/transport/atomic.ts";
import { Doorbell, ITEMS, ring } from "../../src/transport/doorbell.ts";
import { REGION_ALIGN, SLOT_CALL, SLOT_WORDS } from "../../src/transport/layout.ts";
import { RingProducer } from "../../src/transport/ring.ts";
import { breaks, doneElsewhere, holds, seldom } from "../support/explore.ts";
import { explore } from "./model.ts";
import {
  type Body,
  both,
  channelProducer,
  consumer,
  content,
  lane,
  type OneWay,
  oneWay,
  type Park,
  park,
  pass,
  PAYLOAD,
  producer,
  regionProducer,
  ringing,
  type Sender,
  shared,
  sharedWords,
  STARTS,
  type TakeSlot,
  withAtomics,
} from "./scenarios.ts";

describe("every schedule", { skip: doneElsewhere }, () => {
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

  it("delivers payloads whose memory was given back unused, and reserved again", () => {
    const c = oneWay(2, 2 * REGION_ALIGN);
    const sending = regionProducer(c, 3, 2);
    holds("aborts", both(c, sending, consumer(c, { items: 3, regions: true }), 3));
  });

  it("delivers items of two producers to an owner with one doorbell", () => {
    holds("two producers", shared(2, 2));
  });

  it("answers all calls of a lane whose sides sleep for items and for room", () => {
    holds("lane of 1 slot", lane(1, 3));
    holds("lane of 2 slots", lane(2, 3));
  });

  it("answers all calls of a lane that has slots but no memory, or memory but no slots", () => {
    holds("lane of 2 slots and 1 payload", lane(2, 3, { payloads: 1 }));
    holds("lane of 1 slot and 2 payloads", lane(1, 3, { payloads: 2 }));
    holds("late replies, 2 slots and 1 payload", lane(2, 3, { payloads: 1, late: true }));
  });

  it("answers all calls when the host is woken by itself and sleeps again on the same wait", () => {
    holds("kept wait", lane(1, 2, { ownEvents: 2 }));
  });

  it("answers all calls when replies come from promises that settle while the worker sleeps", () => {
    holds("late replies, 1 slot", lane(1, 3, { late: true }));
    holds("late replies, 2 slots", lane(2, 3, { late: true }));
  });

  it("delivers items while the counters wrap", () => {
    for (const start of STARTS) {
      holds(`counters from ${start}`, pass(2, 4, { start }));
      const c = oneWay(4, 2 * REGION_ALIGN, start);
      const sending = regionProducer(c, 4);
      holds(`regions from ${start}`, both(c, sending, consumer(c, { items: 4, regions: true }), 4));
    }
  });
});

describe("the model", () => {
  it("finds as many schedules when it does not merge states", { skip: seldom }, () => {
    for (
      const scenario of [pass(1, 2), pass(2, 3), pass(2, 4, { batch: 2 }), shared(2, 1), lane(1, 1)]
    ) {
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

  it("whose worker sleeps on for calls when a late reply finds no room", () => {
    breaks(lane(1, 3, { late: true, silent: true }), LOST);
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
      channel.commit(0);
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
        claim: () => c.layout.slotsWord + ((c.layout.firstSlot + sent++) & 1) * SLOT_WORDS,
        commit: (call) => channel.commit(call),
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
      t.atomic.store(c.words, c.layout.takenWord, c.layout.firstSlot + 2);
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
