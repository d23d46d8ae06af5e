import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Deadline, Deadlines } from "../../src/pool/deadlines.ts";
import { PendingCall } from "../../src/pool/pending_calls.ts";
import { type Clock, withClock } from "../support/clock.ts";

/** Deadlines that write down whose time has come; entries are numbers here. */
function openDeadlines(expired: (id: number) => void = () => {}) {
  const fired: number[] = [];
  const deadlines = new Deadlines(({ id }) => {
    fired.push(id);
    expired(id);
  });
  return {
    deadlines,
    fired,
    add: (id: number, ms: number): Deadline => deadlines.add(new PendingCall(id), ms),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** Turns of the event loop until the condition holds; the clock stands still meanwhile. */
async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    assert.ok(turns < 10_000, "waited in vain");
    await turn();
  }
}

/** Waits until a timer has come and has looked at the clock, which says `ms` now. */
async function timerComes(clock: Clock, ms: number): Promise<void> {
  clock.ms = ms;
  const { reads } = clock;
  await until(() => clock.reads > reads);
}

describe("deadlines", () => {
  it("come in the order of their times, not of their making", async () => {
    await withClock(async (clock) => {
      const { add, fired } = openDeadlines();
      add(1, 30);
      add(2, 10);
      add(3, 20);
      add(4, 10);
      await timerComes(clock, 10);
      assert.deepEqual(fired, [2, 4]);
      await timerComes(clock, 20);
      assert.deepEqual(fired, [2, 4, 3]);
      await timerComes(clock, 30);
      assert.deepEqual(fired, [2, 4, 3, 1]);
    });
  });

  it("never come early, though their timer does", async () => {
    await withClock(async (clock) => {
      const { add, fired } = openDeadlines();
      add(1, 5);
      await timerComes(clock, 4.999);
      assert.deepEqual(fired, []);
      await timerComes(clock, 5);
      assert.deepEqual(fired, [1]);
    });
  });

  it("that have passed come at once together, with one timer", async () => {
    await withClock(async (clock) => {
      let microtasks = 0;
      const seen: number[] = [];
      const { add, fired } = openDeadlines(() => {
        seen.push(microtasks);
        Promise.resolve().then(() => microtasks++);
      });
      for (let id = 0; id < 6; id++) add(id, 1 + id % 3);
      await timerComes(clock, 100);
      assert.deepEqual(fired.toSorted(), [0, 1, 2, 3, 4, 5]);
      assert.deepEqual(seen, [0, 0, 0, 0, 0, 0]);
    });
  });

  it("set a timer only if they come sooner than all others", async () => {
    await withClock((clock) => {
      const { add, deadlines } = openDeadlines();
      /** Setting a timer takes a second look at the clock. */
      const setsTimer = (ms: number): boolean => {
        const { reads } = clock;
        add(0, ms);
        return clock.reads === reads + 2;
      };
      assert.deepEqual([1000, 1000, 2000, 500, 700, 100].map(setsTimer), [
        true,
        false,
        false,
        true,
        false,
        true,
      ]);
      deadlines.close();
    });
  });

  it("do not come once they are removed, first, last or in between", async () => {
    await withClock(async (clock) => {
      const { add, deadlines, fired } = openDeadlines();
      const made = [0, 1, 2, 3, 4, 5].map((id) => add(id, 3));
      for (const id of [0, 3, 5]) deadlines.remove(made[id]!);
      await timerComes(clock, 3);
      assert.deepEqual(fired, [1, 2, 4]);
    });
  });

  it("can be removed when they have come, and twice", async () => {
    await withClock(async (clock) => {
      const { add, deadlines, fired } = openDeadlines();
      const first = add(1, 2);
      const second = add(2, 2);
      deadlines.remove(second);
      deadlines.remove(second);
      add(3, 2);
      await timerComes(clock, 2);
      deadlines.remove(first);
      deadlines.remove(second);
      add(4, 2);
      deadlines.remove(first);
      await timerComes(clock, 4);
      assert.deepEqual(fired, [1, 3, 4]);
    });
  });

  it("may be removed by one that comes at the same time", async () => {
    await withClock(async (clock) => {
      const { add, deadlines, fired } = openDeadlines(() => deadlines.remove(second));
      add(1, 2);
      const second = add(2, 2);
      add(3, 2);
      await timerComes(clock, 2);
      assert.deepEqual(fired, [1, 3]);
    });
  });

  for (const [what, ms] of [["the same", 5], ["a shorter", 1], ["a longer", 50]] as const) {
    it(`may be followed by another, after ${what} time, when they come`, async () => {
      await withClock(async (clock) => {
        const { add, fired } = openDeadlines((id) => id === 1 && add(2, ms));
        add(1, 5);
        add(3, 6);
        await timerComes(clock, 5);
        assert.deepEqual(fired, [1]);
        await timerComes(clock, 5 + ms);
        await until(() => fired.length === 3);
        assert.deepEqual(fired.toSorted(), [1, 2, 3]);
      });
    });
  }

  it("of 0 milliseconds come too, but not at once", async () => {
    await withClock(async (clock) => {
      const { add, fired } = openDeadlines();
      add(1, 0);
      assert.deepEqual(fired, []);
      await timerComes(clock, 0);
      assert.deepEqual(fired, [1]);
    });
  });

  it("that are further away than a timer can go do not come at once", async () => {
    await withClock(async (clock) => {
      const { add, deadlines, fired } = openDeadlines();
      add(1, 2 ** 40);
      add(2, 1);
      await timerComes(clock, 1);
      assert.deepEqual(fired, [2]);
      deadlines.close();
    });
  });

  it("do not come after close", async () => {
    const { add, deadlines, fired } = openDeadlines();
    add(1, 1);
    add(2, 2);
    deadlines.close();
    const other = openDeadlines();
    other.add(3, 10);
    await until(() => other.fired.length > 0);
    assert.deepEqual(fired, []);
  });
});
