import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { markAsUntransferable } from "node:worker_threads";
import { Envelope } from "../../mod.ts";
import { BufferReference } from "../../unsafe.ts";
import { assertRefused, refusal, Wire } from "../support/codec.ts";
import { assertArrived } from "../support/same.ts";

/** Shows 1, 2, 3, of a buffer of 5 bytes. */
function make(): BufferReference {
  return new BufferReference(Uint8Array.of(0, 1, 2, 3, 4).subarray(1, 4));
}

function assertWhole(reference: unknown, bytes: readonly number[] = [1, 2, 3]): void {
  assert.ok(reference instanceof BufferReference);
  assert.deepEqual([...reference.toUint8Array()], bytes);
}

function assertGone(reference: BufferReference): void {
  assert.throws(() => reference.toUint8Array(), {
    code: "KNT_ERROR_RELEASED",
    message: /was moved/,
  });
}

describe("BufferReference", () => {
  it("arrives with its memory and its region; here it is gone", () => {
    const reference = make();
    const view = reference.toUint8Array();
    const arrived = new Wire().pass(reference).value as BufferReference;
    assertWhole(arrived);
    assert.equal(arrived.byteOffset, 1);
    assert.equal(arrived.toUint8Array().buffer.byteLength, 5);
    assert.equal(view.length, 0);
    assertGone(reference);
  });

  it("arrives as the body of an envelope", () => {
    for (const header of ["x", { name: "n".repeat(100) }, "h".repeat(5000)]) {
      const reference = make();
      const arrived = new Wire().pass(new Envelope(header, reference)).value as Envelope;
      assert.ok(arrived instanceof Envelope);
      assert.deepEqual(arrived.header, header);
      assertWhole(arrived.payload);
      assertGone(reference);
    }
  });

  it("arrives with a header that gets memory of its own", () => {
    const wire = new Wire({ regionBytes: 256 });
    const header = "h".repeat(2000);
    for (let i = 0; i < 3; i++) {
      const arrived = wire.pass(new Envelope(header, make())).value as Envelope;
      assert.equal(arrived.header, header);
      assertWhole(arrived.payload);
    }
  });

  it("may be larger than any limit on payloads", () => {
    const wire = new Wire({ maxPayloadBytes: 1000, regionBytes: 1024 });
    const large = () => new BufferReference(new Uint8Array(1 << 20).fill(1));
    assert.equal((wire.pass(large()).value as BufferReference).byteLength, 1 << 20);
    const envelope = wire.pass(new Envelope("x", large())).value as Envelope;
    assert.equal(envelope.payload.byteLength, 1 << 20);
    const header = "h".repeat(2000);
    const refused = make();
    assert.match(
      refusal(new Envelope(header, refused), { maxPayloadBytes: 1000 }).message,
      /limit=1000/,
    );
    assertWhole(refused);
  });

  it("of a subclass arrives as a BufferReference", () => {
    class Mine extends BufferReference {}
    const { value } = new Wire().pass(new Mine(Uint8Array.of(1, 2, 3)));
    assert.equal(Object.getPrototypeOf(value), BufferReference.prototype);
    assertWhole(value);
  });

  it("stays here while there is no room, and goes when there is", () => {
    const wire = new Wire({ slotCount: 2 });
    const references = [make(), make(), make()];
    assert.equal(wire.send(references[0]), true);
    assert.equal(wire.send(references[1]), true);
    assert.equal(wire.send(references[2]), false);
    assertWhole(references[2]);
    assertWhole(wire.take().value);
    assert.equal(wire.send(references[2]), true);
    assertGone(references[2]!);
    assertWhole(wire.take().value);
    assertWhole(wire.take().value);
    wire.assertIdle();
  });

  it("takes room in the region, so that who sends much has to wait for who reads it", () => {
    const wire = new Wire({ slotCount: 8, regionBytes: 1024 });
    const references = Array.from({ length: 3 }, () => new BufferReference(new Uint8Array(512)));
    assert.deepEqual(references.map((one) => wire.send(one)), [true, true, false]);
    assert.equal(references[2]!.toUint8Array().length, 512);
    wire.take();
    wire.take();
    wire.assertIdle();
  });

  it("comes in order with what else goes beside the shared memory", () => {
    const wire = new Wire({ slotCount: 8, prefers: () => true });
    const shared = new SharedArrayBuffer(8);
    const values = ["text", shared, new Envelope("x", shared), "more"];
    for (const value of values) {
      assert.ok(wire.send(value));
      assert.ok(wire.send(new Envelope("r", make())));
      assertArrived(wire.take().value, value);
      assertWhole((wire.take().value as Envelope).payload);
    }
    wire.assertIdle();
  });
});

