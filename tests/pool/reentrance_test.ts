// Code of the caller runs in the middle of things: while an argument is read (getters, `toJSON`,
// proxies) and while a call settles (`then` of a result, listeners). It may use the pool all the same.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Envelope, type Options } from "../../mod.ts";
import { BufferReference } from "../../unsafe.ts";
import * as abortTasks from "../fixtures/abort_tasks.ts";
import { echo, never, seven, spinUntil } from "../fixtures/basic_tasks.ts";
import { thenableDefault, whenTaken } from "../fixtures/reentrance_tasks.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const { plain, countAbortable, ignoreSignal } = abortTasks;
const tasks = {
  echo,
  never,
  seven,
  spinUntil,
  plain,
  countAbortable,
  ignoreSignal,
  thenableDefault,
};
type Pool = Parameters<Parameters<typeof withPool<typeof tasks>>[2]>[0];

/** Runs `body` with a pool whose worker is ready, and asserts that the pool works afterwards. */
function withReady(options: Options, body: (pool: Pool) => Promise<void>): Promise<void> {
  return withPool(tasks, options, async (pool) => {
    await pool.call.seven();
    await body(pool);
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    const echoes = Promise.all(numbers.map((n) => pool.call.echo(n)));
    assert.deepEqual(await inTime("calls afterwards", echoes), numbers);
  });
}

/** An argument that runs `act`, once, when it is read in one of these ways; it is `{ a: 1 }`. */
const readings: Record<string, (act: () => void) => object> = {
  "a getter": (act) => ({
    get a(): number {
      act();
      return 1;
    },
  }),
  "a getter of what is walked": (act) => ({
    get a(): number {
      act();
      return 1;
    },
    u: undefined,
  }),
  "toJSON that is looked for": (act) =>
    Object.defineProperty({ a: 1 }, "toJSON", { get: () => void act() }),
  "a proxy that is asked for its prototype": (act) =>
    new Proxy({ a: 1 }, {
      getPrototypeOf(target) {
        act();
        return Reflect.getPrototypeOf(target);
      },
    }),
  "a proxy that is asked for its keys": (act) =>
    new Proxy({ a: 1 }, {
      ownKeys(target) {
        act();
        return Reflect.ownKeys(target);
      },
    }),
};

/** `act`, but only the first time. */
function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    act();
  };
}

/** The ways an argument gets to be read: within the call, or later, from the queue. */
const moments: Record<string, (argument: object) => unknown> = {
  "at once": (argument) => argument,
  "later": (argument) => Promise.resolve(argument),
};

