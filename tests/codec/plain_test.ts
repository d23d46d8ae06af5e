import assert from "node:assert/strict";
import { describe, it } from "node:test";
import vm from "node:vm";
import { assertRefused, refusal, roundTrip, Wire } from "../support/codec.ts";
import { assertArrived } from "../support/same.ts";

function crosses(value: object): void {
  assertArrived(roundTrip(value), value);
}

/** `value` inside as many objects or arrays. */
function nested(levels: number, wrap: (inner: unknown) => object, value: unknown = 1): object {
  let result: unknown = value;
  for (let level = 0; level < levels; level++) result = wrap(result);
  return result as object;
}

const wraps: Record<string, (inner: unknown) => object> = {
  objects: (a) => ({ a }),
  arrays: (a) => [a],
  "objects that JSON would change": (a) => ({ u: undefined, a }),
};

describe("plain objects and arrays", () => {
  it("that JSON carries arrive as they left", () => {
    crosses({});
    crosses([]);
    crosses({
      text: "a",
      number: 1.5,
      yes: true,
      nothing: null,
      list: [1, [2, []]],
      inner: { a: {} },
    });
    crosses([[], {}, "", 0, null, false, [[[]]]]);
    crosses({ "": 1, " ": 2, "\0": 3, "é": 4, "漢": 5, "\ud800": 6, '"\\\n': 7 });
    crosses({ 2: "two", 1: "one", b: 1, a: 2, [-1]: 3, 4294967295: 4 });
  });

  const kept: Record<string, unknown> = {
    "undefined": undefined,
    "NaN": NaN,
    "Infinity": Infinity,
    "-Infinity": -Infinity,
    "-0": -0,
    "a small bigint": 12n,
    "a large bigint": -(10n ** 50n),
    "a registered symbol": Symbol.for("a key"),
    "a date": new Date(1e12),
    "an invalid date": new Date(NaN),
    "an ArrayBuffer": new Uint8Array([1, 2, 3]).buffer,
    "a Uint8Array": new Uint8Array([1, 2, 3]),
    "a Float64Array": new Float64Array([-0, NaN]),
    "a DataView": new DataView(new ArrayBuffer(3)),
    "an empty typed array": new Int32Array(),
    "an error": new RangeError("inside", { cause: new Error("behind") }),
    "an object without a prototype": Object.assign(Object.create(null), { a: 1 }),
    "a hole": [1, , 3], // deno-lint-ignore no-sparse-arrays
    "an array of nothing but holes": new Array(5),
    "a hole at the end": Object.assign([1], { length: 3 }),
  };
  for (const [name, value] of Object.entries(kept)) {
    it(`keep ${name}, at every depth`, () => {
      crosses({ value });
      crosses([value]);
      crosses({ before: [1, { a: "x" }], deep: [{ list: [value, value] }], after: "y" });
    });
  }

  it("keep the order of keys", () => {
    for (const extra of [1, undefined]) {
      const keys = ["b", "a", "10", "9", "é", "c"];
      const sent = Object.fromEntries([...keys.map((key, n) => [key, n]), ["extra", extra]]);
      assert.deepEqual(Object.keys(roundTrip(sent)), Object.keys(sent));
    }
  });

  it("keep an own key __proto__, and no prototype comes of it", () => {
    for (const extra of [1, undefined]) {
      const sent = JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"toString":2}');
      sent.extra = extra;
      const arrived = roundTrip(sent);
      assertArrived(arrived, sent);
      assert.equal(arrived.polluted, undefined);
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    }
  });

  it("without a prototype arrive with one", () => {
    const sent = Object.assign(Object.create(null), { a: 1, b: [NaN] });
    const arrived = roundTrip(sent);
    assert.equal(Object.getPrototypeOf(arrived), Object.prototype);
    assertArrived(arrived, sent);
    crosses(Object.create(null));
  });

  it("of an array subclass arrive as arrays", () => {
    class List extends Array<unknown> {}
    for (const sent of [List.from([1, 2]), List.from([1, NaN]), new List()]) {
      const arrived = roundTrip(sent);
      assert.equal(Object.getPrototypeOf(arrived), Array.prototype);
      assertArrived(arrived, sent);
    }
  });

  it("do not take symbol keys, hidden properties or names of arrays along", () => {
    for (const extra of [1, undefined]) {
      const sent = { a: extra, [Symbol.for("key")]: 1, [Symbol("local")]: () => {} };
      Object.defineProperty(sent, "hidden", { value: () => {}, enumerable: false });
      const arrived = roundTrip(sent);
      assert.deepEqual(Reflect.ownKeys(arrived), ["a"]);
      const array = Object.assign([1, extra], { name: "x" });
      assert.deepEqual(Reflect.ownKeys(roundTrip(array)), ["0", "1", "length"]);
    }
  });

  it("do not take inherited properties along", () => {
    Object.defineProperty(Object.prototype, "inherited", {
      value: "x",
      enumerable: true,
      configurable: true,
    });
    try {
      assert.equal(Object.hasOwn(roundTrip({ a: 1 }), "inherited"), false);
      assert.equal(Object.hasOwn(roundTrip({ a: NaN }), "inherited"), false);
    } finally {
      delete (Object.prototype as { inherited?: unknown }).inherited;
    }
  });

  it("that occur twice arrive as two", () => {
    const twice = { n: 1 };
    for (const extra of [1, undefined]) {
      const arrived = roundTrip({ a: twice, b: [twice], extra });
      assertArrived(arrived, { a: { n: 1 }, b: [{ n: 1 }], extra });
      assert.notEqual(arrived.a, arrived.b[0]);
    }
  });

  it("with a field named then are data", () => {
    crosses({ value: 42, then: "later" });
    crosses({ value: 42, then: undefined });
  });

  it("with many entries arrive whole", () => {
    const rows = Array.from(
      { length: 3000 },
      (_, id) => ({ id, name: `row ${id}`, tags: ["a", "é"] }),
    );
    const wire = new Wire({ regionBytes: 1 << 20 });
    assertArrived(wire.pass(rows).value, rows);
    const dated = rows.map((row) => ({ ...row, when: new Date(row.id) }));
    assertArrived(wire.pass(dated).value, dated);
  });
});

