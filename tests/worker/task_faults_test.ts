import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  callsSoFar,
  rejectAfterTimer,
  rejectWith,
  repeat,
  returnLater,
  returnThis,
  throwThis,
} from "../fixtures/fault_tasks.ts";
import { echo } from "../fixtures/basic_tasks.ts";
import { errorOf, errorWithCode, rejection } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const tasks = {
  callsSoFar,
  echo,
  rejectAfterTimer,
  rejectWith,
  repeat,
  returnLater,
  returnThis,
  throwThis,
};

/** Runs `body` with one worker, which must be the same one before and after. */
function withOneLife(
  body: (
    call: {
      [K in keyof typeof tasks]: (argument?: unknown) => Promise<unknown>;
    },
  ) => Promise<void>,
): Promise<void> {
  return withPool(tasks, {}, async (pool) => {
    const call = pool.call as never;
    assert.equal(await pool.call.callsSoFar(), 0);
    await body(call);
    assert.equal(await inTime("the next call", pool.call.callsSoFar()), 1);
  });
}

const classes: [string, new (...args: never[]) => Error, string][] = [
  ["Error", Error, "plain"],
  ["TypeError", TypeError, "wrong type"],
  ["RangeError", RangeError, "out of range"],
  ["SyntaxError", SyntaxError, "bad syntax"],
  ["ReferenceError", ReferenceError, "no reference"],
  ["EvalError", EvalError, "bad eval"],
  ["URIError", URIError, "bad uri"],
];

describe("a task that fails", () => {
  for (const way of ["throwThis", "rejectWith", "rejectAfterTimer"] as const) {
    it(`by ${way} rejects the call with an error of the same built-in class`, async () => {
      await withOneLife(async (call) => {
        for (const [name, errorClass, message] of classes) {
          const error = await errorOf(call[way](name));
          assert.ok(error instanceof errorClass, name);
          assert.equal(Object.getPrototypeOf(error), errorClass.prototype);
          assert.deepEqual([error.name, error.message], [name, message]);
          assert.deepEqual(Object.keys(error), []);
        }
      });
    });

    it(`by ${way} rejects the call with whatever it was, if that can cross`, async () => {
      await withOneLife(async (call) => {
        assert.equal(await rejection(call[way]("number")), 42);
        assert.equal(await rejection(call[way]("string")), "just text");
        assert.equal(await rejection(call[way]("null")), null);
        assert.equal(await rejection(call[way]("undefined")), undefined);
        assert.deepEqual(await rejection(call[way]("object")), { a: 1 });
      });
    });

    it(`by ${way} with what cannot cross rejects the call with a code that says so`, async () => {
      await withOneLife(async (call) => {
        await errorWithCode(call[way]("function"), "KNT_ERROR_0");
        await errorWithCode(call[way]("symbol"), "KNT_ERROR_1");
        await errorWithCode(call[way]("map"), "KNT_ERROR_3");
      });
    });
  }

  it("keeps the chain of causes, as errors", async () => {
    await withOneLife(async (call) => {
      const outer = await errorOf(call.throwThis("causes"));
      const middle = outer.cause as Error;
      const inner = middle.cause as Error;
      assert.ok(outer instanceof TypeError && outer.message === "outer");
      assert.ok(middle instanceof RangeError && middle.message === "middle");
      assert.ok(inner instanceof Error && inner.message === "inner");
      assert.deepEqual(inner.cause, { code: 7 });
      assert.match(middle.stack ?? "", /fault_tasks/);
    });
  });

  it("keeps the errors of an AggregateError", async () => {
    await withOneLife(async (call) => {
      const error = await errorOf(call.rejectWith("aggregate"));
      assert.ok(error instanceof AggregateError);
      const [first, second, third] = error.errors;
      assert.ok(first instanceof TypeError && first.message === "first");
      assert.ok(second instanceof RangeError && second.message === "second");
      assert.equal(third, "third");
      assert.equal((error.cause as Error).message, "behind");
      assert.equal(error.message, "several");
    });
  });

  it("keeps own fields such as code", async () => {
    await withOneLife(async (call) => {
      const error = await errorOf(call.throwThis("code"));
      assert.deepEqual({ ...error }, { code: "ENOENT", errno: -2, path: "/no/file" });
    });
  });

  it("keeps a name that is not the class's, and does not list it", async () => {
    await withOneLife(async (call) => {
      const named = await errorOf(call.throwThis("named"));
      assert.ok(named instanceof RangeError);
      assert.deepEqual([named.name, Object.keys(named)], ["QuotaError", []]);
      const subclass = await errorOf(call.throwThis("subclass"));
      assert.ok(subclass instanceof TypeError);
      assert.equal(subclass.name, "DatabaseError");
      assert.equal((subclass as unknown as { table: unknown }).table, "users");
    });
  });

  it("keeps a DOMException", async () => {
    await withOneLife(async (call) => {
      const error = await rejection(call.throwThis("dom"));
      assert.ok(error instanceof DOMException);
      assert.deepEqual([error.name, error.message], ["AbortError", "gone"]);
    });
  });

  it("keeps a cycle of causes", async () => {
    await withOneLife(async (call) => {
      const a = await errorOf(call.throwThis("cyclic"));
      assert.equal(((a.cause as Error).cause as Error).message, "a");
    });
  });

  it("keeps the error although some of its fields cannot cross", async () => {
    await withOneLife(async (call) => {
      const field = await errorOf(call.throwThis("unencodableField"));
      assert.equal(field.message, "field");
      assert.equal((field as unknown as { kept: unknown }).kept, 1);
      assert.equal((await errorOf(call.throwThis("unencodableCause"))).message, "cause");
      assert.equal((await errorOf(call.throwThis("poisoned"))).message, "poisoned");
    });
  });
});