describe("while an argument is read", () => {
  for (const [reading, argumentOf] of Object.entries(readings)) {
    for (const [moment, given] of Object.entries(moments)) {
      it(`its call may be aborted, and no other call is touched (${reading}, ${moment})`, async () => {
        await withReady({}, async ({ call }) => {
          for (const task of ["echo", "countAbortable"] as const) {
            const controller = new AbortController();
            const argument = argumentOf(once(() => controller.abort("not any more")));
            const { signal } = controller;
            const promise = call[task](given(argument) as never, { signal });
            assert.equal(await inTime("the call", rejection(promise)), "not any more");
          }
        });
      });

      it(`the pool may be shut down (${reading}, ${moment})`, async () => {
        for (const options of [{}, { worker: { resolveAfterFinishingAll: true } }]) {
          await withPool(tasks, options, async ({ call, shutdown }) => {
            await call.seven();
            let ended: Promise<void> | undefined;
            const argument = argumentOf(once(() => ended = shutdown()));
            const before = call.echo("before");
            const promise = call.echo(given(argument));
            const outcomes = await inTime("all calls", Promise.allSettled([promise, before]));
            await inTime("shutdown", ended!);
            await errorWithCode(call.echo("after"), "KNT_ERROR_CLOSED");
            for (const outcome of outcomes) {
              if (outcome.status === "rejected") {
                assert.equal(outcome.reason.code, "KNT_ERROR_CLOSED");
              }
            }
          });
        }
      });

      it(`calls may be made, more than there are slots (${reading}, ${moment})`, async () => {
        await withReady({}, async ({ call }) => {
          const inner: Promise<unknown>[] = [];
          const argument = argumentOf(once(() => {
            for (let n = 0; n < 2000; n++) inner.push(call.echo({ n, text: "x".repeat(n % 90) }));
          }));
          const promise = call.echo(given(argument));
          assert.equal((await inTime("the call", promise) as { a: number }).a, 1);
          assert.equal(inner.length, 2000);
          const results = await inTime("those made meanwhile", Promise.all(inner));
          results.forEach((result, n) => assert.deepEqual(result, { n, text: "x".repeat(n % 90) }));
        });
      });

      it(`the same call may be made again and again (${reading}, ${moment})`, async () => {
        await withReady({ threads: 2 }, async ({ call }) => {
          const promises: Promise<unknown>[] = [];
          let readings = 0;
          const argument: object = argumentOf(() => {
            if (readings++ < 50) promises.push(call.echo(argument));
          });
          promises.push(call.echo(given(argument)));
          await until("all are made", () => promises.length > 50);
          const results = await inTime("the calls", Promise.all(promises));
          for (const result of results) assert.equal((result as { a: number }).a, 1);
        });
      });
    }
  }

  for (const [moment, given] of Object.entries(moments)) {
    it(`whatever is thrown rejects the call, even what throws when it is looked at (${moment})`, async () => {
      const thrown: unknown[] = [
        undefined,
        Symbol("thrown"),
        Object.assign(new Error(), { message: Symbol("message") }),
        Object.assign(new Error(), {
          message: {
            toString() {
              throw thrown[4];
            },
          },
        }),
        new Proxy({}, {
          getPrototypeOf() {
            throw thrown[4];
          },
        }),
      ];
      await withReady({}, async ({ call }) => {
        for (const value of thrown) {
          const argument = {
            get a(): never {
              throw value;
            },
          };
          const promise = call.echo(given(argument));
          const neighbour = call.echo("neighbour");
          const error = await inTime("the call", errorWithCode(promise, "KNT_ERROR_2"));
          assert.ok(error.cause === value);
          assert.equal(await inTime("its neighbour", neighbour), "neighbour");
        }
      });
    });
  }

  it("other calls may be aborted, some of them with the same worker", async () => {
    await withReady({ threads: 1 }, async ({ call }) => {
      const state = new SharedState();
      const running = call.ignoreSignal(state.buffer);
      const waiting = call.countAbortable(new SharedState().buffer);
      const controller = new AbortController();
      const watched = call.never(new SharedState().buffer, { signal: controller.signal });
      const argument = {
        get a(): number {
          running.reject("running");
          waiting.reject("waiting");
          controller.abort("watched");
          return 1;
        },
      };
      const promise = call.echo(argument);
      assert.deepEqual(
        await inTime("all", Promise.all([running, waiting, watched].map(rejection))),
        ["running", "waiting", "watched"],
      );
      state.release();
      assert.deepEqual(await promise, { a: 1 });
    });
  });
});