describe("objects of another realm", () => {
  it("arrive as this realm's", () => {
    const sent = vm.runInNewContext(`({ a: 1, list: [1, { b: "x" }], none: Object.create(null) })`);
    const arrived = roundTrip(sent);
    assert.equal(Object.getPrototypeOf(arrived), Object.prototype);
    assertArrived(arrived, { a: 1, list: [1, { b: "x" }], none: {} });
    assertArrived(roundTrip(vm.runInNewContext("[1, NaN, [2]]")), [1, NaN, [2]]);
  });

  it("are refused if they are no plain ones", () => {
    assertRefused(vm.runInNewContext("new (class Own {})()"), "KNT_ERROR_3");
    assertRefused(vm.runInNewContext("new Map()"), "KNT_ERROR_3");
    assertRefused(vm.runInNewContext("({ a: () => {} })"), "KNT_ERROR_0", "a");
  });

  it("arrive as errors if they are errors", () => {
    const arrived = roundTrip(vm.runInNewContext(`new TypeError("other realm")`));
    assert.ok(arrived instanceof Error);
    assert.equal(arrived.name, "TypeError");
    assert.equal(arrived.message, "other realm");
  });
});

describe("what cannot cross is refused", () => {
  class Own {
    field = 1;
  }
  class Nameless {}
  Object.defineProperty(Nameless.prototype, "constructor", { value: undefined });
  const refused: Record<string, unknown> = {
    "Map": new Map([[1, 2]]),
    "Set": new Set([1]),
    "WeakMap": new WeakMap(),
    "WeakSet": new WeakSet(),
    "WeakRef": new WeakRef({}),
    "RegExp": /x/,
    "URL": new URL("https://example.org"),
    "a class instance": new Own(),
    "an instance without a constructor": new Nameless(),
    "a boxed number": Object(1),
    "a boxed string": Object("x"),
    "a boxed symbol": Object(Symbol.for("x")),
    "Blob": new Blob(["x"]),
    "a promise": Promise.resolve(1),
    "a generator": (function* () {})(),
    "a proxy of a class instance": new Proxy(new Own(), {}),
    "an object that inherits from a plain one": Object.create({ a: 1 }),
  };
  for (const [name, value] of Object.entries(refused)) {
    it(`${name}, with the path where it is inside something`, () => {
      assertRefused(value, "KNT_ERROR_3");
      assertRefused({ rows: [0, 1, { when: value }] }, "KNT_ERROR_3", "rows[2].when");
      assertRefused([[value]], "KNT_ERROR_3", "[0][0]");
    });
  }

  it("and the message says what it is and what is allowed", () => {
    assert.match(
      refusal(new Map()).message,
      /^KNT_ERROR_3: Unsupported payload type; Unsupported object type\. .*\bMap\b.*allowed/,
    );
    assert.match(refusal({ a: new Own() }).message, /\bOwn\b/);
  });

  it("and keys that are no names are quoted in the path", () => {
    assertRefused({ "a b": { "": new Map() } }, "KNT_ERROR_3", '["a b"][""]');
    assertRefused({ 1: [new Map()] }, "KNT_ERROR_3", '["1"][0]');
    assertRefused({ é: { $_1: new Map() } }, "KNT_ERROR_3", "é.$_1");
  });

  it("whatever comes before or behind it", () => {
    const filler = Array.from({ length: 500 }, (_, id) => ({ id, text: "x".repeat(50) }));
    assertRefused({ filler, last: new Set() }, "KNT_ERROR_3", "last");
    assertRefused([new Set(), filler], "KNT_ERROR_3", "[0]");
  });

  it("each with the code of its kind", () => {
    assertRefused({ f() {} }, "KNT_ERROR_0", "f");
    assertRefused([Symbol("local")], "KNT_ERROR_1", "[0]");
  });
});

