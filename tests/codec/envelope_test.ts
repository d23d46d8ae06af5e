import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describe, it } from "node:test";
import {
  Envelope,
  type EnvelopeBody,
  type EnvelopeHeader,
} from "../../src/codec/kinds/envelope.ts";
import { assertRefused, refusal, roundTrip, Wire } from "../support/codec.ts";
import { assertArrived } from "../support/same.ts";

function body(length: number): ArrayBuffer {
  return Uint8Array.from({ length }, (_, i) => (i * 11 + 3) % 256).buffer;
}

function crosses(header: EnvelopeHeader, payload: EnvelopeBody = body(10)): void {
  const envelope = new Envelope(header, payload);
  assertArrived(roundTrip(envelope), envelope);
}

/** An envelope that the types would not allow. */
function forged(parts: { header?: unknown; payload?: unknown }): unknown {
  const { header, payload } = { header: "header", payload: body(4), ...parts };
  return new Envelope(header as string, payload as ArrayBuffer);
}

describe("Envelope", () => {
  it("arrives as an Envelope with header and body", () => {
    const arrived = roundTrip(new Envelope({ format: "png", size: [1, 2] }, body(100)));
    assert.ok(arrived instanceof Envelope);
    assert.deepEqual(arrived.header, { format: "png", size: [1, 2] });
    assert.deepEqual(arrived.payload, body(100));
  });

  const headers: Record<string, EnvelopeHeader> = {
    "text": "image/png",
    "empty text": "",
    "text that is not ASCII": "é 漢 😀 \ud800",
    "a number": 1.5,
    "-0": -0,
    "true": true,
    "null": null,
    "an array": [1, "a", null, [false]],
    "an object": { a: 1, b: { c: ["d"] }, e: undefined },
    "an empty object": {},
  };
  for (const [name, header] of Object.entries(headers)) {
    it(`keeps a header that is ${name}`, () => {
      for (const length of [0, 1, 7, 8, 9, 100]) crosses(header, body(length));
      crosses(header, new SharedArrayBuffer(8));
    });
  }

  it("keeps headers of every length around 512 bytes, in every script", () => {
    for (const character of ["a", "é", "漢", "😀"]) {
      const bytes = new TextEncoder().encode(character).length;
      for (const length of [1, 8, 24, 25, 40, 48, 100, 500, 511, 512, 513, 520, 5000]) {
        crosses(character.repeat(Math.ceil(length / bytes)), body(33));
        crosses({ text: character.repeat(Math.ceil(length / bytes)) }, body(33));
      }
    }
  });

  it("keeps bodies of every length", () => {
    const wire = new Wire({ regionBytes: 1 << 18 });
    for (const length of [0, 1, 15, 16, 17, 40, 48, 49, 511, 4095, 4096, 4097, 100_000]) {
      const envelope = new Envelope("header", body(length));
      assertArrived(wire.pass(envelope).value, envelope);
    }
  });

  it("shares a shared body, and copies nothing of it", () => {
    const shared = new SharedArrayBuffer(1 << 20);
    const arrived = roundTrip(new Envelope({ n: 1 }, shared), { regionBytes: 64 });
    assert.equal(arrived.payload, shared);
    new Uint8Array(arrived.payload)[5] = 7;
    assert.equal(new Uint8Array(shared)[5], 7);
  });

  it("of a subclass arrives as an Envelope", () => {
    class Picture extends Envelope<string> {
      extra = 1;
    }
    const arrived = roundTrip<Envelope<string>>(new Picture("png", body(3)));
    assert.equal(Object.getPrototypeOf(arrived), Envelope.prototype);
    assert.deepEqual(Object.keys(arrived), ["header", "payload"]);
    assert.equal(arrived.header, "png");
  });

  it("keeps a body that can be resized, as long as it is now", () => {
    const payload = new ArrayBuffer(10, { maxByteLength: 100 });
    payload.resize(50);
    const arrived = roundTrip(new Envelope("x", payload));
    assert.equal(arrived.payload.byteLength, 50);
    assert.equal(arrived.payload.resizable, false);
  });

  it("disposes of a body that can be disposed of, and does nothing for others", () => {
    let disposed = 0;
    const payload = Object.assign(body(1), { [Symbol.dispose]: () => disposed++ });
    new Envelope("x", payload)[Symbol.dispose]();
    assert.equal(disposed, 1);
    new Envelope("x", body(1))[Symbol.dispose]();
  });
});

describe("a bad Envelope is refused", () => {
  const bodies: Record<string, unknown> = {
    "a typed array": new Uint8Array(4),
    "a Buffer": Buffer.from("x"),
    "a DataView": new DataView(new ArrayBuffer(4)),
    "text": "body",
    "null": null,
    "undefined": undefined,
    "an object": { byteLength: 4 },
    "a forged handle": { codec: "knitting.sharedArrayBuffer", metadata: {} },
  };
  for (const [name, payload] of Object.entries(bodies)) {
    it(`if its body is ${name}`, () => {
      const error = refusal(forged({ payload }));
      assert.equal(error.code, "KNT_ERROR_3");
      assert.match(
        error.message,
        /^KNT_ERROR_3: .*Envelope payload must be an ArrayBuffer, SharedArrayBuffer, ProcessSharedBuffer, or BufferReference\./,
      );
    });
  }

  it("if its body is detached", () => {
    const payload = body(8);
    structuredClone(payload, { transfer: [payload] });
    assert.equal(refusal(new Envelope("x", payload)).code, "KNT_ERROR_3");
  });

  it("if its header is undefined, a function or a symbol", () => {
    for (const header of [undefined, () => {}, Symbol.for("x"), Symbol("x")]) {
      const error = refusal(forged({ header }));
      assert.equal(error.code, "KNT_ERROR_3");
      assert.match(error.message, /Envelope header must be a JSON-like value or string\./);
    }
  });

  it("if its header has a promise, at any depth", () => {
    const promise = Promise.resolve();
    for (const header of [promise, [promise], { a: { b: [1, promise] } }]) {
      const error = refusal(forged({ header }));
      assert.equal(error.code, "KNT_ERROR_3");
      assert.match(error.message, /Envelope header cannot contain Promise values\./);
    }
    assertRefused(forged({ header: { a: { b: [1, promise] } } }), "KNT_ERROR_3", "header.a.b[1]");
  });

  it("if its header has a bigint or a cycle", () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = { cyclic };
    assertRefused(forged({ header: 5n }), "KNT_ERROR_2", "header");
    assertRefused(forged({ header: { a: [2n ** 70n] } }), "KNT_ERROR_2", "header.a[0]");
    assertRefused(forged({ header: cyclic }), "KNT_ERROR_2", "header.self.cyclic");
  });

  it("if its header has what cannot cross anywhere", () => {
    assertRefused(forged({ header: { f() {} } }), "KNT_ERROR_0", "header.f");
    assertRefused(forged({ header: [Symbol("local")] }), "KNT_ERROR_1", "header[0]");
    assertRefused(forged({ header: { map: new Map() } }), "KNT_ERROR_3", "header.map");
  });

  it("inside an object or an array", () => {
    assertRefused({ list: [new Envelope("x", body(1))] }, "KNT_ERROR_3", "list[0]");
  });

  it("and a good one after it arrives, bigints where they are allowed included", () => {
    refusal(forged({ header: { a: 1n } }));
    assertArrived(roundTrip([undefined, 1n]), [undefined, 1n]);
    crosses({ a: 1 });
  });
});
