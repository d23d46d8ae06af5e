import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Dispatcher, type DispatcherSettings } from "../../src/pool/dispatcher.ts";
import type { KeepAlive } from "../../src/runtime/runtime.ts";
import { type AtomicOps, atomics } from "../../src/transport/atomic.ts";
import { Doorbell, ITEMS, ring, ROOM } from "../../src/transport/doorbell.ts";
import { HOST_BELL, HOST_WORDS } from "../../src/transport/layout.ts";
import { type FakeLane, fakeLane } from "../support/fake_lanes.ts";
import { until } from "../support/waiting.ts";

/** A pace so slow that looking for replies does not pay: only free looks are left. */
const SLOW = 1e9;

/** A handle that says whether it is held. */
function observed() {
  const alive = { held: false, hold: () => {}, release: () => {}, close: () => {} };
  alive.hold = () => void (alive.held = true);
  alive.release = () => void (alive.held = false);
  return alive;
}

/** A pool of one lane with one call in flight, and what its dispatcher does. */
function open(
  settings: Partial<DispatcherSettings> = {},
  alive: KeepAlive = observed(),
  operations: Partial<AtomicOps> = {},
  others: readonly FakeLane[] = [],
) {
  const words = new Int32Array(new SharedArrayBuffer(HOST_WORDS * 4));
  const log: string[] = [];
  const limits: (number | undefined)[] = [];
  const atomic: AtomicOps = {
    load: (words, index) => atomics.load(words, index),
    store: (words, index, value) => atomics.store(words, index, value),
    compareExchange: (words, index, expected, value) =>
      atomics.compareExchange(words, index, expected, value),
    notify: (words, index, count) => atomics.notify(words, index, count),
    waitAsync(words, index, value, ms) {
      limits.push(ms);
      return atomics.waitAsync(words, index, value, ms);
    },
    ...operations,
  };
  let replies = 0;
  let looks = 0;
  const lane: FakeLane = Object.assign(fakeLane({ inFlight: 1, pace: SLOW }), {
    bell: new Doorbell(words, HOST_BELL, atomic),
    hasReplies(): boolean {
      looks++;
      return replies > 0;
    },
  });
  const pool = {
    queued: 0,
    open: 1,
    rounds: 0,
    dispatch() {
      this.rounds++;
      log.push("dispatch");
    },
    takeReplies(lane: FakeLane): number {
      const taken = replies;
      replies = 0;
      lane.inFlight -= taken;
      pool.open -= taken;
      return taken;
    },
    rebalance: () => void log.push("rebalance"),
  };
  const dispatcher = new Dispatcher(
    pool as unknown as ConstructorParameters<typeof Dispatcher>[0],
    [lane, ...others],
    alive,
    { stallFreeLoops: 0, maxBackoffMs: Infinity, ...settings },
  );
  return {
    dispatcher,
    lane,
    pool,
    words,
    log,
    limits,
    looks: () => looks,
    isParked: () => atomics.load(words, HOST_BELL) !== 0,
    /** The worker answers, and rings. */
    answer(): void {
      replies++;
      ring(words, HOST_BELL, ITEMS, atomics);
    },
  };
}

/** Lets all microtasks run that are there, and those that follow from them. */
async function microtasks(): Promise<void> {
  for (let n = 0; n < 20; n++) await undefined;
}