describe("graphs that cannot cross are refused", () => {
  it("with a cycle, and the path that closes it", () => {
    const object: Record<string, unknown> = { a: 1 };
    object.self = object;
    assertRefused(object, "KNT_ERROR_2", "self");
    const array: unknown[] = [1];
    array.push({ back: array });
    assertRefused(array, "KNT_ERROR_2", "[1].back");
    const long: { next?: unknown } = {};
    long.next = { next: { next: { next: long } } };
    assertRefused(long, "KNT_ERROR_2", "next.next.next.next");
    assert.match(refusal(object).message, /cycle/);
  });

  for (const [name, wrap] of Object.entries(wraps)) {
    it(`with more than 1000 levels of ${name}`, () => {
      for (const levels of [150, 199, 200, 201, 999, 1000]) {
        const sent = nested(levels, wrap);
        let [a, b] = [roundTrip<unknown>(sent), sent as unknown];
        for (let level = 0; level < levels; level++) {
          assert.ok(typeof a === "object" && a !== null, `level ${level}`);
          [a, b] = [Object.values(a).at(-1), Object.values(b as object).at(-1)];
        }
        assert.equal(a, 1);
      }
      for (const levels of [1001, 100_000]) {
        const error = refusal(nested(levels, wrap));
        assert.equal(error.code, "KNT_ERROR_2");
        assert.match(error.message, /deep/);
        assert.ok(error.message.length < 1000, "the message repeats the whole path");
      }
    });
  }

  it("with an array whose length is over the limit, full of holes or not", () => {
    const error = refusal(new Array(100_000), { maxPayloadBytes: 1000 });
    assert.equal(error.code, "KNT_ERROR_3");
    assert.match(error.message, /maxPayloadBytes/);
  });
});

