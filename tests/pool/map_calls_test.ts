// `pool.map`: what it takes, gives and closes, with calls that the test settles; then on workers.

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import { mapCalls, type MapSettings } from "../../src/pool/map_calls.ts";
import { waitUntilAborted } from "../fixtures/abort_tasks.ts";
import { square } from "../fixtures/basic_tasks.ts";
import * as orderTasks from "../fixtures/order_tasks.ts";
import { RunningOrder } from "../support/running_order.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorOf, rejection, until } from "../support/waiting.ts";
import { usePool } from "../support/with_pool.ts";

type Settings = Partial<Pick<MapSettings<number, string>, "concurrency" | "ordered" | "signal">>;

/** Lets all that follows from what is settled happen. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/** Whole numbers from 0 to `count`, or to where it `failsAt`; and what is known of how far it is. */
function numbers(count: number, failsAt = Infinity) {
  const source = {
    taken: 0,
    closed: 0,
    *[Symbol.iterator]() {
      try {
        for (let n = 0; n < count; n++) {
          if (n === failsAt) throw new Error(`no item ${n}`);
          source.taken++;
          yield n;
        }
      } finally {
        source.closed++;
      }
    },
  };
  return source;
}

/** The same as an async iterable. */
function laterNumbers(count: number, failsAt?: number) {
  const inner = numbers(count, failsAt);
  return Object.assign(inner, {
    async *[Symbol.asyncIterator]() {
      for (const n of { [Symbol.iterator]: inner[Symbol.iterator] }) {
        await Promise.resolve();
        yield n;
      }
    },
  });
}

/** Maps `source` with calls that settle when the test says so. */
function open(source: Iterable<number> | AsyncIterable<number>, settings: Settings = {}) {
  const calls: PromiseWithResolvers<string>[] = [];
  const aborted: number[] = [];
  const results = mapCalls<number, string>({
    concurrency: 3,
    ordered: true,
    signal: undefined,
    ...settings,
    source,
    call: (item, signal) => {
      const call = calls[item] = Promise.withResolvers<string>();
      signal.addEventListener("abort", () => {
        aborted.push(item);
        call.reject(signal.reason);
      });
      return call.promise;
    },
  });
  const done = (n: number): void => calls[n]!.resolve(`result ${n}`);
  return { results, calls, aborted, done };
}

const value = (n: number) => ({ done: false, value: `result ${n}` });
const END = { done: true, value: undefined };