describe("a task that returns what cannot cross", () => {
  const codes: Record<string, string> = {
    function: "KNT_ERROR_0",
    nestedFunction: "KNT_ERROR_0",
    symbol: "KNT_ERROR_1",
    cyclic: "KNT_ERROR_2",
    getter: "KNT_ERROR_2",
    deep: "KNT_ERROR_2",
    map: "KNT_ERROR_3",
    set: "KNT_ERROR_3",
    weakMap: "KNT_ERROR_3",
    class: "KNT_ERROR_3",
    nestedClass: "KNT_ERROR_3",
    regexp: "KNT_ERROR_3",
    url: "KNT_ERROR_3",
    boxed: "KNT_ERROR_3",
    nestedPromise: "KNT_ERROR_3",
    poisonedConstructor: "KNT_ERROR_3",
  };

  for (const way of ["returnThis", "returnLater"] as const) {
    it(`rejects the call with a code, and the worker lives (${way})`, async () => {
      await withOneLife(async (call) => {
        for (const [kind, code] of Object.entries(codes)) {
          const error = await errorWithCode(call[way](kind), code);
          assert.ok(String(error).includes(code), String(error));
          assert.equal(await call.echo(kind), kind);
        }
      });
    });
  }

  it("says where in the result it is", async () => {
    await withOneLife(async (call) => {
      assert.match((await errorOf(call.returnThis("nestedFunction"))).message, /handlers\[0\]/);
      assert.match((await errorOf(call.returnThis("nestedClass"))).message, /rows\[0\]\.value/);
      assert.match((await errorOf(call.returnThis("nestedClass"))).message, /Opaque/);
    });
  });

  it("rejects the call, not the worker, for objects that throw when they are looked at", async () => {
    await withOneLife(async (call) => {
      await errorOf(inTime("revoked", call.returnThis("revokedProxy")));
      await errorOf(inTime("revoked, later", call.returnLater("revokedProxy")));
      await errorOf(inTime("trapped", call.returnThis("trappedProxy")));
      await errorOf(inTime("trapped, later", call.returnLater("trappedProxy")));
      for (const kind of ["unlookable", "throwsUnlookable"]) {
        await errorWithCode(inTime(kind, call.returnThis(kind)), "KNT_ERROR_2");
        await errorWithCode(inTime(`${kind}, later`, call.returnLater(kind)), "KNT_ERROR_2");
      }
      await errorWithCode(inTime("thrown", call.throwThis("unlookable")), "KNT_ERROR_2");
      // As with await: a native promise, whatever its own then does.
      assert.equal(await inTime("a promise", call.returnThis("poisonedThen")), 1);
    });
  });

  it("does not disturb other calls in flight", async () => {
    await withPool(tasks, {}, async (pool) => {
      const call = pool.call as unknown as Record<string, (value: unknown) => Promise<unknown>>;
      const kinds = Object.keys(codes);
      const outcomes = await Promise.allSettled(
        Array.from(
          { length: 600 },
          (_, i) =>
            i % 3 === 0
              ? call["returnThis"]!(kinds[i % kinds.length])
              : call["echo"]!({ i, text: "x".repeat(i) }),
        ),
      );
      outcomes.forEach((outcome, i) => {
        if (i % 3 === 0) assert.equal(outcome.status, "rejected");
        else assert.deepEqual(outcome, { status: "fulfilled", value: { i, text: "x".repeat(i) } });
      });
    });
  });
});

