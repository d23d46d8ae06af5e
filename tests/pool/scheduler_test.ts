import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Scheduler, type Strategy, type Target } from "../../src/pool/scheduler.ts";
import { fakeInline, type FakeLane, fakeLane, type LaneState } from "../support/fake_lanes.ts";
import { strategies } from "../support/strategies.ts";

const STRATEGIES: readonly Strategy[] = ["adaptive", ...strategies];
const IDLE: LaneState = {};
const BUSY: LaneState = { inFlight: 1 };
const FULL: LaneState = { inFlight: 1, late: true };
const WAITING: LaneState = { inFlight: 5, unsettled: 5 };
const DEAD: LaneState = { ready: false };

/** A scheduler and the places of what it picks; the inline lane is "inline". */
function open(strategy: Strategy, states: readonly LaneState[], inline?: Target) {
  const lanes = states.map(fakeLane);
  const scheduler = new Scheduler(lanes, inline as undefined, strategy, lanes.length);
  const pick = (task = 0, calls = 1): number | "inline" | undefined => {
    const target = scheduler.pick(task, calls);
    if (target === undefined) return undefined;
    return target === inline ? "inline" : lanes.indexOf(target as FakeLane);
  };
  const times = (count: number): unknown[] => Array.from({ length: count }, () => pick());
  return { lanes, pick, times };
}

const seen = (picks: readonly unknown[]): unknown[] => [...new Set(picks)].sort();

describe("round robin", () => {
  it("gives lanes calls in turn", () => {
    const { times } = open("roundRobin", [IDLE, IDLE, IDLE]);
    assert.deepEqual(times(7), [0, 1, 2, 0, 1, 2, 0]);
  });

  it("passes over lanes that are busy while others are free", () => {
    const { times } = open("roundRobin", [IDLE, BUSY, IDLE]);
    assert.deepEqual(times(4), [0, 2, 0, 2]);
  });

  it("goes on in turn among busy lanes with room when none is free", () => {
    const { times } = open("roundRobin", [BUSY, FULL, BUSY, BUSY]);
    assert.deepEqual(times(5), [0, 2, 3, 0, 2]);
  });

  it("takes calls that only wait for promises for none", () => {
    const { times } = open("roundRobin", [WAITING, BUSY]);
    assert.deepEqual(times(2), [0, 0]);
  });

  it("gives the inline lane its turn, before or after the others", () => {
    const last = open("roundRobin", [IDLE, IDLE], fakeInline());
    assert.deepEqual(last.times(4), [0, 1, "inline", 0]);
    const first = open("roundRobin", [IDLE, IDLE], fakeInline({ position: "first" }));
    assert.deepEqual(first.times(4), ["inline", 0, 1, "inline"]);
  });
});

describe("first idle", () => {
  it("gives the first lane with nothing to do all calls", () => {
    assert.deepEqual(open("firstIdle", [IDLE, IDLE]).times(3), [0, 0, 0]);
    assert.deepEqual(open("firstIdle", [BUSY, IDLE, IDLE]).times(3), [1, 1, 1]);
  });

  it("takes a lane whose calls wait for promises for free, but not for idle", () => {
    assert.deepEqual(open("firstIdle", [WAITING, IDLE]).times(2), [1, 1]);
    assert.deepEqual(open("firstIdle", [WAITING, BUSY]).times(2), [0, 0]);
  });

  it("gives lanes calls in turn when none is idle", () => {
    assert.deepEqual(open("firstIdle", [BUSY, BUSY, FULL]).times(4), [0, 1, 0, 1]);
    assert.deepEqual(open("firstIdle", [BUSY, WAITING, WAITING]).times(3), [1, 2, 1]);
  });

  it("knows the place of the inline lane", () => {
    assert.equal(open("firstIdle", [IDLE], fakeInline()).pick(), 0);
    assert.equal(open("firstIdle", [BUSY], fakeInline()).pick(), "inline");
    assert.equal(open("firstIdle", [IDLE], fakeInline({ position: "first" })).pick(), "inline");
  });
});

