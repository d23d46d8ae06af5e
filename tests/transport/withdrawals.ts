/**
 * What the threads of `withdraw_interleavings_test.ts` do: a host that takes calls back while a worker
 * begins them, and a host that raises signals while a worker goes to sleep. Written with the real
 * classes, and with places at which a test can put in what is wrong.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { AtomicOps } from "../../src/transport/atomic.ts";
import { ChannelProducer } from "../../src/transport/channel.ts";
import { Doorbell, ITEMS, ring, ROOM } from "../../src/transport/doorbell.ts";
import {
  ABORTED,
  BELL,
  laneLayout,
  RAISED,
  SLOT_CALL,
  STOP,
  WITHDRAWN,
} from "../../src/transport/layout.ts";
import { NO_ROOM, RingConsumer } from "../../src/transport/ring.ts";
import { CallSignals } from "../../src/worker/call_signals.ts";
import type { Scenario, Thread } from "./model.ts";
import { type Body, type OneWay, oneWay, park, sharedWords } from "./scenarios.ts";

/** The same words, whose plain accesses are steps of a model's thread. */
function asData(words: Int32Array, t: Thread): Int32Array {
  return new Proxy(words, {
    get: (_, index) => t.read(words, Number(index)),
    set(_, index, value) {
      t.write(words, Number(index), value);
      return true;
    },
  });
}

/** Operations that find the words behind {@linkcode asData}. */
function onWords({ words }: OneWay, { atomic }: Thread): AtomicOps {
  return {
    ...atomic,
    load: (_, index) => atomic.load(words, index),
    store: (_, index, value) => atomic.store(words, index, value),
    compareExchange: (_, index, expected, value) =>
      atomic.compareExchange(words, index, expected, value),
  };
}

export type Matches = (call: number) => boolean;
export type Withdraw = (
  channel: ChannelProducer,
  matches: Matches,
  t: Thread,
  c: OneWay,
  sent: number,
) => void;

export interface WithdrawOptions {
  readonly slots: number;
  readonly calls: number;
  /** Which calls to take back. */
  readonly matches: Matches;
  /** Calls before which nothing is taken back, so that there are fewer schedules. */
  readonly from?: number;
  /** Number of the first slot. */
  readonly start?: number;
  readonly withdraw?: Withdraw;
  /** Begins and reads the oldest slot; its call id. */
  readonly begin?: (ring: RingConsumer, read: () => number) => number;
}

const beginThenRead = (ring: RingConsumer, read: () => number): number => {
  ring.begin();
  return read();
};

/** A host sends calls, publishes and takes back in any order it likes; a worker runs what it gets. */
export function withdrawing(options: WithdrawOptions): Scenario {
  const { slots, calls, matches, from = 0, begin = beginThenRead } = options;
  const { withdraw = (channel) => channel.withdraw(matching) } = options;
  let matching: Matches;
  const c = oneWay(slots, 0, options.start);
  const { words, layout, itemsBell, roomBell } = c;

  const host: Body = (t) => {
    const channel = new ChannelProducer(asData(words, t), layout, itemsBell, onWords(c, t));
    const bell = new Doorbell(roomBell.words, roomBell.index, t.atomic);
    matching = (call) => {
      if (!matches(call)) return false;
      t.receive(call);
      return true;
    };
    let sent = 0;
    const send = (): boolean => {
      const slot = channel.claim();
      if (slot === NO_ROOM) return false;
      t.write(words, slot + SLOT_CALL, sent);
      channel.commit(sent++);
      return true;
    };
    const mayWithdraw = (): void => {
      if (sent > from && t.choose(2) === 1) withdraw(channel, matching, t, c, sent);
    };
    while (sent < calls) {
      t.at(`${sent}`);
      if (!send()) park(t, bell, ROOM, send);
      mayWithdraw();
      if (channel.unpublished === slots || t.choose(2) === 1) channel.publish();
    }
    t.at("all sent");
    channel.publish();
    mayWithdraw();
  };

  const worker: Body = (t) => {
    const slots = new RingConsumer(words, layout, t.atomic);
    const bell = new Doorbell(itemsBell.words, itemsBell.index, t.atomic);
    let taken = 0;
    while (taken < calls) {
      t.at(`${taken}`);
      let left = slots.available();
      if (left === 0) {
        park(t, bell, ITEMS, () => slots.refresh() > 0);
        continue;
      }
      for (; left > 0; left--) {
        const call = begin(slots, () => t.read(words, slots.slot() + SLOT_CALL));
        if (call !== WITHDRAWN) {
          assert.equal(call, taken, "another call was in the slot");
          t.receive(call);
        }
        slots.advance();
        slots.release();
        taken++;
      }
      ring(roomBell.words, roomBell.index, ROOM, t.atomic);
    }
  };

  return {
    threads: { host, worker },
    channels: [{ words, layout, producer: "host", consumer: "worker", withdraws: true }],
    check({ host, worker }) {
      for (let call = 0; call < calls; call++) {
        const ends = [...host!, ...worker!].filter((id) => id === call).length;
        assert.ok(ends <= 1, `call ${call} was both run and withdrawn`);
        assert.ok(ends >= 1, `call ${call} was neither run nor withdrawn`);
      }
    },
  };
}