describe("accessors and proxies", () => {
  it("travel as the values they give", () => {
    const sent = {
      get n() {
        return 1;
      },
    };
    assertArrived(roundTrip<object>(sent), { n: 1 });
    assertArrived(roundTrip<object>({ sent, extra: undefined }), {
      sent: { n: 1 },
      extra: undefined,
    });
  });

  it("that throw are refused with what they threw", () => {
    const thrown: unknown[] = [
      new Error("no value"),
      "text",
      undefined,
      Symbol("thrown"),
      Object.create(null),
      {
        toString() {
          throw new Error("no text");
        },
      },
      Object.defineProperty(new Error(), "message", {
        get() {
          throw new Error("no message");
        },
      }),
    ];
    for (const reason of thrown) {
      for (const extra of [1, undefined]) {
        const sent = {
          extra,
          get bad() {
            throw reason;
          },
        };
        const error = refusal(sent);
        assert.equal(error.code, "KNT_ERROR_2");
        assert.equal(error.cause, reason);
      }
    }
    assert.match(
      refusal({
        get bad() {
          throw new Error("no value");
        },
      }).message,
      /no value/,
    );
  });

  it("that throw a refusal of their own do not hide where they are", () => {
    const inner = refusal(new Map());
    assert.equal(
      refusal({
        get bad() {
          throw inner;
        },
      }),
      inner,
    );
  });

  it("of a plain object or an array are as good as what they stand for", () => {
    const data = { a: 1, list: [1, { b: undefined }], when: new Date(1) };
    assertArrived(roundTrip(new Proxy(data, {})), data);
    assertArrived(roundTrip(new Proxy([1, 2, NaN], {})), [1, 2, NaN]);
    assertArrived(roundTrip({ inner: new Proxy({ a: 1 }, {}) }), { inner: { a: 1 } });
  });

  it("that are revoked, or throw at every turn, are refused", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    assert.match(refusal(proxy).code, /^KNT_ERROR_[23]$/);
    assert.match(refusal({ a: proxy }).code, /^KNT_ERROR_[23]$/);
    const hostile = (target: object) =>
      new Proxy(target, {
        get() {
          throw new Error("hostile");
        },
        ownKeys() {
          throw new Error("hostile");
        },
        getPrototypeOf() {
          throw new Error("hostile");
        },
      });
    for (const target of [{}, [], new Map(), new Error("x"), new Date()]) {
      assert.equal(refusal(hostile(target)).code, "KNT_ERROR_2");
      assert.equal(refusal([hostile(target)]).code, "KNT_ERROR_2");
    }
  });

  it("on constructor do not matter", () => {
    const poisoned = {
      a: 1,
      get constructor(): never {
        throw new Error("poisoned");
      },
    };
    Object.defineProperty(poisoned, "constructor", { enumerable: false });
    assertArrived(roundTrip<object>(poisoned), { a: 1 });
    const throwing = {
      get(): never {
        throw new Error("poisoned");
      },
    };
    class Own {}
    Object.defineProperty(Own.prototype, "constructor", throwing);
    assertRefused(new Own(), "KNT_ERROR_3");
    class Hidden extends Own {}
    Object.defineProperty(Hidden.prototype, "constructor", throwing);
    Object.defineProperty(Hidden.prototype, Symbol.toStringTag, throwing);
    assert.match(refusal(new Hidden()).code, /^KNT_ERROR_[23]$/);
  });

  it("on Symbol.toStringTag do not turn plain objects into anything else", () => {
    for (const extra of [1, undefined]) {
      const sent = { a: extra, [Symbol.toStringTag]: "Error" };
      assertArrived(roundTrip<object>(sent), { a: extra });
      const cyclic: Record<PropertyKey, unknown> = { [Symbol.toStringTag]: "Error" };
      cyclic.self = cyclic;
      assert.equal(refusal(cyclic).code, "KNT_ERROR_2");
    }
  });

  it("that hide a toJSON are treated alike, whatever else is in the object", () => {
    const arrivals = [1, undefined].map((extra) => {
      const sent = { extra };
      Object.defineProperty(sent, "toJSON", { value: () => "changed", enumerable: false });
      return roundTrip<unknown>(sent) === "changed";
    });
    assert.equal(arrivals[0], arrivals[1]);
  });

  it("may send something else while they are read, and both arrive", () => {
    const wire = new Wire();
    let inner: boolean | undefined;
    const outer = {
      u: undefined,
      get n() {
        inner = wire.send("inner", 1);
        return 5;
      },
    };
    assert.equal(wire.send(outer, 2), true);
    if (inner !== true) assert.equal(wire.send("inner", 1), true);
    const taken = [wire.take(), wire.take()].sort((a, b) => a.call - b.call);
    assert.equal(taken[0]!.value, "inner");
    assertArrived(taken[1]!.value, { u: undefined, n: 5 });
    wire.assertIdle();
  });
});
