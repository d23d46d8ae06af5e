// Tasks whose results are streams, on threads, processes and the main thread.

import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createPool, type Options, type Pool } from "../../mod.ts";
import { openBare } from "../fixtures/bare_streams.ts";
import { spinUntil } from "../fixtures/basic_tasks.ts";
import * as streamTasks from "../fixtures/stream_tasks.ts";
import { SharedState } from "../support/shared_state.ts";
import { collectorFlags, runProgram } from "../support/program.ts";
import { errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime, usePool, withPool } from "../support/with_pool.ts";

const tasks = { ...streamTasks, spinUntil };
const { imported: _, ...inlineTasks } = tasks;

/** All items, and what the stream returns. */
async function all<Y, R>(stream: AsyncIterator<Y, R>): Promise<{ items: Y[]; result: R }> {
  const items: Y[] = [];
  for (;;) {
    const { value, done } = await stream.next();
    if (done) return { items, result: value };
    items.push(value);
  }
}

/** Items up to the failure, and that. */
async function untilFailure<Y>(stream: AsyncIterable<Y>): Promise<{ items: Y[]; error: Error }> {
  const items: Y[] = [];
  const error = await errorOf((async () => {
    for await (const item of stream) items.push(item);
  })());
  return { items, error };
}

const upTo = (limit: number): number[] => Array.from({ length: limit }, (_, at) => at + 1);

/** Shared memory for `watched`: what it has yielded, whether it has ended, and whether it lets go. */
function watch(letsGo: boolean) {
  const buffer = new SharedArrayBuffer(letsGo ? 12 : 8);
  const words = new Int32Array(buffer);
  return {
    buffer,
    yielded: (): number => Atomics.load(words, 0),
    ended: (): boolean => Atomics.load(words, 1) === 1,
  };
}

const kinds: { name: string; options: Options; given: typeof inlineTasks }[] = [
  { name: "threads", options: { threads: 2 }, given: tasks },
  { name: "processes", options: { threads: 1, worker: { runtime: "process" } }, given: tasks },
  { name: "the main thread", options: { threads: 0, inliner: {} }, given: inlineTasks },
];