for (
  const [kind, make] of [["an iterable", numbers], ["an async iterable", laterNumbers]] as const
) {
  describe(`mapping ${kind}`, () => {
    it("takes nothing before it is asked, and no more than it may ahead of the reader", async () => {
      const source = make(10);
      const { results, done } = open(source);
      await settle();
      assert.equal(source.taken, 0);
      const first = results.next();
      await settle();
      assert.equal(source.taken, 3);
      for (const n of [0, 1, 2]) done(n);
      assert.deepEqual(await first, value(0));
      await settle();
      // Three are there or on their way that nobody has asked for.
      assert.equal(source.taken, 4);
      assert.deepEqual(await results.next(), value(1));
      await settle();
      assert.equal(source.taken, 5);
      await results.return();
    });

    it("gives the results in order, and then ends", async () => {
      const source = make(4);
      const { results, done } = open(source, { concurrency: 4 });
      const first = results.next();
      await settle();
      for (const n of [3, 1, 0, 2]) done(n);
      const all = [await first];
      for (let n = 1; n < 4; n++) all.push(await results.next());
      assert.deepEqual(all, [0, 1, 2, 3].map(value));
      assert.deepEqual([await results.next(), await results.next()], [END, END]);
      assert.deepEqual([source.taken, source.closed], [4, 1]);
    });

    it("gives them as they are there, if they need no order", async () => {
      const { results, done } = open(make(4), { concurrency: 3, ordered: false });
      const first = results.next();
      await settle();
      done(2);
      assert.deepEqual(await first, value(2));
      await settle();
      done(3);
      done(0);
      await settle();
      assert.deepEqual(await results.next(), value(3));
      assert.deepEqual(await results.next(), value(0));
      const last = results.next();
      done(1);
      assert.deepEqual(await last, value(1));
      assert.deepEqual(await results.next(), END);
    });

    it("closes the source and aborts the calls when the reader leaves", async () => {
      const source = make(10);
      const { results, done, aborted } = open(source);
      const first = results.next();
      await settle();
      done(0);
      await first;
      await settle();
      assert.deepEqual(await results.return(), END);
      assert.equal(source.closed, 1);
      assert.deepEqual(aborted.filter((n) => n !== 0), [1, 2, 3]);
      assert.deepEqual(await results.next(), END);
      assert.equal(source.taken, 4);
    });

    for (const ordered of [true, false]) {
      it(`gives the error of a call once, after results before it (ordered: ${ordered})`, async () => {
        const source = make(10);
        const { results, calls, done, aborted } = open(source, { ordered });
        const first = results.next();
        await settle();
        if (ordered) {
          calls[1]!.reject(new Error("call 1"));
          await settle();
          done(0);
        } else {
          done(0);
          calls[1]!.reject(new Error("call 1"));
        }
        assert.deepEqual(await first, value(0));
        assert.equal((await errorOf(results.next())).message, "call 1");
        assert.deepEqual([await results.next(), await results.next()], [END, END]);
        assert.deepEqual([source.taken, source.closed], [3, 1]); // nothing more was taken
        assert.ok(aborted.includes(2));
      });

      it(`gives the error of the source once, after all results (ordered: ${ordered})`, async () => {
        const source = make(10, 2);
        const { results, done } = open(source, { ordered });
        const first = results.next();
        await settle();
        done(0);
        done(1);
        assert.deepEqual([await first, await results.next()], [value(0), value(1)]);
        assert.equal((await errorOf(results.next())).message, "no item 2");
        assert.deepEqual(await results.next(), END);
        assert.equal(source.closed, 1);
      });
    }

    it("ends by a signal: with its reason, at once, also while nobody reads", async () => {
      for (const isReading of [true, false]) {
        const controller = new AbortController();
        const source = make(10);
        const { results, done, aborted } = open(source, { signal: controller.signal });
        const first = results.next();
        await settle();
        done(0);
        await first;
        await settle();
        const next = isReading ? rejection(results.next()) : undefined;
        await settle();
        controller.abort("enough");
        await settle();
        assert.deepEqual([source.closed, aborted.filter((n) => n !== 0)], [1, [1, 2, 3]]);
        assert.equal(await (next ?? rejection(results.next())), "enough");
        assert.deepEqual(await results.next(), END);
      }
      const source = make(1);
      const { results } = open(source, { signal: AbortSignal.abort("before") });
      assert.equal(await rejection(results.next()), "before");
      assert.equal(source.taken, 0);
    });

    it("ends when there is nothing in it", async () => {
      assert.deepEqual(await open(make(0)).results.next(), END);
    });

    it("fails when it fails at once", async () => {
      const { results } = open(make(1, 0));
      assert.equal((await errorOf(results.next())).message, "no item 0");
      assert.deepEqual(await results.next(), END);
    });

    it("answers reads that were made at the same time in order", async () => {
      const { results, done } = open(make(2), { ordered: false });
      const reads = Promise.all([results.next(), results.next(), results.next()]);
      await settle();
      done(1);
      await settle();
      done(0);
      assert.deepEqual(await reads, [value(1), value(0), END]);
    });
  });
}

describe("mapping", () => {
  it("does not wait for an item that may never come when it ends", async () => {
    let asked = 0;
    let closed = false;
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          asked++ === 0 ? Promise.resolve({ done: false, value: 0 }) : new Promise(() => {}),
        return: () => {
          closed = true;
          return new Promise(() => {});
        },
      }),
    };
    const { results, done } = open(source);
    const first = results.next();
    await settle();
    done(0);
    await first;
    assert.deepEqual(await results.return(), END);
    assert.equal(closed, true);
  });

  it("hears nothing of a source that fails after the end", async () => {
    let asked = 0;
    let fail = (_: Error): void => {};
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          asked++ === 0
            ? Promise.resolve({ done: false, value: 0 })
            : new Promise((_, reject) => fail = reject),
      }),
    };
    const { results, done } = open(source);
    const first = results.next();
    await settle();
    done(0);
    await first;
    assert.deepEqual(await results.return(), END);
    fail(new Error("too late"));
    await settle();
    assert.deepEqual(await results.next(), END);
  });

  it("rejects when the source cannot be closed, unless there was an error before", async () => {
    const make = (): Iterable<number> => ({
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: 0 }),
        return: () => {
          throw new Error("cannot be closed");
        },
      }),
    });
    const left = open(make(), { concurrency: 1 });
    const first = left.results.next();
    await settle();
    left.done(0);
    await first;
    assert.equal((await errorOf(left.results.return())).message, "cannot be closed");
    const failed = open(make(), { concurrency: 1 });
    const next = rejection(failed.results.next());
    await settle();
    failed.calls[0]!.reject("first");
    assert.equal(await next, "first");
  });

  it("ends when the source itself aborts it", async () => {
    const controller = new AbortController();
    let closed = false;
    const source = (function* () {
      try {
        yield 0;
        controller.abort("from within");
        yield 1;
      } finally {
        closed = true;
      }
    })();
    const { results } = open(source, { signal: controller.signal });
    assert.equal(await rejection(results.next()), "from within");
    assert.deepEqual([closed, await results.next()], [true, END]);
  });
});

