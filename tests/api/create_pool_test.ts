import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import * as basic from "../fixtures/basic_tasks.ts";
import { functions, openPool } from "../fixtures/bare_functions.ts";
import * as a from "../fixtures/same_names_a.ts";
import * as b from "../fixtures/same_names_b.ts";
import * as ordinals from "../fixtures/ordinals.ts";
import { SharedState } from "../support/shared_state.ts";
import { until } from "../support/waiting.ts";
import { inTime, usePool, withPool } from "../support/with_pool.ts";

const { echo, add, square, seven } = basic;

describe("createPool", () => {
  it("calls a single task", async () => {
    await withPool({ add }, {}, async ({ call }) => assert.equal(await call.add([1, 2]), 3));
  });

  it("calls bare functions and definitions in one pool", async () => {
    const { square, cube } = functions;
    await usePool(openPool({ square, cube, add }), async (pool) => {
      const { call } = pool;
      assert.deepEqual(
        await Promise.all([call.square(3), call.cube(3), call.add([3, 4])]),
        [9, 27, 7],
      );
    });
  });

  it("finds functions under keys that are not their names", async () => {
    const { square, cube, later, half } = functions;
    // Each key is also the name of another function that the module exports.
    await usePool(
      openPool({ square: cube, cube: square, half: later, later: half, x: cube }),
      async (pool) => {
        const { call } = pool;
        assert.deepEqual(
          await Promise.all([
            call.square(4),
            call.cube(4),
            call.half(4),
            call.later(4),
            call.x(2),
          ]),
          [64, 16, 5, 2, 8],
        );
      },
    );
  });

  it("finds a function that is exported under another name than its own", async () => {
    await usePool(openPool({ inner: functions.inner }), async (pool) => {
      assert.equal(await pool.call.inner(1), "inner 1");
    });
  });

  it("finds a default export", async () => {
    await usePool(openPool({ byTwo: functions.half }), async (pool) => {
      assert.equal(await pool.call.byTwo(9), 4.5);
    });
  });

  it("tells functions of one source apart by their keys", async () => {
    const { addOne, addTwo } = functions;
    await usePool(openPool({ addOne, addTwo }), async (pool) => {
      assert.deepEqual(await Promise.all([pool.call.addOne(0), pool.call.addTwo(0)]), [1, 2]);
    });
  });

  it("never runs another function of the same source", async () => {
    const { addOne, addTwo } = functions;
    await usePool(openPool({ one: addOne, two: addTwo }), async (pool) => {
      const results = await Promise.allSettled([pool.call.one(0), pool.call.two(0)]);
      results.forEach((result, i) => {
        if (result.status === "fulfilled") assert.equal(result.value, i + 1);
        else assert.equal(result.reason.code, "KNT_ERROR_TASK");
      });
    });
  });

  it("runs tasks of several modules, also if these export the same names", async () => {
    const tasks = { a: a.which, b: b.which, c: a.default, d: b.default, square };
    await withPool(tasks, {}, async ({ call }) => {
      assert.deepEqual(
        await Promise.all([call.a(1), call.b(2), call.c(), call.d(), call.square(3)]),
        ["a 1", "b 2", "default of a", "default of b", 9],
      );
    });
  });

  it("gives the same definition under several keys", async () => {
    await withPool({ one: square, two: square }, {}, async ({ call }) => {
      assert.deepEqual(await Promise.all([call.one(2), call.two(3)]), [4, 9]);
    });
  });

  it("finds definitions whose place in the module differs between host and worker", async () => {
    const { first, second } = ordinals;
    await withPool({ second, first }, {}, async ({ call }) => {
      assert.deepEqual(await Promise.all([call.first(), call.second()]), ["first", "second"]);
    });
  });

  it("never runs another definition of the same source", async () => {
    const { third, fourth } = ordinals;
    await withPool({ third, fourth }, {}, async ({ call }) => {
      const results = await Promise.allSettled([call.third(), call.fourth()]);
      results.forEach((result, i) => {
        if (result.status === "fulfilled") assert.equal(result.value, ["third", "fourth"][i]);
        else assert.equal(result.reason.code, "KNT_ERROR_TASK");
      });
    });
  });

  it("calls a task without an argument", async () => {
    await withPool(
      { seven, typeOf: basic.typeOfArgument, count: basic.countArguments },
      {},
      async ({ call }) => {
        assert.equal(await call.seven(), 7);
        assert.equal(await (call.typeOf as () => Promise<string>)(), "undefined");
        assert.equal(await call.count(), 1);
      },
    );
  });

  it("calls a task with nothing as this, so that it cannot reach into the worker", async () => {
    const tasks = { plain: basic.typeOfThis, abortable: basic.typeOfThisAbortable };
    await withPool(tasks, {}, async ({ call }) => {
      assert.equal(await call.plain(), "undefined");
      assert.equal(await call.abortable(), "undefined");
    });
  });

  it("ignores arguments after the first", async () => {
    await withPool({ count: basic.countArguments, square }, {}, async ({ call }) => {
      const count = call.count as unknown as (...values: number[]) => Promise<number>;
      assert.equal(await count(1, 2, 3), 1);
      assert.equal(await (call.square as (...values: number[]) => Promise<number>)(5, 6), 25);
    });
  });

  it("awaits what tasks return", async () => {
    await withPool({ asyncAdd: basic.asyncAdd, afterTimer: basic.afterTimer }, {}, async (pool) => {
      const { asyncAdd, afterTimer } = pool.call;
      assert.equal(await asyncAdd([1, 2]), 3);
      assert.equal(await afterTimer({ value: "late", ms: 5 }), "late");
    });
  });

  it("settles calls that take longer after those made later", async () => {
    await withPool({ seven, afterTimer: basic.afterTimer }, {}, async ({ call }) => {
      const order: string[] = [];
      const slow = call.afterTimer({ value: 0, ms: 20 }).then(() => order.push("slow"));
      const fast = call.seven().then(() => order.push("fast"));
      await Promise.all([slow, fast]);
      assert.deepEqual(order, ["fast", "slow"]);
    });
  });

  for (const threads of [1, 2]) {
    it(`puts 1,000 results in the right promises with ${threads} thread(s)`, async () => {
      await withPool({ square, echo, add }, { threads }, async ({ call }) => {
        const results = await Promise.all(
          Array.from(
            { length: 1000 },
            (_, i) =>
              i % 3 === 0
                ? call.square(i)
                : i % 3 === 1
                ? call.add([i, 1])
                : call.echo(`text ${i}`),
          ),
        );
        results.forEach((result, i) =>
          assert.equal(result, i % 3 === 0 ? i * i : i % 3 === 1 ? i + 1 : `text ${i}`)
        );
      });
    });
  }

  it("runs more workers than there are processors", async () => {
    await withPool({ square, echo }, { threads: 8 }, async ({ call }) => {
      const results = await Promise.all(
        Array.from(
          { length: 2000 },
          (_, i) => i % 2 === 0 ? call.square(i) : call.echo(`text ${i}`),
        ),
      );
      results.forEach((result, i) => assert.equal(result, i % 2 === 0 ? i * i : `text ${i}`));
    });
  });

  it("gives calls that need no this", async () => {
    await withPool({ square, add }, {}, async ({ call: { square, add } }) => {
      assert.deepEqual(await Promise.all([1, 2, 3].map((n) => square(n))), [1, 4, 9]);
      assert.equal(await add.call(undefined, [1, 2]), 3);
    });
  });

  it("settles calls made before any worker is ready", async () => {
    await withPool({ square }, { threads: 2 }, async ({ call }) => {
      const early = Array.from({ length: 50 }, (_, i) => call.square(i));
      assert.deepEqual(await Promise.all(early), Array.from({ length: 50 }, (_, i) => i * i));
    });
  });

  it("runs several pools side by side", async () => {
    await withPool(
      { square },
      {},
      (one) =>
        withPool({ square }, {}, (two) =>
          withPool({ add }, { threads: 2 }, async (three) => {
            const results = [one.call.square(2), two.call.square(3), three.call.add([4, 5])];
            assert.deepEqual(await Promise.all(results), [4, 9, 9]);
          })),
    );
  });

  it("answers while another worker is busy", async () => {
    await withPool({ spinUntil: basic.spinUntil, square }, { threads: 2 }, async ({ call }) => {
      const state = new SharedState();
      const long = call.spinUntil(state.buffer);
      long.catch(() => {}); // if the test fails before it awaits it
      await until("the long call runs", () => state.started === 1);
      for (let i = 0; i < 20; i++) {
        assert.equal(await inTime("a short call", call.square(i)), i * i);
      }
      state.release();
      assert.equal(await long, "released");
    });
  });

  it("answers while another worker is busy, also if all calls were short before", async () => {
    await withPool({ spinUntil: basic.spinUntil, square }, { threads: 2 }, async ({ call }) => {
      for (let round = 0; round < 20; round++) {
        await Promise.all(Array.from({ length: 100 }, (_, i) => call.square(i)));
      }
      const state = new SharedState();
      const long = call.spinUntil(state.buffer);
      long.catch(() => {}); // if the test fails before it awaits it
      await until("the long call runs", () => state.started === 1);
      for (let i = 0; i < 20; i++) {
        assert.equal(await inTime("a short call", call.square(i)), i * i);
      }
      state.release();
      assert.equal(await long, "released");
    });
  });

  it("holds up no more than two of many calls while another worker is busy", async () => {
    await withPool({ spinUntil: basic.spinUntil, square }, { threads: 2 }, async ({ call }) => {
      const state = new SharedState();
      const long = call.spinUntil(state.buffer);
      long.catch(() => {}); // if the test fails before it awaits it
      await until("the long call runs", () => state.started === 1);
      let settled = 0;
      const calls = Array.from({ length: 200 }, async (_, i) => {
        const result = await call.square(i);
        settled++;
        return result;
      });
      await until("198 of 200 calls have settled", () => settled >= 198);
      state.release();
      assert.equal(await long, "released");
      assert.deepEqual(await Promise.all(calls), calls.map((_, i) => i * i));
    });
  });

  it("gives calls that have names of built-in properties", async () => {
    const tasks = { toString: square, constructor: seven, then: square, ["__proto__"]: square };
    await withPool(tasks, {}, async ({ call }) => {
      assert.equal(await call.toString(3), 9);
      assert.equal(await (call.constructor as () => Promise<number>)(), 7);
      assert.equal(await call.then(4), 16);
      assert.equal(await call["__proto__"]!(5), 25);
      assert.deepEqual(Object.keys(call).sort(), ["__proto__", "constructor", "then", "toString"]);
      assert.equal((call as Record<string, unknown>)["hasOwnProperty"], undefined);
    });
  });

  it("takes an empty set of tasks", async () => {
    const pool = createPool({})({});
    assert.deepEqual(Object.keys(pool.call), []);
    await pool.shutdown();
  });

  it("refuses more tasks than ids", () => {
    const tasks = Object.fromEntries(Array.from({ length: 65_537 }, (_, i) => [`t${i}`, square]));
    assert.throws(
      () => createPool({})(tasks),
      (error) =>
        error instanceof RangeError && /Too many tasks: received 65537/.test(error.message),
    );
  });

  it("refuses what is not a task, by its key", () => {
    const make = createPool({}) as (tasks: unknown) => unknown;
    for (const bad of [1, "square", null, undefined, {}, { f: 1 }, Symbol.for("x"), []]) {
      assert.throws(
        () => make({ square, wrong: bad }),
        (error) =>
          error instanceof TypeError &&
          /createPool task "wrong" must be a task definition or exported function/
            .test(error.message),
      );
    }
  });

  it("refuses tasks that are not an object", () => {
    const make = createPool({}) as (tasks: unknown) => unknown;
    for (const bad of [undefined, null, 1, "tasks", square.f]) {
      assert.throws(() => make(bad), TypeError);
    }
  });

  it("numbers 1,000 tasks right", async () => {
    const tasks = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`t${i}`, i % 2 === 0 ? square : seven]),
    );
    await withPool(tasks, {}, async ({ call }) => {
      const calls = call as unknown as Record<string, (n: number) => Promise<number>>;
      assert.equal(await calls["t998"]!(3), 9);
      assert.equal(await calls["t999"]!(3), 7);
      assert.equal(await calls["t0"]!(4), 16);
    });
  });
});
