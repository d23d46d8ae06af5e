// Which of the calls that wait comes next: by a clock that the test sets.

import fc from "fast-check";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CallOrder, workerOfKey } from "../../src/pool/call_order.ts";
import { PendingCall } from "../../src/pool/pending_calls.ts";
import { WaitingCalls } from "../../src/pool/waiting_calls.ts";
import { type Clock, withClock } from "../support/clock.ts";

const AGEING_MS = 1000;

interface Open {
  readonly clock: Clock;
  readonly queue: WaitingCalls;
  /** Lets a call join, with a priority and a worker or without. */
  join(id: number, priority?: number, worker?: number): PendingCall;
  take(): PendingCall;
  takeAll(): number[];
}

function open(body: (open: Open) => void): Promise<void> {
  return withClock((clock) => {
    clock.ms = 10_000;
    const queue = new WaitingCalls(AGEING_MS);
    const take = (): PendingCall => {
      const { first } = queue;
      queue.remove(first!);
      return first!;
    };
    body({
      clock,
      queue,
      join(id, priority, worker) {
        const entry = new PendingCall(id);
        if (priority !== undefined) {
          entry.order = new CallOrder(priority, worker);
          queue.arrive(entry);
        }
        queue.push(entry);
        return entry;
      },
      take,
      takeAll: () => Array.from({ length: queue.length }, () => take().id),
    });
  });
}