for (const { name, options, given } of kinds) {
  describe(`streams from ${name}`, () => {
    let opened: Pool<typeof inlineTasks> | undefined;
    const open = () => opened ??= createPool(options)(given);
    after(() => opened?.shutdown());

    it("come in order, to the end", async () => {
      const { call } = open();
      for (const limit of [0, 1, 5, 5000]) {
        const expected = { items: upTo(limit), result: "counted" };
        assert.deepEqual(await all(call.countTo(limit)), expected);
        assert.deepEqual(await all(call.countInOneGo(limit)), expected);
      }
      assert.equal(await call.double(4), 8);
    });

    it("are recognised by the function, or by what is declared", async () => {
      await usePool(openBare(options), async ({ call }) => {
        assert.deepEqual((await all(call.bare(2))).items, [{ n: 1 }, { n: 2 }]);
      });
      const { call } = open();
      assert.deepEqual((await all(call.declared(3))).items, [1, 2, 3]);
      assert.deepEqual((await all(call.declaredLater(3))).items, [1, 2, 3]);
      assert.deepEqual((await all(call.readable(3))).items, [1, 2, 3]);
      assert.deepEqual(await all(call.promises()), { items: [1, 2], result: 3 });
      const wrong = call.declaredWrongly() as unknown as AsyncIterator<unknown>;
      const { name, message } = await errorOf(wrong.next());
      assert.deepEqual([name, /expected .*iterat.*, received 5/.test(message)], [
        "TypeError",
        true,
      ]);
    });

    it("carry what calls carry", async () => {
      const { call } = open();
      const { items } = await all(call.oddValues());
      assert.deepEqual(items.slice(0, -1), [
        { a: [1, undefined, new Date(5)] },
        "text",
        undefined,
        null,
        12n,
        { then: 1 },
      ]);
      assert.equal((items.at(-1) as Error).message, "an item, not a failure");
      const { items: chunks } = await all(call.chunks({ count: 100, bytes: 200_000 }));
      assert.equal(chunks.length, 100);
      chunks.forEach((chunk, n) => {
        assert.equal(chunk.length, 200_000);
        assert.equal(chunk[199_999], n);
      });
    });

    it("carry items of which one fills the window", async () => {
      const { call } = open();
      const { items } = await all(call.chunks({ count: 3, bytes: 5 << 20 }));
      assert.deepEqual(items.map((bytes) => [bytes.length, bytes[7]]), [
        [5 << 20, 0],
        [5 << 20, 1],
        [5 << 20, 2],
      ]);
    });

    it("fail where the task fails, with its error", async () => {
      const { call } = open();
      for (const limit of [0, 3, 3000]) {
        const { items, error } = await untilFailure(call.failAfter(limit));
        assert.deepEqual(items, upTo(limit));
        assert.ok(error instanceof RangeError);
        assert.equal(error.message, `no item after ${limit}`);
      }
    });

    it("fail with the error of a task that does not get as far", async () => {
      const { call } = open();
      assert.equal((await untilFailure(call.declaredFailing())).error.message, "no stream");
    });

    it("take one argument, or a promise of it", async () => {
      const { call } = open();
      assert.deepEqual((await all(call.countTo(Promise.resolve(2)))).items, [1, 2]);
      const refused = call.countTo(Promise.reject(new RangeError("no argument")));
      assert.equal((await errorOf(refused.next())).message, "no argument");
      assert.deepEqual(await refused.next(), { value: undefined, done: true });
    });

    it("let the task end when the reader leaves", async () => {
      const { call } = open();
      for await (const n of call.countTo(1e9)) if (n === 3) break;
      const stream = call.failInFinally();
      assert.deepEqual(await stream.next(), { value: 1, done: false });
      assert.equal((await errorOf(stream.return())).message, "cannot clean up");
      assert.deepEqual(await stream.next(), { value: undefined, done: true });
      assert.deepEqual(await stream.return("given" as never), { value: "given", done: true });
      const thrown = call.countTo(5);
      assert.equal(await rejection(thrown.throw("why")), "why");
      assert.deepEqual(await thrown.next(), { value: undefined, done: true });
      const disposed = call.countTo(1e9);
      assert.equal((await disposed.next()).value, 1);
      assert.equal(await disposed[Symbol.asyncDispose](), undefined);
      assert.equal((await disposed.next()).done, true);
      assert.equal(await call.double(4), 8);
    });

    it("end for every reader at once", async () => {
      const { call } = open();
      const stream = call.countTo(2);
      const results = await Promise.all(Array.from({ length: 5 }, () => stream.next()));
      assert.deepEqual(results, [
        { value: 1, done: false },
        { value: 2, done: false },
        { value: "counted", done: true },
        { value: undefined, done: true },
        { value: undefined, done: true },
      ]);
    });

    it("are given up by a signal, whatever the task does", async () => {
      const { call } = open();
      const controller = new AbortController();
      const stream = call.wait(undefined, { signal: controller.signal });
      assert.equal((await stream.next()).value, 1);
      const next = stream.next();
      controller.abort("enough");
      assert.equal(await rejection(next), "enough");
      assert.deepEqual(await stream.next(), { value: undefined, done: true });
      const late = call.countTo(5, { signal: controller.signal });
      assert.equal(await rejection(late.next()), "enough");
      assert.equal(
        (await errorOf(call.countTo(5, { signal: 5 } as never).next())).name,
        "TypeError",
      );
      assert.equal(await call.double(4), 8);
    });

    it("tell abort-aware tasks when nobody reads on", async () => {
      const { call } = open();
      for await (const n of call.untilAborted(0)) {
        assert.equal(n, 1);
        break;
      }
    });

    it("end with the pool", async () => {
      const pool = createPool(options)(given);
      const waiting = pool.call.wait();
      assert.equal((await waiting.next()).value, 1);
      const next = errorWithCode(waiting.next(), "KNT_ERROR_CLOSED");
      await pool.shutdown();
      await next;
      await errorWithCode(pool.call.countTo(5).next(), "KNT_ERROR_CLOSED");
      const unwanted = Promise.reject(new Error("nobody hears of it"));
      await errorWithCode(pool.call.countTo(unwanted).next(), "KNT_ERROR_CLOSED");
    });

    it("have as long for each item as a call has for its result", async () => {
      const { call } = open();
      const [slow, failed, late] = await Promise.all([
        all(call.slowly(20)),
        untilFailure(call.timed()),
        all(call.timedDefault()),
      ]);
      assert.deepEqual(slow.items, upTo(20));
      const { code } = failed.error as { code?: unknown };
      assert.deepEqual([failed.items, code], [[1], "KNT_ERROR_TIMEOUT"]);
      assert.deepEqual(late, { items: [1], result: "late" });
    });
  });
}

