// Calls that are taken back, and signals, under every schedule of the two sides: the threads are in
// withdrawals.ts, the machine that runs them is in model.ts.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AtomicOps } from "../../src/transport/atomic.ts";
import { SLOT_CALL, SLOT_WORDS, WITHDRAWN } from "../../src/transport/layout.ts";
import { breaks, doneElsewhere, holds, seldom } from "../support/explore.ts";
import { explore, type Scenario } from "./model.ts";
import { sharedWords, STARTS, withAtomics } from "./scenarios.ts";
import {
  crediting,
  signalling,
  type SignalOptions,
  type Withdraw,
  withdrawing,
  type WithdrawOptions,
} from "./withdrawals.ts";

const all = (): boolean => true;
const isSecond = (call: number): boolean => call === 1;
const isEven = (call: number): boolean => call % 2 === 0;

describe("every schedule", { skip: doneElsewhere }, () => {
  it("runs or withdraws each call, if all are to be withdrawn", () => {
    holds("all, 1 slot", withdrawing({ slots: 1, calls: 2, matches: all }));
    holds("all, 2 slots", withdrawing({ slots: 2, calls: 3, matches: all }));
    holds("all, 4 slots", withdrawing({ slots: 4, calls: 3, from: 1, matches: all }));
  });

  it("runs or withdraws each call, if one is to be withdrawn", () => {
    holds("one, 2 slots", withdrawing({ slots: 2, calls: 3, matches: isSecond }));
  });

  it("runs or withdraws each call, if every other one is to be withdrawn", () => {
    holds("even ones, 2 slots", withdrawing({ slots: 2, calls: 3, from: 1, matches: isEven }));
  });

  it("runs or withdraws each call while every access to data is a step of its own", () => {
    holds("steps of data", {
      ...withdrawing({ slots: 2, calls: 2, matches: all }),
      dataSteps: true,
    });
  });

  it("runs or withdraws each call while the counters wrap", () => {
    for (const start of STARTS) {
      holds(`counters from ${start}`, withdrawing({ slots: 2, calls: 2, matches: all, start }));
    }
  });

  it("delivers signals to a worker that sleeps", () => {
    holds("1 signal", signalling({ signals: 1 }));
    holds("3 signals", signalling({ signals: 3 }));
  });

  it("lets the sender of a stream hear how much is read, and that it is given up", () => {
    holds("given up at once", crediting({ credits: 0 }));
    holds("3 credits", crediting({ credits: 3 }));
  });
});

describe("the model", () => {
  it("finds as many schedules of withdrawals when it does not merge states", {
    skip: seldom,
  }, () => {
    for (const slots of [1, 2]) {
      const scenario = withdrawing({ slots, calls: 2, from: 1, matches: all });
      const merged = explore(scenario);
      const whole = explore({ ...scenario, wholeHistories: true });
      assert.ok(merged.states < whole.states);
      assert.equal(merged.schedules, whole.schedules);
      assert.equal(merged.steps, whole.steps);
    }
  });

  it("does not try a compare-and-swap again before the word has changed", () => {
    const words = sharedWords(8);
    const { failure, steps } = explore({
      threads: {
        a: ({ atomic }) => {
          while (atomic.compareExchange(words, 0, 1, 2) !== 1);
        },
        b: ({ atomic }) => {
          atomic.load(words, 1);
          atomic.store(words, 0, 1);
        },
      },
      channels: [],
    });
    assert.equal(failure, undefined);
    assert.equal(steps, 4);
  });

  it("reports a loop that tries for ever", () => {
    const words = sharedWords(8);
    const { failure } = explore({
      threads: {
        a: ({ atomic }) => {
          while (atomic.compareExchange(words, 0, 1, 2) !== 1);
        },
      },
      channels: [],
    });
    assert.match(failure!.message, /^a wake-up was lost: a/);
  });
});

const twoCalls: WithdrawOptions = { slots: 2, calls: 2, matches: all };

/** That the mutant is refuted by the rules, and that without them its outcome is wrong as well. */
function isRefuted(scenario: Scenario, rule: RegExp, outcome: RegExp): void {
  breaks(scenario, rule);
  breaks({ ...scenario, outcomeOnly: true, dataSteps: true }, outcome);
}

/** The same scenario with other operations on the word of begun slots, for one thread. */
function onBegun(scenario: Scenario, name: string, change: (atomic: AtomicOps) => BegunOps) {
  const { begunWord } = scenario.channels[0]!.layout;
  return withAtomics(scenario, name, (atomic) => {
    const ops = { ...atomic, ...change(atomic) };
    return {
      ...atomic,
      store: (words, index, value) =>
        (index === begunWord ? ops : atomic).store(words, index, value),
      compareExchange: (words, index, expected, value) =>
        (index === begunWord ? ops : atomic).compareExchange(words, index, expected, value),
    };
  });
}