export interface SignalOptions {
  readonly signals: number;
  /** Whether the worker looks for signals before it sleeps. */
  readonly deaf?: boolean;
  readonly raise?: (c: Signalling, signal: number) => void;
}

/** The host's end of a lane's signals. */
interface Signalling {
  /** Raises the signal's own word. */
  raise(signal: number): void;
  /** Says that some signal was raised. */
  tell(): void;
  ring(): void;
}

/** What `Lane.raise` does. */
const raiseTellRing = (c: Signalling, signal: number): void => {
  c.raise(signal);
  c.tell();
  c.ring();
};

/** A host raises the signals of calls; their worker, with nothing else to do, sleeps in between. */
export function signalling(options: SignalOptions): Scenario {
  const { signals: count, deaf = false, raise = raiseTellRing } = options;
  const { signalsWord, totalBytes } = laneLayout({
    slotCount: 1,
    regionBytes: 0,
    signalCount: count,
  });
  const words = sharedWords(totalBytes);

  const host: Body = (t) => {
    const lane: Signalling = {
      raise: (signal) => t.atomic.store(words, signalsWord + signal, 1),
      tell: () => t.atomic.store(words, RAISED, t.atomic.load(words, RAISED) + 1),
      ring: () => ring(words, BELL, ITEMS | ROOM, t.atomic),
    };
    for (let signal = 0; signal < count; signal++) {
      t.at(`${signal}`);
      raise(lane, signal);
    }
  };

  const worker: Body = (t) => {
    const signals = new CallSignals(words, signalsWord, count, t.atomic);
    const bell = new Doorbell(words, BELL, t.atomic);
    const open = new Set(Array.from({ length: count }, (_, signal) => signal));
    const hasWork = (): boolean => t.atomic.load(words, STOP) !== 0 || (!deaf && signals.changed);
    while (open.size > 0) {
      if (signals.changed) {
        signals.deliver();
        for (const signal of open) {
          if (t.atomic.load(words, signalsWord + signal) === 0) continue;
          open.delete(signal);
          t.receive(signal);
        }
      }
      if (open.size > 0) park(t, bell, ITEMS, hasWork);
    }
  };

  return {
    threads: { host, worker },
    channels: [],
    check: ({ worker }) =>
      assert.deepEqual(worker!.toSorted(), Array.from({ length: count }, (_, signal) => signal)),
  };
}

/** What the host does with the word of a stream. */
export interface CreditOptions {
  /** How often the host says how much is read, before it gives up. */
  readonly credits: number;
  /** Whether the host tells that it has changed the word. */
  readonly tells?: boolean;
}

/** A host says how much of a stream is read, and then gives it up; the worker waits for more each time. */
export function crediting({ credits, tells = true }: CreditOptions): Scenario {
  const { signalsWord, totalBytes } = laneLayout({ slotCount: 1, regionBytes: 0, signalCount: 1 });
  const words = sharedWords(totalBytes);
  const last = (credits << 1) | ABORTED;

  const host: Body = (t) => {
    for (const value of [...Array.from({ length: credits }, (_, n) => (n + 1) << 1), last]) {
      t.at(`${value}`);
      t.atomic.store(words, signalsWord, value);
      if (tells) t.atomic.store(words, RAISED, t.atomic.load(words, RAISED) + 1);
      ring(words, BELL, ITEMS | ROOM, t.atomic);
    }
  };

  const worker: Body = (t) => {
    const signals = new CallSignals(words, signalsWord, 1, t.atomic);
    const bell = new Doorbell(words, BELL, t.atomic);
    let known = 0;
    signals.replace(0, {
      deliver() {
        const word = signals.wordOf(0);
        if (word !== known) t.receive(known = word);
      },
      close() {},
    });
    while (known !== last) {
      if (signals.changed) signals.deliver();
      else park(t, bell, ITEMS, () => signals.changed);
    }
  };

  return {
    threads: { host, worker },
    channels: [],
    check: ({ worker }) => {
      assert.deepEqual(
        worker,
        worker!.toSorted((a, b) => (a >> 1) - (b >> 1)),
        "nothing goes back",
      );
      assert.equal(worker!.at(-1), last);
    },
  };
}
