import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CallWatch } from "../../src/pool/call_watch.ts";
import { type CallHolder, PendingCall } from "../../src/pool/pending_calls.ts";
import { TimeLimits } from "../../src/pool/time_limits.ts";
import { type Clock, withClock } from "../support/clock.ts";

const LIMIT_MS = 1;
const MAIN_THREAD: CallHolder = {
  isWorker: false,
  hasBegun: () => true,
  withdraw: () => true,
  raise() {},
  credit() {},
};

/** The limits of a pool that starts, and the calls whose time was up. */
function openLimits(isBegun = false) {
  const over: string[] = [];
  const limits = new TimeLimits(
    { tasks: [{ name: "work" }], rules: [], hardTimeoutMs: 4, onHardTimeout: "replace" },
    {
      isAnswered: () => false,
      withdraw: () => !isBegun,
      timedOut: ({ id }) => over.push(`${id} soft`),
      requeue: ({ id }) => over.push(`${id} again`),
      ranOut: ({ id }) => over.push(`${id} hard`),
    },
  );
  const add = (id: number, isInline: boolean): PendingCall => {
    const entry = new PendingCall(id);
    if (isInline) entry.lane = MAIN_THREAD;
    entry.watch = new CallWatch(
      { ms: LIMIT_MS, outcome: { kind: "resolve", value: 0 } },
      undefined,
      undefined,
    );
    limits.add(entry);
    return entry;
  };
  return { limits, over, add };
}

/** Time for timers that should not come, or come too early. */
const timers = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** Waits for timers that should come; the clock stands still meanwhile. */
async function outcomes(over: readonly string[], expected: readonly string[]): Promise<void> {
  for (let turns = 0; over.length < expected.length; turns++) {
    assert.ok(turns < 1_000, "waited in vain");
    await timers();
  }
  assert.deepEqual(over, expected);
}

describe("calls made while a pool starts", () => {
  it("have all of their time from its start on, whatever had passed", async () => {
    await withClock(async (clock) => {
      const { limits, over, add } = openLimits();
      add(1, false);
      clock.ms = 0.9;
      limits.start();
      clock.ms = 1.8; // its time, had it begun with the call, is up
      await timers();
      assert.deepEqual(over, []);
      clock.ms = 1.9;
      await outcomes(over, ["1 soft"]);
      clock.ms = 4.9;
      await outcomes(over, ["1 soft", "1 hard"]);
      limits.close();
    });
  });

  it("have it too if it was up before", async () => {
    await withClock(async (clock) => {
      const { limits, over, add } = openLimits();
      add(1, false);
      clock.ms = 10;
      await timers();
      limits.start();
      await timers();
      assert.deepEqual(over, []);
      clock.ms = 11;
      await outcomes(over, ["1 soft"]);
      limits.close();
    });
  });

  it("run out of time as others do if the main thread runs them", async () => {
    await withClock(async (clock) => {
      const { limits, over, add } = openLimits();
      add(1, true);
      clock.ms = 1;
      await outcomes(over, ["1 soft"]);
      limits.close();
    });
  });

  it("have it too if it was up before the main thread took them", async () => {
    await withClock(async (clock) => {
      const { limits, over, add } = openLimits();
      const entry = add(1, false);
      clock.ms = 10;
      await timers();
      entry.lane = MAIN_THREAD;
      limits.start();
      clock.ms = 11;
      await outcomes(over, ["1 soft"]);
      limits.close();
    });
  });

  it("that have settled get no time again", async () => {
    await withClock(async (clock) => {
      const { limits, over, add } = openLimits();
      limits.remove(add(1, false));
      limits.start();
      clock.ms = 10;
      await timers();
      assert.deepEqual(over, []);
      limits.close();
    });
  });

  it("get none after the end of the pool", async () => {
    await withClock(async (clock) => {
      const { limits, over, add } = openLimits();
      add(1, false);
      limits.close();
      limits.start();
      clock.ms = 10;
      await timers();
      assert.deepEqual(over, []);
    });
  });
});

describe("a hard limit that ends workers", () => {
  /** A call in the queue, from 0 on. */
  async function withWaiting(
    body: (
      given: ReturnType<typeof openLimits> & { entry: PendingCall; clock: Clock },
    ) => Promise<void>,
  ): Promise<void> {
    await withClock(async (clock) => {
      const limits = openLimits(true);
      limits.limits.start();
      const entry = new PendingCall(1);
      entry.watch = new CallWatch(undefined, undefined, undefined);
      limits.limits.add(entry);
      try {
        await body({ ...limits, entry, clock });
      } finally {
        limits.limits.close();
      }
    });
  }

  it("begins when a lane gets the call", async () => {
    await withWaiting(async ({ limits, over, entry, clock }) => {
      clock.ms = 3;
      limits.sent(entry, true);
      clock.ms = 6.9;
      await timers();
      assert.deepEqual(over, []);
      clock.ms = 7;
      await outcomes(over, ["1 hard"]);
    });
  });

  it("is twice as long for a call behind others, as nobody knows when it began", async () => {
    await withWaiting(async ({ limits, over, entry, clock }) => {
      clock.ms = 3;
      limits.sent(entry, false);
      clock.ms = 7;
      await timers();
      assert.deepEqual(over, []);
      clock.ms = 11;
      await outcomes(over, ["1 hard"]);
    });
  });
});