describe("a dispatcher", () => {
  it("does nothing before the end of the microtask, and one round for any number of calls", async () => {
    const { dispatcher, pool, answer } = open();
    dispatcher.schedule();
    dispatcher.schedule();
    dispatcher.schedule();
    assert.equal(pool.rounds, 0);
    await microtasks();
    assert.equal(pool.rounds, 1);
    answer();
    await until("the reply is taken", () => pool.open === 0);
  });

  it("sleeps although a lane that nothing is expected of has something to say", async () => {
    const meddler = Object.assign(fakeLane(), { hasReplies: () => true });
    const { dispatcher, pool, isParked, answer } = open({}, observed(), {}, [meddler]);
    dispatcher.schedule();
    await microtasks();
    assert.equal(pool.rounds, 1);
    assert.equal(isParked(), true);
    answer();
    await until("the reply is taken", () => pool.open === 0);
  });

  it("gives the event loop its turns also if it is rung each time it is about to sleep", async () => {
    const { dispatcher, pool } = open({}, observed(), {
      waitAsync: () => ({ async: false, value: "not-equal" }),
    });
    const { dispatch } = pool;
    pool.dispatch = () => {
      // Without turns nothing but this would end the test.
      if (pool.rounds > 1_000_000) dispatcher.close();
      dispatch.call(pool);
    };
    dispatcher.schedule();
    for (let n = 0; n < 5; n++) await new Promise((resolve) => setTimeout(resolve, 2));
    dispatcher.close();
    assert.ok(pool.rounds <= 1_000_000, "timers had to wait");
  });

  it("parks until it is rung, and for no other reason", async () => {
    const { dispatcher, pool, limits, isParked, answer } = open();
    dispatcher.schedule();
    await microtasks();
    assert.equal(isParked(), true);
    assert.deepEqual(limits, [Infinity]);
    for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(pool.rounds, 1);
    answer();
    await until("the reply is taken", () => pool.open === 0);
    assert.equal(isParked(), false);
  });

  it("finds replies that came before it parked", async () => {
    const { dispatcher, pool, answer, limits } = open();
    dispatcher.schedule();
    answer();
    await microtasks();
    assert.equal(pool.open, 0);
    assert.deepEqual(limits, []);
  });

  it("parks for room, too, while calls wait for a lane", async () => {
    const { dispatcher, pool, words, answer } = open();
    pool.queued = 1;
    dispatcher.schedule();
    await microtasks();
    assert.equal(atomics.load(words, HOST_BELL), ITEMS | ROOM);
    pool.queued = 0;
    dispatcher.schedule();
    await microtasks();
    assert.equal(atomics.load(words, HOST_BELL), ITEMS);
    answer();
    await until("the reply is taken", () => pool.open === 0);
  });

  for (const [how, maxBackoffMs] of [["parks", Infinity], ["does not park", 0]] as const) {
    it(`calls a lane late, and lets others have its calls, before it ${how}`, async () => {
      const { dispatcher, lane, log, answer, pool } = open({ maxBackoffMs });
      dispatcher.schedule();
      await microtasks();
      assert.equal(lane.late, true);
      assert.deepEqual(log, ["dispatch", "rebalance"]);
      answer();
      await until("the reply is taken", () => pool.open === 0);
    });
  }

  it("parks for as long as it may at most: then it looks by itself", async () => {
    const { dispatcher, pool, limits } = open({ maxBackoffMs: 5 });
    dispatcher.schedule();
    await until("four rounds", () => pool.rounds >= 4); // nobody has rung
    assert.ok(limits.length >= 3);
    assert.ok(limits.every((ms) => ms === 5));
    dispatcher.close();
  });

  it("never parks if it may not at all, and lets the event loop turn", async () => {
    const { dispatcher, pool, limits, isParked, answer } = open({ maxBackoffMs: 0 });
    dispatcher.schedule();
    let turns = 0;
    const count = (): void => {
      turns++;
      if (pool.open > 0) setImmediate(count);
    };
    setImmediate(count);
    await until("many rounds", () => pool.rounds >= 20);
    assert.ok(turns > 1, `${turns} turns`);
    assert.equal(isParked(), false);
    answer();
    await until("the reply is taken", () => pool.open === 0);
    assert.deepEqual(limits, []);
    await microtasks();
    const { rounds } = pool;
    for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
    assert.ok(pool.rounds <= rounds + 1, "it goes on although no call is left");
  });

  it("parks until it is rung when all calls in flight have settled, also if it may not park", async () => {
    const { dispatcher, pool, lane, limits, isParked, answer } = open({ maxBackoffMs: 0 });
    pool.open = 0;
    dispatcher.schedule();
    await microtasks();
    assert.equal(isParked(), true);
    assert.deepEqual(limits, [Infinity]);
    answer();
    await until("the reply is taken", () => lane.inFlight === 0);
  });

  for (const stallFreeLoops of [0, 1, 128, 1000]) {
    it(`looks ${stallFreeLoops} times for replies before it considers to park`, async () => {
      const { dispatcher, looks, isParked } = open({ stallFreeLoops });
      dispatcher.schedule();
      await microtasks();
      assert.equal(isParked(), true);
      assert.equal(looks(), stallFreeLoops + 1); // and once more when it has said that it will sleep
      dispatcher.close();
    });
  }

  it("does not look for answers to long calls of workers that it has to wake first", async () => {
    const { dispatcher, lane, looks, isParked } = open({ stallFreeLoops: 1000 });
    lane.parked = true;
    dispatcher.schedule();
    await microtasks();
    assert.equal(isParked(), true);
    assert.equal(looks(), 1); // when it has said that it will sleep
    dispatcher.close();
  });

  it("looks for answers to short calls of such workers, until it knows whether that pays", async () => {
    const { dispatcher, lane, looks } = open({ stallFreeLoops: 0 });
    Object.assign(lane, { parked: true, pace: 1000 });
    dispatcher.schedule();
    await microtasks();
    assert.ok(looks() >= 50, `${looks()} looks`);
    dispatcher.close();
  });

  it("looks for answers to calls that take long because their payloads do", async () => {
    const cases = [[0, 80_000, false], [0.1, 80_000, true], [0.1, SLOW, false]] as const;
    for (const [copyMs, pace, looksOn] of cases) {
      const { dispatcher, lane, looks } = open();
      Object.assign(lane, { pace, memory: { copyMs } });
      dispatcher.schedule();
      await microtasks();
      assert.equal(looks() > 1, looksOn, `${copyMs} ms, ${pace} ns: ${looks()} looks`);
      dispatcher.close();
    }
  });

  it("looks as often as ever while one worker with calls is awake", async () => {
    const asleep = Object.assign(fakeLane({ inFlight: 1, parked: true }), {
      hasReplies: () => false,
    });
    const { dispatcher, looks } = open({ stallFreeLoops: 128 }, observed(), {}, [asleep]);
    dispatcher.schedule();
    await microtasks();
    assert.equal(looks(), 129);
    dispatcher.close();
  });

  it("does nothing any more once it is closed", async () => {
    const { dispatcher, pool, answer } = open();
    dispatcher.schedule();
    await microtasks();
    const { rounds } = pool;
    dispatcher.close();
    dispatcher.schedule();
    answer();
    const other = open();
    other.dispatcher.schedule();
    await microtasks();
    other.answer();
    await until("the other one has taken its reply", () => other.pool.open === 0);
    assert.equal(pool.rounds, rounds);
    assert.equal(pool.open, 1);
  });
});