describe("pool.map", () => {
  const tasks = { ...orderTasks, square, waitUntilAborted };
  const pool = createPool({ threads: 2 })(tasks);
  const { call } = pool;
  after(() => pool.shutdown());

  const collect = async <T>(results: AsyncIterable<T>): Promise<T[]> => {
    const all: T[] = [];
    for await (const result of results) all.push(result);
    return all;
  };

  it("runs a task for each item, of any source, in order or not", async () => {
    const count = 2000;
    const squares = Array.from({ length: count }, (_, n) => n * n);
    assert.deepEqual(await collect(pool.map(squares.keys(), call.square)), squares);
    const anyOrder = { ordered: false, concurrency: 100 };
    const found = await collect(pool.map(laterNumbers(count), call.square, anyOrder));
    assert.deepEqual(found.sort((a, b) => a - b), squares);
    // Items may be promises, like the argument of any call.
    assert.deepEqual(await collect(pool.map([Promise.resolve(3), 4], call.square)), [9, 16]);
    await usePool(square.createPool(), async ({ map, call }) => {
      assert.deepEqual(await collect(map([1, 2, 3], call)), [1, 4, 9]);
    });
  });

  it("takes 16 items for each worker by default", async () => {
    const source = numbers(1000);
    const results = pool.map(source, call.square);
    assert.deepEqual(await results.next(), { done: false, value: 0 });
    assert.equal(source.taken, 33);
    await results.return();
  });

  it("takes back what has not begun, and tells tasks to stop, when the reader leaves", async () => {
    const busy = new SharedState();
    const long = [call.spinHere(busy.buffer), call.spinHere(busy.buffer)];
    await until("both run", () => busy.started === 2);
    const running = new RunningOrder();
    const items = Array.from({ length: 10 }, () => running.next());
    const controller = new AbortController();
    const results = pool.map(items, call.note, { signal: controller.signal });
    const reason = rejection(results.next());
    controller.abort("enough");
    assert.equal(await reason, "enough");
    busy.release();
    await Promise.all(long);
    await pool.all.where(); // behind them
    assert.equal(running.ran, 0);

    const state = new SharedState();
    const other = new AbortController();
    const source = Array.from({ length: 4 }, () => state.buffer);
    const waiting = pool.map(source, call.waitUntilAborted, { signal: other.signal });
    const ended = rejection(waiting.next());
    await until("they wait", () => state.started === 4);
    other.abort("stop");
    assert.equal(await ended, "stop");
    assert.equal(new Set(await pool.all.where()).size, 2);
  });

  it("gives the error of a task where it happened", async () => {
    const results = pool.map(
      [new SharedArrayBuffer(4), "x"] as SharedArrayBuffer[],
      call.failAfterFirst,
    );
    assert.deepEqual(await results.next(), { done: false, value: 0 });
    const error = await errorOf(results.next());
    assert.ok(error instanceof RangeError, error.stack);
    assert.deepEqual(await results.next(), END);
  });

  it("takes a function of one's own, and what that returns or throws", async () => {
    assert.deepEqual(await collect(pool.map([3], (n: number) => call.square(n))), [9]);
    const map = pool.map as (items: number[], call: unknown) => AsyncIterable<unknown>;
    assert.deepEqual(await collect(map([1, 2], (n: number) => n + 1)), [2, 3]);
    const failing = map([1], () => {
      throw new RangeError("at once");
    });
    assert.match(String(await errorOf(collect(failing))), /RangeError: at once/);
  });

  it("refuses what cannot be mapped", () => {
    const map = pool.map as (...args: unknown[]) => unknown;
    const refused = (args: unknown[], kind: ErrorConstructor, message: string): void =>
      assert.throws(() => map(...args), (error) => {
        assert.ok(error instanceof kind);
        assert.equal(error.message, message);
        return true;
      });
    const items = "map needs an iterable or an async iterable, received ";
    refused([7, call.square], TypeError, `${items}7`);
    refused([null, call.square], TypeError, `${items}null`);
    refused([[], "square"], TypeError, 'map needs a function of pool.call, received "square"');
    refused(
      [[], square.f],
      TypeError,
      "map needs a function of pool.call, received the task's own function f, which would run here",
    );
    refused(
      [[], call.square, { concurrency: 0 }],
      RangeError,
      "concurrency must be a whole number from 1 to 1048576, received 0",
    );
    refused(
      [[], call.square, { ordered: 1 }],
      TypeError,
      "ordered must be a boolean, received 1",
    );
    refused(
      [[], call.square, { signal: {} }],
      TypeError,
      "signal must be an AbortSignal, received an object",
    );
    refused(
      [[], call.square, AbortSignal.abort()],
      TypeError,
      "map options must be an object, received an AbortSignal: pass { signal }",
    );
    refused(
      [[], call.square, { key: 1 }],
      TypeError,
      'map options cannot have "key"; expected one of: concurrency, ordered, signal, priority',
    );
  });
});