describe("an argument that cannot cross", () => {
  it("rejects the call with a code and the path, and the next call works", async () => {
    await withOneLife(async (call) => {
      const cases: [unknown, string, RegExp][] = [
        [() => 1, "KNT_ERROR_0", /<anonymous>|Function/],
        [{ a: { b: [1, function named() {}] } }, "KNT_ERROR_0", /named.*a\.b\[1\]/],
        [Symbol("mine"), "KNT_ERROR_1", /Symbol\.for.*mine/],
        [[[Symbol.iterator]], "KNT_ERROR_1", /\[0\]\[0\]/],
        [new Map(), "KNT_ERROR_3", /Map/],
        [{ list: [{}, new Set()] }, "KNT_ERROR_3", /Set.*list\[1\]/],
      ];
      for (const [value, code, message] of cases) {
        assert.match((await errorWithCode(call.echo(value), code)).message, message);
        assert.equal(await call.echo("next"), "next");
      }
    });
  });

  it("rejects by a promise, and does not throw at the call", async () => {
    await withOneLife(async (call) => {
      let promise: Promise<unknown> | undefined;
      assert.doesNotThrow(() => promise = call.echo(() => 1));
      await errorOf(promise!);
    });
  });

  it("rejects the call if it throws when it is looked at", async () => {
    await withOneLife(async (call) => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      const trapped = new Proxy({}, {
        getPrototypeOf() {
          throw new Error("do not look");
        },
      });
      for (const value of [proxy, trapped, { nested: proxy }, [trapped]]) {
        let promise: Promise<unknown> | undefined;
        assert.doesNotThrow(() => promise = call.echo(value));
        await errorOf(inTime("the call", promise!));
        assert.equal(await call.echo("next"), "next");
      }
    });
  });

  it("may make calls of its own while it is read", async () => {
    await withOneLife(async (call) => {
      // A getter that calls the pool: its call comes in the middle of sending another one.
      const inner: Promise<unknown>[] = [];
      const value = {
        get first(): number {
          inner.push(call.echo("from a getter"));
          return 1;
        },
        second: undefined,
      };
      const outer = call.echo(value);
      const results = await inTime("the calls", Promise.all([outer, ...inner]));
      assert.deepEqual(results[0], { first: 1, second: undefined });
      assert.ok(inner.length > 0);
      assert.deepEqual(results.slice(1), inner.map(() => "from a getter"));
    });
  });
});
