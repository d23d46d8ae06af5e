import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { KnittingError } from "../../src/errors.ts";
import { roundTrip } from "../support/codec.ts";
import { assertArrived } from "../support/same.ts";

type Fields = Error & Record<string, unknown>;

/** As an argument, and inside an object. */
function crosses(error: Error): void {
  assertArrived(roundTrip(error), error);
  assertArrived(roundTrip({ error }), { error });
}

describe("errors", () => {
  const classes = [
    Error,
    TypeError,
    RangeError,
    SyntaxError,
    ReferenceError,
    EvalError,
    URIError,
  ];
  for (const ErrorClass of classes) {
    it(`made by ${ErrorClass.name} arrive as that, with message and stack`, () => {
      const arrived = roundTrip(new ErrorClass("what happened"));
      assert.ok(arrived instanceof ErrorClass);
      assert.equal(arrived.message, "what happened");
      assert.match(arrived.stack!, /error_test/);
      crosses(new ErrorClass("what happened"));
      crosses(new ErrorClass(""));
    });
  }

  it("of an own class arrive as the built-in class behind it, under their name", () => {
    class NotFound extends RangeError {
      override name = "NotFound";
      path = "/x";
    }
    const arrived = roundTrip<Error>(new NotFound("gone"));
    assert.equal(Object.getPrototypeOf(arrived), RangeError.prototype);
    assert.equal(arrived.name, "NotFound");
    assert.equal((arrived as Fields).path, "/x");
    assert.equal(JSON.stringify(arrived), '{"path":"/x"}');
    crosses(new NotFound("gone"));
  });

  it("keep a name given to them, and it stays hidden", () => {
    const error = new Error("x");
    error.name = "Custom";
    assert.deepEqual(Object.keys(roundTrip(error)), []);
    crosses(error);
  });

  it("keep text of every kind", () => {
    for (const text of ["", "é", "漢字", "😀", "\ud800", "line\nline", "x".repeat(10_000)]) {
      crosses(Object.assign(new Error(text), { code: text }));
    }
  });

  it("keep own fields of every kind", () => {
    crosses(Object.assign(new Error("x"), {
      code: "ENOENT",
      errno: -2,
      missing: undefined,
      nan: NaN,
      big: 10n ** 30n,
      when: new Date(5),
      bytes: new Uint8Array([1, 2]),
      nested: { list: [1, , -0], inner: new TypeError("y") }, // deno-lint-ignore no-sparse-arrays
      "": 1,
      "a b": 2,
    }));
  });

  it("keep a field named __proto__ as a field", () => {
    const error = new Error("x");
    Object.defineProperty(error, "__proto__", { value: { a: 1 }, enumerable: true });
    const arrived = roundTrip(error);
    assert.equal(Object.getPrototypeOf(arrived), Error.prototype);
    assert.deepEqual(Object.getOwnPropertyDescriptor(arrived, "__proto__")?.value, { a: 1 });
  });

  it("keep a field named errors, also without being an AggregateError", () => {
    crosses(Object.assign(new Error("invalid"), { errors: [{ path: "a" }, "b"] }));
    crosses(Object.assign(new TypeError("invalid"), { errors: { a: ["required"] } }));
  });

  it("leave out fields that cannot cross", () => {
    const error = Object.assign(new Error("x"), {
      before: 1,
      f: () => {},
      map: { deep: [new Map()] },
      local: Symbol("local"),
      after: 2,
    });
    const arrived = roundTrip<Error>(error);
    assert.deepEqual(Object.entries(arrived), [["before", 1], ["after", 2]]);
    assert.equal(arrived.message, "x");
  });

  it("leave out fields that throw", () => {
    const error = Object.assign(new Error("x"), { code: 7 });
    Object.defineProperty(error, "bad", {
      enumerable: true,
      get() {
        throw new Error("no value");
      },
    });
    assert.deepEqual(Object.entries(roundTrip(error)), [["code", 7]]);
  });

  it("without a stack, a name or a message of text arrive all the same", () => {
    const error = new Error("x");
    for (const [key, value] of [["stack", undefined], ["name", 5], ["message", {}]] as const) {
      Object.defineProperty(error, key, { value, configurable: true });
    }
    const arrived = roundTrip(error);
    assert.ok(arrived instanceof Error);
    assert.equal(arrived.name, "Error");
    assert.equal(arrived.message, "");
    assert.equal(typeof arrived.stack, "string");
  });

  it("whose name, message, stack or cause cannot be read arrive all the same", () => {
    for (const key of ["name", "message", "stack", "cause"]) {
      const error = Object.assign(new TypeError("still here"), { code: 3 });
      Object.defineProperty(error, key, {
        get() {
          throw new Error("unreadable");
        },
      });
      const arrived = roundTrip<Error>(error);
      assert.ok(arrived instanceof TypeError, key);
      assert.equal((arrived as Fields).code, 3, key);
    }
  });

  it("that are no more than objects behind Error.prototype arrive as errors", () => {
    const arrived = roundTrip(Object.create(TypeError.prototype));
    assert.ok(arrived instanceof TypeError);
    assert.equal(arrived.message, "");
  });

  it("are not the same object twice unless they were", () => {
    const error = new Error("x");
    const [a, b, c] = roundTrip([error, error, new Error("x")]);
    assert.equal(a, b);
    assert.notEqual(a, c);
  });
});

