import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import { add, countRun, echo, square } from "../fixtures/basic_tasks.ts";
import { errorWithCode, rejection } from "../support/waiting.ts";
import { SharedState } from "../support/shared_state.ts";
import { withPool } from "../support/with_pool.ts";

interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
}

const deferred = <T>(): Deferred<T> => Promise.withResolvers<T>();

describe("a promise as argument", () => {
  it("is awaited before the call is sent", async () => {
    await withPool({ square, add }, {}, async ({ call }) => {
      assert.equal(await call.square(Promise.resolve(5)), 25);
      assert.equal(await call.add(Promise.resolve([2, 3] as [number, number])), 5);
    });
  });

  it("may be the promise of another call", async () => {
    await withPool({ square, add, echo }, { threads: 2 }, async ({ call }) => {
      assert.equal(await call.square(call.square(call.add([1, 1]))), 16);
      const many = Array.from({ length: 200 }, (_, i) => call.square(call.square(i)));
      assert.deepEqual(await Promise.all(many), many.map((_, i) => i ** 4));
    });
  });

  it("may be of a subclass of Promise", async () => {
    class Lazy<T> extends Promise<T> {}
    await withPool({ square }, {}, async ({ call }) => {
      assert.equal(await call.square(Lazy.resolve(6)), 36);
    });
  });

  it("rejects the call with the very same reason, and the task does not run", async () => {
    await withPool({ countRun }, {}, async ({ call }) => {
      const counter = new SharedState();
      const reasons = [new Error("no input"), { an: "object" }, Symbol("local"), 0, undefined];
      for (const reason of reasons) {
        assert.equal(await rejection(call.countRun(Promise.reject(reason))), reason);
      }
      assert.equal(counter.started, 0);
      assert.equal(await call.countRun(counter.buffer), 1);
    });
  });

  it("keeps the reason of a call that it was given", async () => {
    await withPool({ square, echo }, {}, async ({ call }) => {
      const inner = call.echo(new Map());
      const outer = call.square(inner as Promise<number>);
      assert.equal(await rejection(outer), await rejection(inner));
    });
  });

  it("rejects the call if what it fulfils with cannot cross, and the task does not run", async () => {
    await withPool({ echo, countRun }, {}, async ({ call }) => {
      await errorWithCode(call.echo(Promise.resolve(() => 1)), "KNT_ERROR_0");
      await errorWithCode(call.echo(Promise.resolve(Symbol("local"))), "KNT_ERROR_1");
      await errorWithCode(call.echo(Promise.resolve(new Map())), "KNT_ERROR_3");
      assert.equal(await call.echo("fine"), "fine");
    });
  });

  it("does not hold other calls up", async () => {
    await withPool({ square }, {}, async ({ call }) => {
      const input = deferred<number>();
      const waiting = call.square(input.promise);
      assert.deepEqual(await Promise.all([call.square(2), call.square(3)]), [4, 9]);
      input.resolve(10);
      assert.equal(await waiting, 100);
    });
  });

  for (const threads of [1, 2]) {
    it(`96 of them, resolved in reverse order, each get their result (${threads} thread(s))`, async () => {
      await withPool({ echo }, { threads }, async ({ call }) => {
        const inputs = Array.from(
          { length: 96 },
          () => deferred<{ index: number; text: string }>(),
        );
        const results = inputs.map(({ promise }) => call.echo(promise));
        for (let index = inputs.length - 1; index >= 0; index--) {
          inputs[index]!.resolve({ index, text: `input ${index}` });
          if (index % 7 === 0) await undefined;
        }
        (await Promise.all(results)).forEach((result, index) =>
          assert.deepEqual(result, { index, text: `input ${index}` })
        );
      });
    });
  }

  it("may reject after the call was refused: the program does not fail of it", async () => {
    // The runtimes let a test fail if a promise rejects and nobody has subscribed to it.
    const late = deferred<number>();
    const reason = new Error("aborted");
    const pool = createPool({})({ square });
    try {
      const signal = AbortSignal.abort(reason);
      assert.equal(await rejection(pool.call.square(late.promise, { signal })), reason);
      const options = { signal: 1 } as unknown as { signal: AbortSignal };
      assert.ok(await rejection(pool.call.square(late.promise, options)) instanceof TypeError);
    } finally {
      await pool.shutdown();
    }
    await errorWithCode(pool.call.square(late.promise), "KNT_ERROR_CLOSED");
    late.reject(new Error("nobody waits for it"));
    await new Promise((resolve) => setTimeout(resolve, 1));
  });

  it("that is pending when the pool closes rejects the call, and may settle later", async () => {
    const pool = createPool({})({ square, countRun });
    assert.equal(await pool.call.square(2), 4);
    const counter = new SharedState();
    const later = deferred<SharedArrayBuffer>();
    const never = deferred<SharedArrayBuffer>();
    const first = rejection(pool.call.countRun(later.promise));
    const second = rejection(pool.call.countRun(never.promise));
    const closed = pool.shutdown();
    assert.deepEqual([String(await first), String(await second)], [
      "Thread closed",
      "Thread closed",
    ]);
    later.resolve(counter.buffer);
    never.reject(new Error("too late"));
    await closed;
    assert.equal(counter.started, 0);
    assert.equal((await first as { code: unknown }).code, "KNT_ERROR_CLOSED");
  });
});

describe("a thenable as argument", () => {
  it("is data if it can cross", async () => {
    await withPool({ echo }, {}, async ({ call }) => {
      assert.deepEqual(await call.echo({ then: 1, value: 2 }), { then: 1, value: 2 });
    });
  });

  it("is never awaited: its function cannot cross", async () => {
    await withPool({ echo }, {}, async ({ call }) => {
      let awaited = 0;
      const thenable = { value: 42, then: () => void awaited++ };
      const error = await errorWithCode(
        (call.echo as (value: unknown) => Promise<unknown>)(thenable),
        "KNT_ERROR_0",
      );
      assert.match(error.message, /then/);
      assert.equal(awaited, 0);
    });
  });
});

describe("a promise inside of an argument", () => {
  it("is refused, with the path to it", async () => {
    await withPool({ echo }, {}, async ({ call }) => {
      const value = { list: [1, Promise.resolve(2)] };
      const error = await errorWithCode(call.echo(value), "KNT_ERROR_3");
      assert.match(error.message, /list\[1\]/);
    });
  });
});