describe("a BufferReference is refused", () => {
  it("where memory cannot be moved, and stays", () => {
    const reference = make();
    for (const value of [reference, new Envelope("x", reference)]) {
      const error = refusal(value, { sameProcess: false });
      assert.equal(error.code, "KNT_ERROR_3");
      assert.match(error.message, /cannot cross a process-worker boundary/);
    }
    assertWhole(reference);
  });

  it("the second time, and when it is released", () => {
    const reference = make();
    const wire = new Wire();
    wire.pass(reference);
    const released = make();
    released.release();
    for (const gone of [reference, released, new Envelope("x", reference)]) {
      assert.throws(() => wire.send(gone), { code: "KNT_ERROR_RELEASED" });
      wire.channel.publish();
      wire.assertIdle();
    }
    assertWhole(wire.pass(make()).value);
  });

  it("inside an object or an array, and stays", () => {
    const reference = make();
    assertRefused({ list: [reference] }, "KNT_ERROR_3", "list[0]");
    assertRefused([reference], "KNT_ERROR_3", "[0]");
    assert.match(refusal({ reference }).message, /directly, or as the body of an Envelope/);
    assertWhole(reference);
  });

  it("if it only looks like one", () => {
    const forged = Object.create(BufferReference.prototype) as BufferReference;
    assert.equal(refusal(forged).code, "KNT_ERROR_3");
    assertRefused(new Envelope("x", forged), "KNT_ERROR_3", "payload");
    const proxy = new Proxy(make(), {});
    assert.equal(refusal(proxy).code, "KNT_ERROR_3");
    const metadata = make().toMetadata();
    assert.equal(
      refusal(new Envelope("x", metadata as unknown as ArrayBuffer)).code,
      "KNT_ERROR_3",
    );
  });

  it("which plain objects do not, whatever they say", () => {
    for (const data of [make().toMetadata(), { codec: "knitting.bufferReference", metadata: {} }]) {
      assertArrived(new Wire().pass(data).value, data);
    }
  });

  it("if the header of its envelope cannot cross, and stays", () => {
    const reference = make();
    assertRefused(new Envelope({ a: 1n as never }, reference), "KNT_ERROR_2", "header.a");
    assertWhole(reference);
  });

  it("if a getter of the header takes its memory away", () => {
    const reference = make();
    const header = {
      get a(): number {
        reference.release();
        return 1;
      },
    };
    const wire = new Wire();
    assert.throws(() => wire.send(new Envelope(header, reference)), { code: "KNT_ERROR_RELEASED" });
    wire.channel.publish();
    wire.assertIdle();
  });
});

describe("memory that cannot be moved after all", () => {
  it("stays, and nothing else of the value is sent", () => {
    for (const header of ["x", "h".repeat(2000)]) {
      const wire = new Wire({ regionBytes: 256 });
      wire.onPost = () => {
        throw new DOMException("not transferable", "DataCloneError");
      };
      const reference = make();
      for (const value of [reference, new Envelope(header, reference)]) {
        assert.throws(() => wire.send(value), {
          code: "KNT_ERROR_3",
          message: /memory of this BufferReference cannot be moved: not transferable/,
        });
        wire.channel.publish();
        wire.assertIdle();
      }
      assertWhole(reference);
      wire.onPost = undefined;
      assertWhole((wire.pass(new Envelope(header, reference)).value as Envelope).payload);
    }
  });

  it("is said so by runtimes", () => {
    const reference = make();
    markAsUntransferable(reference.toUint8Array().buffer);
    const { buffer } = reference.toUint8Array();
    const { port1 } = new MessageChannel();
    assert.throws(() => port1.postMessage(buffer, [buffer]));
    port1.close();
    assertWhole(reference);
  });
});