describe("causes", () => {
  it("arrive as errors, however many", () => {
    const error = new Error("outer", {
      cause: new TypeError("middle", {
        cause: Object.assign(new RangeError("inner"), { code: "E_INNER" }),
      }),
    });
    crosses(error);
    const arrived = roundTrip(error);
    const inner = (arrived.cause as Error).cause as Fields;
    assert.ok(inner instanceof RangeError);
    assert.equal(inner.code, "E_INNER");
    assert.equal(Object.getOwnPropertyDescriptor(arrived, "cause")?.enumerable, false);
  });

  const causes: Record<string, unknown> = {
    "undefined": undefined,
    "null": null,
    "text": "reason",
    "a number": -0,
    "a bigint": 10n ** 30n,
    "a registered symbol": Symbol.for("reason"),
    "an object": { code: 7, list: [undefined] },
    "a date": new Date(1),
    "bytes": new Uint8Array([1, 2, 3]),
  };
  for (const [name, cause] of Object.entries(causes)) {
    it(`that are ${name} arrive as they were`, () => crosses(new Error("x", { cause })));
  }

  it("are absent where they were absent", () => {
    assert.equal(Object.hasOwn(roundTrip(new Error("x")), "cause"), false);
    assert.equal(Object.hasOwn(roundTrip(new Error("x", { cause: undefined })), "cause"), true);
  });

  it("that cannot cross arrive as text", () => {
    const cause = (value: unknown): unknown => roundTrip(new Error("x", { cause: value })).cause;
    assert.equal(cause(Symbol("local")), "Symbol(local)");
    assert.equal(cause(new Map()), "[object Map]");
    assert.match(cause(function named() {}) as string, /named/);
    assert.equal(cause({ deep: new Map() }), "[object Object]");
    assert.equal(cause(Object.assign(Object.create(null), { f() {} })), "[object Object]");
  });

  it("that come back to the error itself arrive as the error itself", () => {
    const error = new Error("x");
    error.cause = error;
    const arrived = roundTrip(error);
    assert.equal(arrived.cause, arrived);
    crosses(error);
  });

  it("that go round in a longer circle do so on arrival", () => {
    const [a, b, c] = [new Error("a"), new TypeError("b"), new RangeError("c")];
    a.cause = b;
    b.cause = c;
    c.cause = a;
    crosses(a);
    Object.assign(c, { friends: [a, { b }] });
    crosses(a);
  });

  it("in a chain that is too long do not hide the error", () => {
    let error = new Error("0");
    for (let n = 1; n < 3000; n++) error = new Error(String(n), { cause: error });
    let depth = 0;
    let arrived: unknown = roundTrip(error, { regionBytes: 1 << 23 });
    assert.equal((arrived as Error).message, "2999");
    for (; arrived instanceof Error; arrived = arrived.cause) depth++;
    assert.ok(depth >= 500, `${depth} errors of the chain arrived`);
  });

  it("that are accessors of the class arrive", () => {
    class Wrapped extends Error {
      override get cause(): unknown {
        return new TypeError("behind");
      }
    }
    const arrived = roundTrip<Error>(new Wrapped("x"));
    assert.ok(arrived.cause instanceof TypeError);
  });
});

describe("AggregateError", () => {
  it("arrives with its errors as errors", () => {
    crosses(new AggregateError([new TypeError("a"), new RangeError("b", { cause: 1 })], "all"));
    crosses(new AggregateError([]));
    crosses(new AggregateError([1, "x", null, undefined, { a: -0 }], "no errors"));
  });

  it("arrives with fields, cause and errors at one time", () => {
    const error = new AggregateError([new Error("a")], "all", { cause: new Error("b") });
    crosses(Object.assign(error, { code: "E_ALL" }));
  });

  it("arrives when it is among its own errors", () => {
    const error = new AggregateError([new Error("a")], "all");
    error.errors.push(error);
    crosses(error);
  });

  it("arrives nested", () => {
    crosses(new AggregateError([new AggregateError([new TypeError("a")], "inner")], "outer"));
  });

  it("arrives with text in the place of errors that cannot cross", () => {
    const arrived = roundTrip(new AggregateError([new Map(), new Error("a"), Symbol("b")], "all"));
    assert.equal(arrived.errors.length, 3);
    assert.equal(arrived.errors[0], "[object Map]");
    assert.equal(arrived.errors[1].message, "a");
    assert.equal(arrived.errors[2], "Symbol(b)");
  });

  it("arrives even if its errors cannot be read", () => {
    const error = new AggregateError([], "all");
    Object.defineProperty(error, "errors", {
      get() {
        throw new Error("unreadable");
      },
    });
    const arrived = roundTrip(error);
    assert.ok(arrived instanceof AggregateError);
    assert.equal(arrived.message, "all");
  });
});

describe("DOMException", () => {
  it("arrives as one, with name, message and code", () => {
    const error = new DOMException("too slow", "TimeoutError");
    const arrived = roundTrip(error);
    assert.ok(arrived instanceof DOMException);
    assert.equal(arrived.code, error.code);
    crosses(error);
    crosses(new DOMException());
  });

  it("arrives as the reason of an abort", () => {
    const arrived = roundTrip(AbortSignal.abort().reason);
    assert.ok(arrived instanceof DOMException);
    assert.equal(arrived.name, "AbortError");
  });
});

describe("KnittingError", () => {
  it("arrives as one, with its code", () => {
    const cause = new Error("behind");
    const error = new KnittingError("KNT_ERROR_CLOSED", "Pool is shut down", { cause });
    const arrived = roundTrip(error);
    assert.ok(arrived instanceof KnittingError);
    assert.equal(arrived.code, "KNT_ERROR_CLOSED");
    assert.equal(String(arrived), "Pool is shut down");
    crosses(error);
  });
});
