// One value for every tag there is, wherever it may be: a kind that somebody adds has to come here, too.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Envelope, type EnvelopeHeader } from "../../src/codec/kinds/envelope.ts";
import { headTag, Tag } from "../../src/codec/tags.ts";
import { BufferReference } from "../../unsafe.ts";
import { assertRefused, refusal, roundTrip, Wire } from "../support/codec.ts";
import { assertArrived } from "../support/same.ts";

type TagName = keyof typeof Tag;

/** Where a value may be besides the argument itself. */
type Place = "inside" | "header";

interface Example {
  make(): unknown;
  places: readonly Place[];
  /** Its tag as the argument itself, if that is another one. */
  alone?: TagName;
}

const everywhere: readonly Place[] = ["inside", "header"];

/** Shared memory of the system needs the native library: tests/memory/crossing_test.ts. */
const examples: Record<Exclude<TagName, "ProcessSharedBuffer" | "Stream">, Example> = {
  Undefined: { make: () => undefined, places: everywhere },
  Null: { make: () => null, places: everywhere },
  False: { make: () => false, places: everywhere },
  True: { make: () => true, places: everywhere },
  Number: { make: () => -0, places: everywhere },
  BigInt64: { make: () => -1n, places: ["inside"] },
  BigInt: { make: () => 2n ** 64n, places: ["inside"] },
  String: { make: () => "\u0100", places: everywhere },
  Symbol: { make: () => Symbol.for("k"), places: everywhere },
  Date: { make: () => new Date(1), places: everywhere },
  Json: { make: () => ({ a: [1] }), places: everywhere },
  Structured: { make: () => [NaN], places: everywhere },
  Envelope: { make: () => new Envelope("h", new ArrayBuffer(1)), places: [] },
  SharedArrayBuffer: { make: () => new SharedArrayBuffer(8), places: [] },
  ArrayBuffer: { make: () => Uint8Array.of(1).buffer, places: everywhere },
  FirstView: { make: () => Uint8Array.of(1), places: everywhere },
  BufferReference: { make: () => new BufferReference(new Uint8Array(1)), places: [] },
  Object: { make: () => ({ a: undefined }), places: everywhere, alone: "Structured" },
  Array: { make: () => [undefined], places: everywhere, alone: "Structured" },
  Hole: { make: () => new Array(1), places: everywhere, alone: "Structured" },
  Error: { make: () => new Error("m"), places: everywhere, alone: "Structured" },
  ErrorAgain: { make: errorInItself, places: everywhere, alone: "Structured" },
};

function errorInItself(): Error {
  const error = new Error("m");
  error.cause = error;
  return error;
}

for (const [name, { make, places, alone = name as TagName }] of Object.entries(examples)) {
  describe(`a value of the kind ${name}`, () => {
    it(`is sent as ${alone}, and arrives`, () => {
      const value = make();
      const taken = new Wire().pass(value);
      assert.equal(headTag(taken.head), Tag[alone]);
      if (!(value instanceof BufferReference)) assertArrived(taken.value, value);
      else assert.ok(taken.value instanceof BufferReference);
    });

    if (places.includes("inside")) {
      it("arrives inside of objects, arrays and errors", () => {
        const sent = { a: [NaN, make()], b: Object.assign(new Error("m"), { c: make() }) };
        assertArrived(roundTrip(sent), sent);
      });
    } else {
      it("is refused inside of objects and arrays, with the path", () => {
        assertRefused({ a: [make()] }, "KNT_ERROR_3", "a[0]");
      });
    }

    if (places.includes("header")) {
      it("arrives in the header of an envelope", () => {
        const sent = new Envelope({ h: make() as EnvelopeHeader }, new ArrayBuffer(1));
        assertArrived(roundTrip(sent), sent);
      });
    } else {
      it("is refused in the header of an envelope, with the path", () => {
        const sent = new Envelope({ h: make() as EnvelopeHeader }, new ArrayBuffer(1));
        assert.match(refusal(sent).message, /\(at header\.h\)$/);
      });
    }

    const value = make();
    const isNamed = typeof value === "object" && value !== null && !ArrayBuffer.isView(value) &&
      value.constructor !== Object && !Array.isArray(value);
    if (isNamed) {
      it("is named when another one is refused", () => {
        const { message } = refusal(new (class Other {})());
        assert.ok(message.includes(value.constructor.name), message);
      });
    }
  });
}