describe("a stream from a worker", () => {
  let opened: Pool<typeof tasks> | undefined;
  const onOne = (body: (pool: Pool<typeof tasks>) => Promise<void>) =>
    inTime("the body of the test", body(opened ??= createPool({ threads: 1 })(tasks)), 30_000);
  after(() => opened?.shutdown());

  for (const letsGo of [true, false]) {
    it(`does not get far ahead of its reader, ${letsGo ? "waiting" : "never waiting"}`, async () => {
      await onOne(async ({ call }) => {
        const { buffer, yielded, ended } = watch(false);
        const stream = letsGo ? call.watched(buffer) : call.watchedInOneGo(buffer);
        for (let n = 0; n < 5000; n++) assert.equal((await stream.next()).value, n);
        await until("it is ahead", () => yielded() > 5500);
        for (let n = 0; n < 20; n++) await call.double(n);
        assert.ok(yielded() <= 5000 + 1025, `${yielded()} items for 5000`);
        assert.equal(ended(), false);
        await stream.return();
        assert.equal(ended(), true, "its finally block has run");
      });
    });
  }

  it("has no item that waits for the next one, however fast they came before", async () => {
    await onOne(async ({ call }) => {
      for (const limit of [1, 3, 40, 777]) {
        const words = new Int32Array(new SharedArrayBuffer(8));
        words[1] = limit;
        const stream = call.spinAfter(words.buffer);
        for (let n = 1; n <= limit; n++) assert.equal((await stream.next()).value, n);
        Atomics.store(words, 0, limit);
        assert.deepEqual(await all(stream), { items: [], result: undefined });
      }
    });
  });

  it("does not get ahead by many bytes", async () => {
    await onOne(async ({ call }) => {
      const stream = call.chunks({ count: 1000, bytes: 1 << 20 });
      for (let n = 0; n < 20; n++) assert.equal((await stream.next()).value![0], n);
      assert.equal(await call.double(2), 4);
      const { items } = await all(stream);
      assert.deepEqual([items.length, items[0]![5]], [980, 20]);
    });
  });

  it("ends where an item cannot cross", async () => {
    await onOne(async ({ call }) => {
      const items: unknown[] = [];
      const read = (async () => {
        for await (const item of call.withFunction(3)) items.push(item);
      })();
      await errorWithCode(read, "KNT_ERROR_0");
      assert.deepEqual(items, [1, 2, 3]);
      assert.equal(await call.double(2), 4);
    });
  });

  it("fails after what had come when its worker dies", async () => {
    await onOne(async ({ call }) => {
      const { items, error } = await untilFailure(call.die(700));
      assert.deepEqual(items, upTo(700));
      assert.equal((error as { code?: unknown }).code, "KNT_ERROR_WORKER_CRASHED");
      assert.equal(await call.double(2), 4);
    });
  });

  it("is ended with its worker by the hard limit, if an item takes too long", async () => {
    const worker = { hardTimeoutMs: 800, onHardTimeout: "replace" } as const;
    await withPool(
      tasks,
      { threads: 1, worker: { ...worker, runtime: "process" } },
      async ({ call }) => {
        assert.deepEqual((await all(call.slowly(20))).items, upTo(20));
        const { items, error } = await untilFailure(call.spin(3));
        assert.deepEqual(items, [1, 2, 3]);
        assert.equal((error as { code?: unknown }).code, "KNT_ERROR_HARD_TIMEOUT");
        assert.equal(await call.double(2), 4);
      },
    );
  });

  it("never begins if it is left while it waits for a worker", async () => {
    await onOne(async ({ call }) => {
      const busy = new SharedState();
      const spinning = call.spinUntil(busy.buffer);
      await until("the worker is busy", () => busy.started === 1);
      const { buffer, yielded } = watch(true);
      const left = call.watched(buffer);
      const next = left.next();
      await new Promise((resolve) => setTimeout(resolve, 5));
      await left.return();
      assert.deepEqual(await next, { value: undefined, done: true });
      busy.release();
      await spinning;
      assert.equal(await call.double(2), 4);
      assert.equal(yielded(), 0);
    });
  });

  it("takes a place among those that can be aborted, until its task has ended", async () => {
    await withPool(tasks, { threads: 1, abortSignalCapacity: 2 }, async ({ call }) => {
      const streams = [call.never(), call.countTo(1e6)];
      await errorWithCode(call.countTo(1).next(), "KNT_ERROR_ABORT_CAPACITY");
      assert.equal((await streams[1]!.next()).value, 1);
      await streams[1]!.return();
      assert.deepEqual((await all(call.countTo(1))).items, [1]);
      await Promise.all([rejection(call.untilAborted(1).throw(0)), call.countTo(1).return()]);
    });
  });

  it("is ended when nobody has its iterator any more", async () => {
    const { stdout, stderr } = await runProgram("forgotten_streams.ts", { flags: collectorFlags });
    assert.equal(stdout.trim(), "all have ended", stderr);
  });

  it("keeps no program alive that does not read it", async () => {
    const { stdout, stderr, code } = await runProgram("unread_streams.ts");
    assert.deepEqual([stdout.trim(), code], ["1", 0], stderr);
  });

  it("comes beside others, and beside calls", async () => {
    await withPool(tasks, { threads: 2 }, async ({ call }) => {
      const streams = Array.from({ length: 20 }, (_, n) => all(call.countTo(n * 100)));
      const calls = Array.from({ length: 1000 }, (_, n) => call.double(n));
      assert.deepEqual(
        (await Promise.all(streams)).map(({ items }) => items.length),
        Array.from({ length: 20 }, (_, n) => n * 100),
      );
      assert.deepEqual(await Promise.all(calls), Array.from({ length: 1000 }, (_, n) => n * 2));
    });
  });

  it("is let come to its end by a pool that finishes all", async () => {
    const pool = createPool({ threads: 1, worker: { resolveAfterFinishingAll: true } })(tasks);
    const read = all(pool.call.countTo(5000));
    await Promise.all([pool.shutdown(), read]);
    assert.equal((await read).items.length, 5000);
  });
});