describe("a random lane", () => {
  it("is any of those that are free", () => {
    const { times } = open("randomLane", [IDLE, BUSY, IDLE, WAITING, FULL, DEAD, IDLE]);
    assert.deepEqual(seen(times(400)), [0, 2, 3, 6]);
  });

  it("is any of those with room when none is free", () => {
    const { times } = open("randomLane", [BUSY, FULL, BUSY, DEAD]);
    assert.deepEqual(seen(times(200)), [0, 2]);
  });

  it("is each of them about as often", () => {
    const picks = open("randomLane", [IDLE, IDLE, IDLE, IDLE], fakeInline()).times(5000);
    for (const lane of [0, 1, 2, 3, "inline"]) {
      const count = picks.filter((pick) => pick === lane).length;
      assert.ok(count > 800 && count < 1200, `${lane}: ${count} of 5000`);
    }
  });

  it("is the first one with nothing to do, if that is preferred", () => {
    const { times } = open("firstIdleOrRandom", [WAITING, IDLE, IDLE]);
    assert.deepEqual(seen(times(50)), [1]);
    assert.deepEqual(seen(open("firstIdleOrRandom", [BUSY, BUSY, FULL]).times(200)), [0, 1]);
    assert.deepEqual(seen(open("firstIdleOrRandom", [WAITING, BUSY, WAITING]).times(200)), [0, 2]);
  });
});

describe("the default", () => {
  const fast: LaneState = { inFlight: 2, pace: 1000, ahead: 100 };

  it("gives calls to the lane with the fewest, in turn", () => {
    const { lanes, pick } = open("adaptive", [IDLE, IDLE, IDLE]);
    const picks = Array.from({ length: 6 }, () => {
      const index = pick() as number;
      lanes[index]!.inFlight++;
      return index;
    });
    assert.deepEqual(picks, [0, 1, 2, 0, 1, 2]);
    lanes[1]!.inFlight = 1;
    assert.equal(pick(), 1);
  });

  it("stays with a lane that is awake and through sooner than another could be woken", () => {
    const { lanes, times } = open("adaptive", [fast, fast, IDLE]);
    lanes[0]!.parked = lanes[1]!.parked = true;
    assert.deepEqual(times(2), [2, 2]); // nobody is known to be fast
    lanes[2]!.pace = 1000;
    lanes[2]!.inFlight = 10;
    lanes[0]!.inFlight = lanes[1]!.inFlight = 0;
    assert.deepEqual(times(2), [2, 2]);
  });

  it("leaves it when it has more than that to do, sleeps, is late, or is gone", () => {
    for (
      const [what, change] of Object.entries<LaneState>({
        "has more to do": { inFlight: 30 },
        "is slower": { pace: 20_000 },
        "is asleep": { parked: true },
        "is late": { late: true },
        "is gone": { ready: false },
      })
    ) {
      const { lanes, pick } = open("adaptive", [IDLE, fast]);
      lanes[0]!.inFlight = 9;
      assert.equal(pick(), 1);
      lanes[0]!.inFlight = 0;
      assert.equal(pick(), 1);
      Object.assign(lanes[1]!, change);
      assert.equal(pick(), 0, what);
    }
  });

  it("prefers a lane whose calls wait for promises to one with fewer calls that is busy", () => {
    assert.deepEqual(open("adaptive", [BUSY, WAITING]).times(2), [1, 1]);
    assert.deepEqual(open("adaptive", [FULL, WAITING]).times(2), [1, 1]);
    assert.deepEqual(open("adaptive", [WAITING, FULL, FULL]).times(2), [0, 0]);
  });

  it("passes over a lane without room for one with more calls that has some", () => {
    const { times } = open("adaptive", [FULL, { inFlight: 2, unsettled: 1 }]);
    assert.deepEqual(times(2), [1, 1]);
  });

  it("is round robin if the main thread runs calls too", () => {
    assert.deepEqual(open("adaptive", [IDLE, IDLE], fakeInline()).times(4), [0, 1, "inline", 0]);
  });
});