describe("calls that wait", () => {
  it("are given out as they came, and no clock is read, while none has a priority", () =>
    open(({ clock, queue, join, take, takeAll }) => {
      for (let id = 0; id < 5; id++) join(id);
      queue.putBack(take());
      queue.remove(queue.first!.next!);
      assert.deepEqual(takeAll(), [0, 2, 3, 4]);
      assert.equal(clock.reads, 0);
    }));

  it("are given out by priority, and by arrival where that is the same", () =>
    open(({ join, takeAll }) => {
      [0, 3, 1, 3, -1, 0.5, 1].forEach((priority, id) => join(id, priority || undefined));
      join(7);
      assert.deepEqual(takeAll(), [1, 3, 2, 6, 5, 0, 7, 4]);
    }));

  it("are overtaken only by those whose head start is longer than they had been there", () =>
    open(({ clock, join, takeAll }) => {
      join(0, 1); // lets the clock be read for those that follow
      for (let id = 1; id <= 3; id++) {
        join(id);
        clock.ms += 400;
      }
      join(4, 0.75); // 750 ms before now: after 2, which has been there for 800
      join(5, 1); // 1000 ms before now: before 2, but after 1, which has been there for 1200
      assert.deepEqual(takeAll(), [0, 1, 5, 2, 4, 3]);
    }));

  it("count as having come when the first with a priority came, if nobody has looked before", () =>
    open(({ clock, join, takeAll }) => {
      join(0);
      clock.ms += 5000;
      join(1);
      join(2, 1);
      clock.ms += 999;
      join(3, 1);
      clock.ms += 1;
      join(4, 1);
      assert.deepEqual(takeAll(), [2, 3, 0, 1, 4]);
    }));

  it("count as having come when somebody looked", () =>
    open(({ clock, queue, join, takeAll }) => {
      join(0);
      queue.stamp();
      join(1);
      clock.ms += 2000;
      join(2, 1);
      assert.deepEqual(takeAll(), [0, 2, 1]);
    }));

  it("starve for no longer than the head start of those that come, however many come", () =>
    open(({ clock, join, take }) => {
      join(0, 5);
      join(1);
      take();
      const start = clock.ms;
      let taken: number;
      do {
        clock.ms += 10;
        join(2, 5);
        taken = take().id;
      } while (taken !== 1);
      assert.equal(clock.ms - start, 5 * AGEING_MS + 10);
    }));

  it("come back to the place that they had", () =>
    open(({ clock, queue, join, take, takeAll }) => {
      for (let id = 0; id < 3; id++) join(id);
      for (let id = 3; id < 6; id++) join(id, 1);
      const taken = Array.from({ length: 5 }, take);
      clock.ms += 100;
      join(6, 2);
      join(7, 1);
      join(8);
      for (const entry of taken.reverse()) queue.putBack(entry);
      assert.deepEqual(takeAll(), [6, 3, 4, 5, 7, 0, 1, 2, 8]);
    }));

  it("come back before all others without a priority, if they had no time yet", () =>
    open(({ clock, queue, join, takeAll }) => {
      const direct = new PendingCall(9); // was sent at once
      join(0);
      join(1, 1);
      clock.ms += 500;
      join(2);
      queue.putBack(direct);
      join(3, 0.25);
      assert.deepEqual(takeAll(), [1, 9, 0, 3, 2]);
    }));

  it("wait for their worker where only that may run them, in order, and are no one else's", () =>
    open(({ queue, join, takeAll }) => {
      join(0, 0, 1);
      join(1);
      join(2, 0, 1);
      join(3, 1, 1);
      join(4, 0, 0);
      assert.equal(queue.length, 5);
      assert.equal(queue.firstBound(2), undefined);
      const ofWorker = (worker: number): number[] => {
        const ids: number[] = [];
        for (let entry = queue.firstBound(worker); entry; entry = queue.firstBound(worker)) {
          ids.push(entry.id);
          queue.remove(entry);
        }
        return ids;
      };
      const head = queue.first!;
      assert.equal(head.id, 1);
      assert.equal(queue.isBefore(queue.firstBound(1)!, head), true);
      assert.equal(queue.isBefore(queue.firstBound(0)!, head), false);
      assert.deepEqual(ofWorker(1), [3, 0, 2]);
      assert.equal(queue.anyBound, true);
      assert.deepEqual(ofWorker(0), [4]);
      assert.equal(queue.anyBound, false);
      assert.deepEqual(takeAll(), [1]);
    }));

  it("are all gone when the queue is cleared", () =>
    open(({ queue, join }) => {
      join(0);
      join(1, 2);
      join(2, 0, 3);
      const ids = queue.clear().map(({ id, queued }) => [id, queued]);
      assert.deepEqual(ids, [[0, false], [1, false], [2, false]]);
      assert.deepEqual([queue.length, queue.first, queue.anyBound], [0, undefined, false]);
    }));

  it("are in order of their places, whatever happens to them", async () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant("plain" as const) },
      { weight: 3, arbitrary: fc.integer({ min: -3, max: 3 }).map((priority) => ({ priority })) },
      { weight: 3, arbitrary: fc.constant("take" as const) },
      { weight: 2, arbitrary: fc.constant("putBack" as const) },
      { weight: 2, arbitrary: fc.nat().map((leaves) => ({ leaves })) },
      { weight: 2, arbitrary: fc.integer({ min: 1, max: 3000 }).map((ms) => ({ ms })) },
    );
    await open(() =>
      fc.assert(fc.property(fc.array(step, { maxLength: 300, size: "max" }), (steps) => {
        const queue = new WaitingCalls(AGEING_MS);
        const plain: PendingCall[] = [];
        const ordered: PendingCall[] = [];
        const taken: PendingCall[] = [];
        const expected = (): PendingCall | undefined => {
          ordered.sort(({ order: a }, { order: b }) =>
            a!.place - b!.place || a!.arrival - b!.arrival
          );
          const [first, other] = [plain[0], ordered[0]];
          if (first === undefined || other === undefined) return first ?? other;
          assert.notEqual(first.joinedMs, 0);
          return other.order!.place < first.joinedMs ? other : first;
        };
        const forget = (entry: PendingCall): void => {
          const list = entry.order === undefined ? plain : ordered;
          list.splice(list.indexOf(entry), 1);
        };
        steps.forEach((step, id) => {
          if (step === "plain") {
            const entry = new PendingCall(id);
            queue.push(entry);
            plain.push(entry);
          } else if (step === "take") {
            const { first } = queue;
            if (first === undefined) return;
            queue.remove(first);
            forget(first);
            taken.push(first);
          } else if (step === "putBack") {
            const entry = taken.pop();
            if (entry === undefined) return;
            queue.putBack(entry);
            if (entry.order === undefined) plain.unshift(entry);
            else ordered.push(entry);
          } else if ("priority" in step) {
            const entry = new PendingCall(id);
            entry.order = new CallOrder(step.priority, undefined);
            queue.arrive(entry);
            queue.push(entry);
            ordered.push(entry);
          } else if ("leaves" in step) {
            const all = [...plain, ...ordered];
            if (all.length === 0) return;
            const entry = all[step.leaves % all.length]!;
            queue.remove(entry);
            forget(entry);
          } else {
            const ms = performance.now() + step.ms;
            performance.now = () => ms;
          }
          assert.equal(queue.length, plain.length + ordered.length);
          assert.equal(queue.first, expected());
        });
      }))
    );
  });
});

describe("the worker of a key", () => {
  it("is always the same, and one of those there are", () => {
    fc.assert(fc.property(
      fc.oneof(fc.string(), fc.integer(), fc.bigInt()),
      fc.integer({ min: 1, max: 1024 }),
      (key, workers) => {
        const worker = workerOfKey(key, workers);
        assert.equal(workerOfKey(key, workers), worker);
        assert.ok(Number.isInteger(worker) && worker >= 0 && worker < workers);
      },
    ));
  });

  const kinds: Record<string, (n: number) => string | number | bigint> = {
    "numbers in a row": (n) => n,
    "bigints far apart": (n) => BigInt(n) << 40n,
    "texts that end alike": (n) => `${n}@example.org`,
    "texts that begin alike": (n) => `https://example.org/users/${n}`,
  };
  for (const [name, keyOf] of Object.entries(kinds)) {
    it(`is any of them about as often: ${name}`, () => {
      for (const workers of [2, 3, 4, 7, 8, 16]) {
        const counts = new Array(workers).fill(0);
        const keys = 1000 * workers;
        for (let n = 0; n < keys; n++) counts[workerOfKey(keyOf(n), workers)]++;
        assert.ok(Math.min(...counts) > 850 && Math.max(...counts) < 1150, `${counts}`);
      }
    });
  }
});