type BegunOps = Partial<Pick<AtomicOps, "store" | "compareExchange">>;

const BOTH = /^call \d was both run and withdrawn/;
/** What the host counts then is not what the worker does, so that it can begin nothing more. */
const BOTH_OR_STUCK =
  /^(call \d was both run and withdrawn|worker threw: slots begun are -?\d+, and not -?\d+)/;

describe("some schedule breaks a protocol", () => {
  it("whose worker reads the call id before it begins the slot", () => {
    const begin: WithdrawOptions["begin"] = (ring, read) => {
      const call = read();
      ring.begin();
      return call;
    };
    isRefuted(withdrawing({ ...twoCalls, begin }), /^I5: worker reads a slot/, BOTH);
  });

  it("whose worker does not begin slots at all", () => {
    const begin: WithdrawOptions["begin"] = (_ring, read) => read();
    isRefuted(withdrawing({ ...twoCalls, begin }), /^I5: worker reads a slot/, BOTH);
  });

  it("whose worker begins with a plain store", () => {
    const scenario = onBegun(withdrawing(twoCalls), "worker", (atomic) => ({
      compareExchange(words, index, expected, value) {
        atomic.store(words, index, value);
        return expected;
      },
    }));
    isRefuted(scenario, /^I[45]: /, BOTH);
  });

  it("whose worker begins although the word is held", () => {
    const scenario = onBegun(withdrawing(twoCalls), "worker", (atomic) => ({
      compareExchange(words, index, expected, value) {
        const found = atomic.compareExchange(words, index, expected, value);
        return found === (expected | 1)
          ? atomic.compareExchange(words, index, found, value) & ~1
          : found;
      },
    }));
    isRefuted(scenario, /^I[45]: /, BOTH_OR_STUCK);
  });

  it("whose host does not hold the word", () => {
    const scenario = onBegun(withdrawing(twoCalls), "host", (atomic) => ({
      compareExchange: (words, index) => atomic.load(words, index),
      store: (_words, _index, value) => value,
    }));
    isRefuted(scenario, /^I[34]: /, BOTH);
  });

  it("whose host lets go by counting slots as not begun that were", () => {
    const honest = withdrawing(twoCalls);
    const { firstSlot } = honest.channels[0]!.layout;
    const scenario = onBegun(honest, "host", (atomic) => ({
      store: (words, index) => atomic.store(words, index, firstSlot << 1),
    }));
    breaks(scenario, /^I5/);
  });

  it("whose host holds the word only while it looks, and writes after it has let go", () => {
    const withdraw: Withdraw = (channel, matches, t, { words, layout }, sent) => {
      const chosen: number[] = [];
      channel.withdraw((call) => chosen.push(call) > 0 && false);
      for (const call of chosen) {
        const slot = layout.slotsWord +
          ((layout.firstSlot + call) & (layout.slotCount - 1)) * SLOT_WORDS;
        if (call >= sent - layout.slotCount && matches(call)) {
          t.write(words, slot + SLOT_CALL, WITHDRAWN);
        }
      }
    };
    isRefuted(withdrawing({ ...twoCalls, withdraw }), /^I[345]: /, BOTH);
  });

  it("whose host does not let go", () => {
    const scenario = onBegun(withdrawing(twoCalls), "host", () => ({
      store: (_words, _index, value) => value,
    }));
    breaks({ ...scenario, outcomeOnly: true }, /^a wake-up was lost/);
  });

  it("whose worker does not look for signals before it sleeps", () => {
    breaks(signalling({ signals: 1, deaf: true }), /^a wake-up was lost/);
  });

  it("whose host rings before it says that it has raised a signal", () => {
    const raise: SignalOptions["raise"] = (lane, signal) => {
      lane.raise(signal);
      lane.ring();
      lane.tell();
    };
    breaks(signalling({ signals: 1, raise }), /^a wake-up was lost/);
  });

  it("whose host says that it has raised a signal before it has", () => {
    const raise: SignalOptions["raise"] = (lane, signal) => {
      lane.tell();
      lane.raise(signal);
      lane.ring();
    };
    breaks(signalling({ signals: 1, raise }), /^a wake-up was lost/);
  });

  it("whose host does not ring", () => {
    const raise: SignalOptions["raise"] = (lane, signal) => {
      lane.raise(signal);
      lane.tell();
    };
    breaks(signalling({ signals: 1, raise }), /^a wake-up was lost/);
  });
});
