// Objects of strangers, which throw when they are looked at: none of what looks at them does.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isSource } from "../../src/codec/kinds/source.ts";
import { Envelope } from "../../src/codec/kinds/envelope.ts";
import { asPromise, isPromise, then } from "../../src/codec/promises.ts";
import { referenceIn } from "../../src/codec/references.ts";
import { rejection } from "../support/waiting.ts";

const refuse = (): never => {
  throw new RangeError("look elsewhere");
};
const hidden = new Proxy({}, { getPrototypeOf: refuse, get: refuse });

describe("what throws when it is looked at", () => {
  it("is no promise", () => {
    assert.equal(isPromise(hidden), false);
    assert.equal(asPromise(hidden), undefined);
    assert.equal(asPromise(Object.defineProperty({}, "then", { get: refuse })), undefined);
  });

  it("is no stream", () => {
    assert.equal(isSource(hidden), false);
    assert.equal(isSource(Object.defineProperty({}, Symbol.asyncIterator, { get: refuse })), false);
  });

  it("has no reference in it", () => {
    const envelope = Object.create(Envelope.prototype, { payload: { get: refuse } });
    for (const value of [hidden, envelope]) assert.equal(referenceIn(value), undefined);
  });

  it("and is a promise, counts as one that rejects", async () => {
    const promise = Object.defineProperty(Promise.resolve(1), "constructor", { get: refuse });
    const outcome = new Promise((resolve, reject) => then(promise, resolve, reject));
    assert.equal(String(await rejection(outcome)), "RangeError: look elsewhere");
  });
});