describe("the program", () => {
  it("is kept alive while calls are pending, and no longer", async () => {
    const alive = observed();
    const { dispatcher, pool, answer } = open({}, alive);
    assert.equal(alive.held, false);
    dispatcher.schedule();
    await microtasks();
    assert.equal(alive.held, true);
    answer();
    await until("the reply is taken", () => pool.open === 0);
    await microtasks();
    assert.equal(alive.held, false);
  });

  it("is not kept alive by what a worker still does for calls that have settled", async () => {
    const alive = observed();
    const { dispatcher, pool, lane, isParked, answer } = open({}, alive);
    dispatcher.schedule();
    await microtasks();
    pool.open = 0;
    dispatcher.schedule();
    await microtasks();
    assert.deepEqual([alive.held, isParked()], [false, true]);
    answer();
    await until("the reply is taken", () => lane.inFlight === 0);
    assert.equal(alive.held, false);
  });

  it("is kept alive by several dispatchers with one handle until the last call has settled", async () => {
    const alive = observed();
    const first = open({}, alive);
    const second = open({}, alive);
    // The calls of both are the calls of one pool.
    let pending = 2;
    for (const { pool, lane } of [first, second]) {
      Object.defineProperty(pool, "open", { get: () => pending, set() {} });
      const { takeReplies } = pool;
      pool.takeReplies = (of) => {
        const taken = takeReplies(of);
        pending -= taken;
        return taken;
      };
      assert.equal(lane.inFlight, 1);
    }
    first.dispatcher.schedule();
    second.dispatcher.schedule();
    await microtasks();
    assert.equal(alive.held, true);
    first.answer();
    await until("one reply is taken", () => pending === 1);
    await microtasks();
    assert.equal(alive.held, true);
    second.answer();
    await until("the other reply is taken", () => pending === 0);
    await microtasks();
    assert.equal(alive.held, false);
  });
});