describe("a single lane", () => {
  it("gets all there is, however busy it is, once it is ready", () => {
    for (const strategy of STRATEGIES) {
      const { lanes, pick } = open(strategy, [DEAD]);
      assert.equal(pick(), undefined, strategy);
      Object.assign(lanes[0]!, { ...FULL, ready: true });
      assert.equal(pick(), 0, strategy);
    }
  });

  it("that is the main thread gets what it has room for, whatever the threshold", () => {
    for (const strategy of STRATEGIES) {
      const roomy = fakeInline({ waiting: 1, batchSize: 2, threshold: 100 });
      assert.equal(open(strategy, [], roomy).pick(), "inline", strategy);
      const full = fakeInline({ waiting: 2, batchSize: 2 });
      assert.equal(open(strategy, [], full).pick(), undefined, strategy);
    }
  });
});

describe("the inline lane", () => {
  for (const strategy of STRATEGIES) {
    for (const position of ["first", "last"] as const) {
      const busyWorkers = (inline: ReturnType<typeof fakeInline>) =>
        open(strategy, [FULL, FULL], inline);

      it(`gets no call below its threshold (${strategy}, ${position})`, () => {
        const { pick } = busyWorkers(fakeInline({ position, threshold: 3 }));
        assert.deepEqual([1, 2, 3, 4].map((calls) => pick(0, calls)), [
          undefined,
          undefined,
          "inline",
          "inline",
        ]);
      });

      it(`gets no call of a task that is imported (${strategy}, ${position})`, () => {
        const { pick } = busyWorkers(fakeInline({ position, imported: 1 }));
        assert.deepEqual([pick(0), pick(1), pick(0)], ["inline", undefined, "inline"]);
      });

      it(`gets no more than a batch (${strategy}, ${position})`, () => {
        assert.equal(busyWorkers(fakeInline({ position, waiting: 1 })).pick(), undefined);
        const roomy = fakeInline({ position, waiting: 1, batchSize: 2 });
        assert.equal(busyWorkers(roomy).pick(), "inline");
      });

      it(`serves alone while no worker is ready (${strategy}, ${position})`, () => {
        const { times } = open(strategy, [DEAD, DEAD], fakeInline({ position }));
        assert.deepEqual(times(3), ["inline", "inline", "inline"]);
      });
    }
  }
});

describe("every strategy", () => {
  const laneState: fc.Arbitrary<LaneState> = fc.record({
    ready: fc.boolean(),
    inFlight: fc.nat(4),
    unsettled: fc.nat(4),
    late: fc.boolean(),
    parked: fc.boolean(),
    ahead: fc.nat(3),
  });
  const inlineState = fc.option(
    fc.record({
      position: fc.constantFrom("first" as const, "last" as const),
      waiting: fc.nat(3),
      batchSize: fc.integer({ min: 1, max: 3 }),
      threshold: fc.integer({ min: 1, max: 3 }),
      imported: fc.nat(1),
    }),
    { nil: undefined },
  );

  for (const strategy of STRATEGIES) {
    it(`picks a lane that can take the call, and no busy one while another is free (${strategy})`, () => {
      const states = fc.array(laneState, { minLength: 2, maxLength: 4 });
      const calls = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(states, inlineState, calls, (states, inlineState, calls) => {
          const inline = inlineState && fakeInline(inlineState);
          const lanes = states.map(fakeLane);
          const scheduler = new Scheduler(lanes, inline, strategy, lanes.length);
          for (const open of calls) {
            const able: Target[] = lanes.filter(({ ready }) => ready);
            if (inline?.accepts(0, open)) able.push(inline);
            const target = scheduler.pick(0, open);
            if (target === undefined) {
              assert.ok(!able.some((lane) => lane.hasRoom()), "a lane had room");
            } else {
              assert.ok(able.includes(target), "picked a lane that cannot take the call");
              assert.ok(target.hasRoom(), "picked a lane without room");
              const someFree = able.some((lane) => lane.isFree());
              assert.ok(target.isFree() || !someFree, "picked a busy lane, and another was free");
            }
          }
        }),
        { numRuns: 500 },
      );
    });

    it(`gives no call while no lane is ready (${strategy})`, () => {
      assert.equal(open(strategy, [DEAD, DEAD, DEAD]).pick(), undefined);
    });
  }
});