describe("while a call settles", () => {
  const acts: Record<string, (pool: Pool, made: Promise<unknown>[]) => void> = {
    "make calls": ({ call }, made) => {
      for (let n = 0; n < 2000; n++) made.push(call.echo("made"));
    },
    "shut the pool down": ({ shutdown }, made) => made.push(shutdown()),
  };

  for (const [what, act] of Object.entries(acts)) {
    it(`the value that stands for a late result may ${what} when it is asked for then`, async () => {
      await withPool(tasks, {}, async (pool) => {
        await pool.call.seven();
        const made: Promise<unknown>[] = [];
        whenTaken.act = once(() => act(pool, made));
        const state = new SharedState();
        const late = [
          pool.call.thenableDefault(state.buffer),
          pool.call.thenableDefault(state.buffer),
        ];
        for (const outcome of await inTime("the late", Promise.allSettled(late))) {
          if (outcome.status === "fulfilled") assert.equal(outcome.value, whenTaken);
          else assert.equal(outcome.reason.code, "KNT_ERROR_CLOSED");
        }
        assert.ok(made.length > 0);
        await inTime("what was made", Promise.all(made));
      });
    });

    it(`a listener of the same signal may ${what}`, async () => {
      await withPool(tasks, {}, async (pool) => {
        const made: Promise<unknown>[] = [];
        const controller = new AbortController();
        const { signal } = controller;
        signal.addEventListener("abort", () => act(pool, made));
        const calls = Array.from({ length: 3 }, () => pool.call.echo(1, { signal }));
        const states = [new SharedState(), new SharedState()];
        calls.push(...states.map(({ buffer }) => pool.call.never(buffer, { signal })));
        signal.addEventListener("abort", () => act(pool, made));
        controller.abort("enough");
        for (const outcome of await inTime("the calls", Promise.allSettled(calls))) {
          assert.equal(outcome.status, "rejected");
          assert.ok(
            outcome.reason === "enough" || outcome.reason.code === "KNT_ERROR_CLOSED",
            String(outcome.reason),
          );
        }
        await inTime("what was made", Promise.all(made));
      });
    });

    it(`a result of the main thread may ${what} when it is asked for then`, async () => {
      await withPool(tasks, { threads: 0, inliner: {} }, async (pool) => {
        const made: Promise<unknown>[] = [];
        const asked = once(() => act(pool, made));
        const value = {
          get then(): undefined {
            asked();
            return undefined;
          },
        };
        const [outcome] = await inTime("the call", Promise.allSettled([pool.call.echo([value])]));
        assert.equal(outcome.status, "fulfilled");
        const settled = await inTime("the call", Promise.allSettled([pool.call.echo(value)]));
        if (settled[0].status === "rejected") {
          assert.equal(settled[0].reason.code, "KNT_ERROR_CLOSED");
        }
        assert.ok(made.length > 0);
        await inTime("what was made", Promise.all(made));
      });
    });
  }
});

describe("a call", () => {
  it("rejects for a signal that only looks like one", async () => {
    await withReady({}, async ({ call }) => {
      const signal = Object.create(AbortSignal.prototype) as AbortSignal;
      assert.ok(await errorOf(call.echo(1, { signal })) instanceof TypeError);
    });
  });

  it("rejects with the reason of its signal if reading its argument aborts it and then throws", async () => {
    await withReady({}, async ({ call }) => {
      const controller = new AbortController();
      const argument = {
        get a(): number {
          controller.abort("enough");
          throw new RangeError("too late");
        },
      };
      const { signal } = controller;
      assert.equal(await rejection(call.echo(argument, { signal })), "enough");
    });
  });

  it("is made although the program's Error.prepareStackTrace throws", async () => {
    await withReady({}, async ({ call }) => {
      const { prepareStackTrace } = Error;
      const promises: Promise<unknown>[] = [];
      Error.prepareStackTrace = () => {
        throw new Error("not today");
      };
      try {
        promises.push(call.echo(1), call.echo(Promise.resolve(2)));
      } finally {
        Error.prepareStackTrace = prepareStackTrace;
      }
      assert.deepEqual(await inTime("the calls", Promise.all(promises)), [1, 2]);
    });
  });

  it("rejects with its reason, whatever Error.prepareStackTrace makes of stacks", async () => {
    await withReady({}, async ({ call }) => {
      const { prepareStackTrace } = Error;
      Error.prepareStackTrace = (_, frames) => frames;
      try {
        const error = await inTime("the call", errorWithCode(call.echo(() => 1), "KNT_ERROR_0"));
        assert.doesNotThrow(() => error.stack);
      } finally {
        Error.prepareStackTrace = prepareStackTrace;
      }
    });
  });

  it("on the main thread leaves memory where it is if the rest of the envelope cannot be read", async () => {
    await withPool(tasks, { threads: 0, inliner: {} }, async ({ call }) => {
      const reference = new BufferReference(Uint8Array.of(1, 2, 3));
      const envelope = new Envelope({}, reference);
      Object.defineProperty(envelope, "header", {
        get() {
          throw new RangeError("no header");
        },
      });
      assert.ok(await errorOf(call.echo(envelope)) instanceof RangeError);
      assert.deepEqual([...reference.toUint8Array()], [1, 2, 3]);
    });
  });
});
