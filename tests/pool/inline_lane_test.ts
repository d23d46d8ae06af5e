import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InlineLane, type InlineSettings } from "../../src/pool/inline_lane.ts";
import { PendingCall } from "../../src/pool/pending_calls.ts";
import type { TaskFunction } from "../../src/runtime/branded_task.ts";
import type { AbortToolkit } from "../../src/runtime/call_signal.ts";
import { BufferReference } from "../../unsafe.ts";
import { until } from "../support/waiting.ts";

/** A lane for one function, and what it says to its pool, in order. */
function open(f: unknown, settings: Partial<InlineSettings> = {}, abortable = false) {
  const log: unknown[][] = [];
  const lane = new InlineLane(
    {
      position: "last",
      batchSize: 1,
      dispatchThreshold: 1,
      functions: [f as TaskFunction],
      ...settings,
    },
    () => abortable,
    {
      begunInline: () => {},
      fulfilledInline: ({ id }, value) => log.push(["fulfilled", id, value]),
      rejectedInline: ({ id }, reason) => log.push(["rejected", id, reason]),
      promised: ({ id }) => log.push(["promised", id]),
      itemInline: ({ id }, value) => log.push(["item", id, value]),
      inlineHasRoom: () => log.push(["room"]),
    },
    () => log.push(["reference"]),
  );
  let ids = 0;
  return {
    lane,
    log,
    /** What was said, but for rooms. */
    said: () => log.filter(([what]) => what !== "room"),
    send(argument?: unknown): PendingCall {
      const entry = new PendingCall(ids++);
      entry.argument = argument;
      assert.equal(lane.send(entry), true);
      return entry;
    },
  };
}

/** Lets all microtasks run that are there, and those that follow from them. */
async function microtasks(): Promise<void> {
  for (let n = 0; n < 20; n++) await undefined;
}

