import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertRefused, refusal, roundTrip, Wire } from "../support/codec.ts";
import { assertArrived } from "../support/same.ts";

/** As an argument, and inside an object that JSON would change. */
function crosses(value: unknown): void {
  assertArrived(roundTrip(value), value);
  assertArrived(roundTrip([undefined, value]), [undefined, value]);
}

describe("numbers", () => {
  const numbers = [
    0,
    -0,
    1,
    -1,
    0.1,
    NaN,
    Infinity,
    -Infinity,
    Number.MIN_VALUE,
    -Number.MIN_VALUE,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.EPSILON,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 53 + 2,
  ];
  for (const number of numbers) {
    it(`keep all bits of ${Object.is(number, -0) ? "-0" : number}`, () => crosses(number));
  }
});

describe("true, false, null and undefined", () => {
  for (const value of [true, false, null, undefined]) {
    it(`${value} arrives as ${value}`, () => crosses(value));
  }
});

describe("bigints", () => {
  const bigints: Record<string, bigint> = {
    "0": 0n,
    "-1": -1n,
    "2^63 - 1": 2n ** 63n - 1n,
    "-(2^63)": -(2n ** 63n),
    "2^63": 2n ** 63n,
    "-(2^63) - 1": -(2n ** 63n) - 1n,
    "-(2^63 - 1)": -(2n ** 63n - 1n),
    "2^64 - 1": 2n ** 64n - 1n,
    "-(2^64)": -(2n ** 64n),
    "2^176, just inline": 2n ** 176n,
    "-(2^187), just inline": -(2n ** 187n),
    "2^192, just not inline": 2n ** 192n,
    "2^4096": 2n ** 4096n,
    "-(2^4096) + 1": -(2n ** 4096n) + 1n,
    "10^10000": 10n ** 10000n,
  };
  for (const [name, bigint] of Object.entries(bigints)) {
    it(`keep ${name}`, () => crosses(bigint));
  }

  it("keep every length up to 300 bits, with both signs", () => {
    for (let bits = 0n; bits <= 300n; bits++) {
      for (const bigint of [2n ** bits, 2n ** bits - 1n]) {
        assert.equal(roundTrip(bigint), bigint);
        assert.equal(roundTrip(-bigint), -bigint);
      }
    }
  });
});

describe("symbols", () => {
  for (const key of ["", "key", "k".repeat(100), "ключ 🔑", "\ud800"]) {
    const shown = key.length > 20 ? `${key.length} characters` : JSON.stringify(key);
    it(`made with Symbol.for(${shown}) arrive as themselves`, () => crosses(Symbol.for(key)));
  }

  it("of this realm alone are refused", () => {
    assertRefused(Symbol("local"), "KNT_ERROR_1");
    assertRefused(Symbol(), "KNT_ERROR_1");
    assert.match(refusal(Symbol("local")).message, /Symbol\(local\)/);
  });

  it("that every realm has are refused", () => {
    assertRefused(Symbol.iterator, "KNT_ERROR_1");
    assertRefused({ list: [1, Symbol.asyncIterator] }, "KNT_ERROR_1", "list[1]");
  });
});

describe("dates", () => {
  for (const time of [0, -0, 1, -1, 1.5, 8.64e15, -8.64e15, 1e12]) {
    it(`keep the instant ${time}`, () => crosses(new Date(time)));
  }

  it("that are invalid stay invalid", () => {
    crosses(new Date(NaN));
    assert.ok(roundTrip(new Date(NaN)) instanceof Date);
  });

  it("of a subclass arrive as dates", () => {
    class Day extends Date {
      extra = 1;
    }
    const arrived = roundTrip<Date>(new Day(5));
    assert.equal(Object.getPrototypeOf(arrived), Date.prototype);
    assert.equal(arrived.getTime(), 5);
    assert.equal(Object.hasOwn(arrived, "extra"), false);
  });

  it("that are none are refused", () => {
    assertRefused(Object.create(Date.prototype), "KNT_ERROR_2");
  });
});

describe("functions", () => {
  it("are refused by name", () => {
    assertRefused(function named() {}, "KNT_ERROR_0");
    assert.match(refusal(function named() {}).message, /\bnamed\b/);
    assert.match(refusal(() => {}).message, /<anonymous>/);
    assert.match(refusal(class Thing {}).message, /\bThing\b/);
    assertRefused(async () => {}, "KNT_ERROR_0");
    assertRefused(Math.max, "KNT_ERROR_0");
  });

  it("are refused inside objects, with the path", () => {
    assertRefused({ then() {} }, "KNT_ERROR_0", "then");
    assertRefused([[], [() => {}]], "KNT_ERROR_0", "[1][0]");
    assertRefused({ toJSON: () => 5 }, "KNT_ERROR_0", "toJSON");
  });

  it("whose name cannot be read are refused as functions all the same", () => {
    class Nameless {
      static get name(): string {
        throw new Error("no name");
      }
    }
    assertRefused(Nameless, "KNT_ERROR_0");
  });
});

describe("a slot", () => {
  it("carries call and head beside every kind of value", () => {
    const wire = new Wire();
    for (
      const value of [1, true, null, undefined, "text", { a: 1 }, [NaN], 2n, new Uint8Array(9)]
    ) {
      wire.send(value, 123456789, 0x7fff0000 | 0);
      const { call, head } = wire.take();
      assert.equal(call, 123456789);
      assert.equal(head >>> 16, 0x7fff);
    }
  });

  it("keeps task, flags and call over their whole range", () => {
    const wire = new Wire();
    wire.send("é", -1, (0xffff << 16) | (8 << 8));
    const { call, head, value } = wire.take();
    assert.equal(call, -1);
    assert.equal(head >>> 16, 0xffff);
    assert.equal((head >>> 8) & 8, 8);
    assert.equal(value, "é");
  });
});
