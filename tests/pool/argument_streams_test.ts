// Arguments that are streams, to threads, processes and the main thread.

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createPool, type Options, type Pool } from "../../mod.ts";
import * as tasks from "../fixtures/stream_tasks.ts";
import { SharedState } from "../support/shared_state.ts";
import { blockUntil, errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const { imported: _, ...inlineTasks } = tasks;

/** Numbers up to a limit; what has been read of them, and whether nobody will read on. */
function source(limit: number) {
  const state = { yielded: 0, ended: false };
  async function* numbers() {
    try {
      while (state.yielded < limit) yield ++state.yielded;
    } finally {
      state.ended = true;
    }
  }
  return Object.assign(state, { numbers: numbers() });
}

function* inOneGo(limit: number) {
  for (let n = 1; n <= limit; n++) yield n;
}

async function* failing() {
  yield 1;
  yield 2;
  await undefined;
  throw new RangeError("no third item");
}

async function* withFunction() {
  yield 1;
  await undefined;
  yield () => {};
}

const sumTo = (limit: number): number => limit * (limit + 1) / 2;

const kinds: { name: string; options: Options; given: typeof inlineTasks }[] = [
  { name: "threads", options: { threads: 2 }, given: tasks },
  { name: "processes", options: { threads: 1, worker: { runtime: "process" } }, given: tasks },
  { name: "the main thread", options: { threads: 0, inliner: {} }, given: inlineTasks },
];

for (const { name, options, given } of kinds) {
  describe(`streams to ${name}`, () => {
    let opened: Pool<typeof inlineTasks> | undefined;
    const open = () => opened ??= createPool(options)(given);
    after(() => opened?.shutdown());

    it("are read in order, to the end", async () => {
      const { call } = open();
      for (const limit of [0, 1, 5, 5000]) {
        assert.equal(await inTime("the sum", call.sum(source(limit).numbers)), sumTo(limit));
        assert.equal(await call.sum(inOneGo(limit) as never), sumTo(limit));
      }
      const stream = new ReadableStream<number>({
        start(controller) {
          for (let n = 1; n <= 10; n++) controller.enqueue(n);
          controller.close();
        },
      });
      assert.equal(await call.sum(stream), 55);
      assert.equal(await call.sum(Promise.resolve(source(3).numbers)), 6);
    });

    it("end when the task stops reading", async () => {
      const { call } = open();
      let ended = false;
      async function* items() {
        try {
          yield 1;
          yield "until";
          for (;;) yield 3;
        } finally {
          ended = true;
        }
      }
      assert.deepEqual(await call.readUntil(items()), { read: [1], failure: undefined });
      await until("it has ended", () => ended);
    });

    it("are not touched if the task does not read", async () => {
      const { call } = open();
      const state = source(3);
      assert.equal(await call.ignore(state.numbers), "ignored");
      assert.equal(state.yielded, 0);
    });

    it("fail in the task's loop", async () => {
      const { call } = open();
      const { read, failure } = await call.readUntil(failing());
      assert.deepEqual(read, [1, 2]);
      assert.ok(failure instanceof RangeError);
      assert.equal(failure.message, "no third item");
    });

    it("fail in the task's loop if they cannot be begun", async () => {
      const { call } = open();
      class Unbegun {
        [Symbol.asyncIterator](): AsyncIterator<number> {
          throw new RangeError("not today");
        }
      }
      const { read, failure } = await call.readUntil(new Unbegun());
      assert.deepEqual([read, String(failure)], [[], "RangeError: not today"]);
    });

    it("pass through a task that is a stream", async () => {
      const { call } = open();
      const { numbers } = source(5000);
      let sum = 0;
      for await (const n of call.doubled(numbers)) sum += n;
      assert.equal(sum, 2 * sumTo(5000));
      const state = source(1e9);
      for await (const n of call.doubled(state.numbers)) if (n > 10) break;
      await until("it has ended", () => state.ended);
    });

    it("carry many bytes", async () => {
      const { call } = open();
      async function* chunks() {
        for (let n = 0; n < 100; n++) yield new Uint8Array(200_000);
        await undefined;
      }
      assert.equal(await call.totalBytes(chunks()), 20_000_000);
      async function* large() {
        for (let n = 0; n < 3; n++) yield new Uint8Array(5 << 20);
        await undefined;
      }
      assert.equal(await call.totalBytes(large()), 15 << 20);
    });
  });
}

describe("a stream to a worker", () => {
  let opened: Pool<typeof tasks> | undefined;
  const onOne = (body: (pool: Pool<typeof tasks>) => Promise<void>) =>
    inTime("the body of the test", body(opened ??= createPool({ threads: 1 })(tasks)), 30_000);
  after(() => opened?.shutdown());

  it("does not get far ahead of the task", async () => {
    await onOne(async ({ call }) => {
      const state = source(1e9);
      const controller = new AbortController();
      const read = call.readOne(state.numbers, { signal: controller.signal });
      await until("it is ahead", () => state.yielded > 500);
      for (let n = 0; n < 20; n++) await call.double(n);
      assert.ok(state.yielded <= 1030, `${state.yielded} items for one`);
      controller.abort("enough");
      assert.equal(await rejection(read), "enough");
      await until("it has ended", () => state.ended);
      assert.equal(await call.double(2), 4);
    });
  });

  it("has no item that waits for the next one, however fast they came before", async () => {
    await onOne(async ({ call }) => {
      for (const limit of [1, 3, 40, 777]) {
        const buffer = new SharedArrayBuffer(4);
        const word = new Int32Array(buffer);
        const source = function* () {
          yield buffer;
          yield* inOneGo(limit);
          blockUntil(`${limit} items are read`, () => Atomics.load(word, 0) === limit);
        };
        await call.countRead(source() as never);
      }
    });
  });

  it("fails in the task where an item cannot cross", async () => {
    await onOne(async ({ call }) => {
      const { read, failure } = await call.readUntil(withFunction());
      assert.deepEqual([read, (failure as { code?: unknown }).code], [[1], "KNT_ERROR_0"]);
    });
  });

  it("ends when the worker dies, and when the pool does", async () => {
    const pool = createPool({ threads: 1 })(tasks);
    const dying = source(1e9);
    await errorWithCode(pool.call.dieAfterOne(dying.numbers), "KNT_ERROR_WORKER_CRASHED");
    await until("it has ended", () => dying.ended);
    const closed = source(1e9);
    const read = errorWithCode(pool.call.readOne(closed.numbers), "KNT_ERROR_CLOSED");
    await until("it is read", () => closed.yielded > 1);
    await pool.shutdown();
    await read;
    await until("it has ended", () => closed.ended);
  });

  it("fails in a task whose call was given up", async () => {
    await onOne(async ({ call }) => {
      const controller = new AbortController();
      const { signal } = controller;
      let next = (): void => {};
      async function* slow() {
        yield 1;
        await new Promise<void>((resolve) => next = resolve);
        yield 2;
      }
      const stream = call.doubled(slow(), { signal });
      assert.equal((await stream.next()).value, 2);
      controller.abort("enough");
      assert.equal(await rejection(stream.next()), "enough");
      next();
      assert.equal(await call.sum(source(4).numbers), 10);
    });
  });

  it("does not count as calls that wait", async () => {
    await withPool(tasks, { threads: 1, maxQueue: 3 }, async ({ call }) => {
      const sums = [call.sum(source(3000).numbers)];
      for (let n = 0; n < 50; n++) {
        assert.equal(await call.double(n), 2 * n);
      }
      assert.deepEqual(await Promise.all(sums), [sumTo(3000)]);
    });
  });

  it("comes beside others", async () => {
    await withPool(tasks, { threads: 2 }, async ({ call }) => {
      const limits = Array.from({ length: 20 }, (_, n) => n * 100);
      const sums = await Promise.all(limits.map((limit) => call.sum(source(limit).numbers)));
      assert.deepEqual(sums, limits.map(sumTo));
    });
  });

  it("comes beside others that wait for room while the host sleeps", async () => {
    await onOne(async ({ call }) => {
      for (let round = 0; round < 10; round++) {
        const busy = new SharedState();
        const gate = Promise.withResolvers<void>();
        const source = async function* (first: number | SharedArrayBuffer) {
          yield first;
          await gate.promise;
          yield* inOneGo(900);
        };
        const firsts = [...Array.from({ length: 19 }, () => 0), busy.buffer];
        const sums = firsts.map((first) => call.sumOrSpin(source(first)));
        await until("the worker is busy", () => busy.started === 1);
        gate.resolve();
        await new Promise((resolve) => setTimeout(resolve, 20));
        busy.release();
        assert.deepEqual(await Promise.all(sums), firsts.map(() => sumTo(900)));
      }
    });
  });

  describe("when there is no room to say how it ends", () => {
    /** Runs `body` while the worker is busy and its lane is full; resolves when all of that is over. */
    async function inACrowd({ call }: Pool<typeof tasks>, body: () => unknown): Promise<void> {
      const busy = new SharedState();
      const spins = call.sumOrSpin((function* () {
        yield busy.buffer;
      })());
      await until("the worker is busy", () => busy.started === 1);
      const crowd = Array.from({ length: 1_500 }, (_, n) => call.double(n));
      await body();
      busy.release();
      await Promise.all([spins, ...crowd]);
    }

    /** A number, and no end before `end` is called. */
    function open() {
      const [gate, begun] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      async function* numbers() {
        yield 1;
        begun.resolve();
        await gate.promise;
      }
      return { numbers: numbers(), begun: begun.promise, end: gate.resolve };
    }

    for (const ends of [false, true]) {
      it(`the task hears that its call was given up, ${ends ? "though" : "before"} it ended`, async () => {
        await onOne(async (pool) => {
          const abort = new AbortController();
          const { numbers, begun, end } = open();
          const sum = rejection(pool.call.sum(numbers, { signal: abort.signal }));
          await begun;
          await inACrowd(pool, async () => {
            if (ends) end();
            for (let turns = 0; turns < 20; turns++) await undefined;
            abort.abort(new Error("no more"));
            await sum;
          });
          await until("the task has ended", () => pool.stats().tasks.sum!.running === 0);
        });
      });
    }

    it("nothing is said to another call that has got its number", async () => {
      await onOne(async (pool) => {
        const { call } = pool;
        const abort = new AbortController();
        const late = rejection(call.askLate(inOneGo(1), { signal: abort.signal }));
        await call.double(1);
        await inACrowd(pool, async () => {
          abort.abort(new Error("no more"));
          await late;
        });
        assert.deepEqual(
          await Promise.all(Array.from({ length: 20 }, () => call.sum(source(10).numbers))),
          Array.from({ length: 20 }, () => sumTo(10)),
        );
      });
    });
  });

  it("gets its turn beside callers that call again as soon as they are answered", async () => {
    await onOne(async ({ call }) => {
      let isOver = false;
      const callers = Array.from({ length: 3_000 }, async () => {
        while (!isOver) await call.double(1);
      });
      assert.equal(await inTime("the sum", call.sum(inOneGo(5_000))), sumTo(5_000));
      isOver = true;
      await Promise.all(callers);
    });
  });

  it("is refused as what it cannot be: a result, or a part of an argument", async () => {
    await onOne(async ({ call }) => {
      await errorWithCode(call.ignore([source(3).numbers] as never), "KNT_ERROR_3");
      assert.equal((await errorOf(call.readOne(5 as never))).name, "TypeError");
    });
  });
});

describe("the source of an argument", () => {
  it("may do what it likes as it is left: abort another call, and end the pool", async () => {
    const pool = createPool({ threads: 1 })(tasks);
    const { call } = pool;
    const other = new AbortController();
    let begun = 0;
    let left = 0;
    async function* meddler() {
      try {
        begun++;
        for (let n = 1;; n++) yield n;
      } finally {
        left++;
        other.abort("meddled");
        void pool.shutdown();
      }
    }
    const first = new AbortController();
    const reads = Promise.allSettled([
      call.readOne(meddler(), { signal: first.signal }),
      call.readOne(meddler(), { signal: other.signal }),
      call.readOne(meddler()),
    ]);
    await until("all are read", () => begun === 3);
    first.abort("enough");
    const outcomes = await inTime("the calls", reads);
    assert.deepEqual(
      outcomes.map((outcome) =>
        outcome.status === "rejected" && (outcome.reason.code ?? outcome.reason)
      ),
      ["enough", "meddled", "KNT_ERROR_CLOSED"],
    );
    await inTime("the pool's end", pool.shutdown());
    await until("all are left", () => left === 3);
  });
});