/** Lets everything run that is due, also what waits for a turn of the event loop. */
async function turns(): Promise<void> {
  for (let n = 0; n < 10; n++) await new Promise<void>((resolve) => setImmediate(resolve));
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** What an object needs to be iterated that is an iterator. */
const asyncIterable = {
  [Symbol.asyncIterator]<T>(this: T): T {
    return this;
  },
};
const same = (value: unknown): unknown => value;

describe("the inline lane", () => {
  it("runs nothing before its caller has gone on, and the first batch in a microtask", async () => {
    const { send, said } = open(same, { batchSize: 3 });
    for (let n = 0; n < 3; n++) send(n);
    assert.deepEqual(said(), []);
    await microtasks();
    assert.deepEqual(said(), [0, 1, 2].map((n) => ["fulfilled", n, n]));
  });

  for (const batchSize of [1, 2, 5]) {
    it(`runs ${batchSize} calls in each turn of the event loop`, async () => {
      const { send, said } = open(same, { batchSize });
      for (let n = 0; n < 4 * batchSize; n++) send(n);
      const ran: number[] = [];
      while (said().length < 4 * batchSize) {
        await microtasks();
        const before = ran.reduce((sum, n) => sum + n, 0);
        if (said().length > before) ran.push(said().length - before);
        await turn();
        assert.ok(said().length - ran.reduce((sum, n) => sum + n, 0) <= batchSize);
      }
      assert.ok(ran.every((count) => count <= batchSize), `${ran}`);
      assert.deepEqual(
        said().map(([, id]) => id),
        Array.from({ length: 4 * batchSize }, (_, n) => n),
      );
    });
  }

  it("lets timers of the program run between two batches", async () => {
    let ticks = 0;
    const ticker = setInterval(() => ticks++, 1);
    try {
      const start = (): number => {
        const end = performance.now() + 2;
        while (performance.now() < end);
        return ticks;
      };
      const { send, said } = open(start);
      for (let n = 0; n < 20; n++) send();
      await until("all have run", () => said().length === 20);
      const seen = new Set(said().map(([, , ticks]) => ticks));
      assert.ok(seen.size > 3, `${seen.size} different counts of ticks`);
    } finally {
      clearInterval(ticker);
    }
  });

  it("runs a call that comes after a batch in the next turn, not in the same", async () => {
    const { send, said } = open(same);
    send(1);
    await microtasks();
    send(2);
    await microtasks();
    assert.equal(said().length, 1);
    await until("the other one has run", () => said().length === 2);
  });

  it("runs calls in microtasks again after it had nothing to do", async () => {
    const { send, said } = open(same);
    send(1);
    await microtasks();
    await turn();
    await turn();
    send(2);
    await microtasks();
    assert.equal(said().length, 2);
  });

  it("passes values as they are", async () => {
    const { send, said } = open(same);
    const value = { map: new Map(), self: () => value };
    send(value);
    await microtasks();
    assert.equal(said()[0]![2], value);
  });

  it("passes on what is thrown, and what promises reject with, as it is", async () => {
    const reason = { not: "an error" };
    for (
      const f of [
        () => {
          throw reason;
        },
        () => Promise.reject(reason),
      ]
    ) {
      const { send, said, lane } = open(f);
      send();
      await until("it has ended", () => lane.inFlight === 0);
      const [what, , value] = said().at(-1)!;
      assert.equal(what, "rejected");
      assert.equal(value, reason);
    }
  });

  it("awaits promises and whatever has a then, and says that it waits", async () => {
    for (
      const promise of [
        Promise.resolve("later"),
        { then: (resolve: (value: string) => void) => resolve("later") },
      ]
    ) {
      const { send, said } = open(() => promise);
      send();
      await until("it has ended", () => said().length === 2);
      assert.deepEqual(said(), [["promised", 0], ["fulfilled", 0, "later"]]);
    }
  });

  it("settles once, whatever a thenable does", async () => {
    const { send, said, lane } = open(() => ({
      then(resolve: (value: number) => void, reject: (reason: unknown) => void): never {
        resolve(1);
        resolve(2);
        reject(3);
        throw new Error("4");
      },
    }));
    send();
    await until("it has ended", () => lane.inFlight === 0);
    await turn();
    assert.deepEqual(said(), [["promised", 0], ["fulfilled", 0, 1]]);
    assert.equal(lane.inFlight, 0);
  });

  it("goes on with other calls while one waits, and is free meanwhile", async () => {
    let settle!: (value: string) => void;
    const promise = new Promise<string>((resolve) => settle = resolve);
    const { lane, send, said } = open((n: number) => n === 0 ? promise : n);
    send(0);
    send(1);
    await until("the other one has ended", () => said().length === 2);
    assert.deepEqual([lane.inFlight, lane.isFree(), lane.hasRoom()], [1, true, true]);
    settle("done");
    await microtasks();
    assert.deepEqual(said().at(-1), ["fulfilled", 0, "done"]);
    assert.equal(lane.inFlight, 0);
  });

  it("has room for a batch, and says when there is some again", async () => {
    const { lane, send, log } = open(same, { batchSize: 2 });
    assert.deepEqual([lane.isFree(), lane.hasRoom()], [true, true]);
    send();
    assert.deepEqual([lane.isFree(), lane.hasRoom()], [false, true]);
    send();
    assert.deepEqual([lane.isFree(), lane.hasRoom()], [false, false]);
    await microtasks();
    assert.deepEqual(log.at(-1), ["room"]);
    assert.deepEqual([lane.isFree(), lane.hasRoom()], [true, true]);
  });

  it("accepts calls from the threshold on, and of tasks that may run here", () => {
    const { lane } = open(same, { dispatchThreshold: 3, functions: [same, undefined] });
    assert.deepEqual([1, 2, 3, 4].map((open) => lane.accepts(0, open)), [false, false, true, true]);
    assert.equal(lane.accepts(1, 100), false);
  });
});

describe("a call given back by the inline lane", () => {
  it("does not run", async () => {
    const { lane, send, said } = open(same);
    const entries = [send("a"), send("b"), send("c")];
    assert.equal(lane.withdraw(entries[1]!), true);
    assert.equal(lane.inFlight, 2);
    await until("the others have run", () => said().length === 2);
    assert.deepEqual(said().map(([, , value]) => value), ["a", "c"]);
    assert.equal(lane.inFlight, 0);
  });

  it("can be the only one", async () => {
    const { lane, send, said } = open(same);
    assert.equal(lane.withdraw(send()), true);
    await microtasks();
    assert.deepEqual(said(), []);
    send(1);
    await until("the next one has run", () => said().length === 1);
  });

  it("is none that has begun, has ended, or was given back before", async () => {
    const { lane, send } = open((value: unknown) => value ?? new Promise(() => {}));
    const waits = send();
    await until("it waits", () => lane.isFree());
    assert.equal(lane.withdraw(waits), false);
    const ends = send(1);
    await until("it has ended", () => lane.inFlight === 1);
    assert.equal(lane.withdraw(ends), false);
    const back = send(2);
    assert.deepEqual([lane.withdraw(back), lane.withdraw(back)], [true, false]);
    assert.equal(lane.inFlight, 1);
  });
});

describe("the signal of an inline call", () => {
  it("is raised while its task waits", async () => {
    let signal!: AbortToolkit;
    const { lane, send, said } = open(
      (_: unknown, toolkit: AbortToolkit) => {
        signal = toolkit;
        return new Promise((resolve) => toolkit.addEventListener("abort", () => resolve("heard")));
      },
      {},
      true,
    );
    const entry = send();
    await until("it waits", () => said().length === 1);
    assert.equal(signal.aborted, false);
    lane.raise(entry);
    assert.deepEqual([signal.aborted, signal.hasAborted()], [true, true]);
    await until("it has ended", () => said().length === 2);
    assert.deepEqual(said()[1], ["fulfilled", 0, "heard"]);
  });

  it("is raised from the start if the call was aborted before", async () => {
    const { send, said } = open((_: unknown, { aborted }: AbortToolkit) => aborted, {}, true);
    send().aborted = true;
    send();
    await until("both have run", () => said().length === 2);
    assert.deepEqual(said().map(([, , aborted]) => aborted), [true, false]);
  });

  it("stays as it was when the call has ended", async () => {
    const signals: AbortToolkit[] = [];
    const { lane, send, said } = open(
      (_: unknown, toolkit: AbortToolkit) => void signals.push(toolkit),
      {},
      true,
    );
    const entry = send();
    await until("it has run", () => said().length === 1);
    lane.raise(entry);
    assert.equal(signals[0]!.aborted, false);
  });

  it("is not given to tasks that did not ask for it", async () => {
    const { send, said } = open(function (): number {
      return arguments.length;
    });
    send();
    await microtasks();
    assert.deepEqual(said(), [["fulfilled", 0, 1]]);
  });
});

describe("a stream of the inline lane", () => {
  /** A call whose result is read as a stream. */
  function stream(f: unknown) {
    const { lane, send, said } = open(f);
    const entry = send();
    entry.watch = { stream: {} } as PendingCall["watch"];
    return { lane, entry, said };
  }

  it("is ended if it was left before its task had made it", async () => {
    let make = (_: AsyncIterator<number>): void => {};
    let left = false;
    const { lane, entry, said } = stream(() => new Promise((resolve) => make = resolve));
    await turns();
    lane.raise(entry);
    make({
      ...asyncIterable,
      next: () => Promise.resolve({ value: 1, done: false }),
      return: () => {
        left = true;
        return Promise.resolve({ value: undefined, done: true });
      },
    });
    await turns();
    assert.equal(left, true);
    assert.deepEqual(said(), [["promised", 0], ["fulfilled", 0, undefined]]);
  });

  it("is ended by an item that cannot be given away, and fails with the reason", async () => {
    const reference = new BufferReference(new Uint8Array(8));
    reference.release();
    let left = false;
    const { said } = stream(function* () {
      try {
        yield reference;
      } finally {
        left = true;
      }
    });
    await turns();
    assert.equal(left, true);
    const [, [what, id, reason]] = said() as [unknown, [string, number, Error]];
    assert.deepEqual([what, id], ["rejected", 0]);
    assert.match(String(reason), /BufferReference has been released/);
  });
});
