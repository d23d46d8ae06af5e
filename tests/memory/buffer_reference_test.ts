import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import process from "node:process";
import { describe, it } from "node:test";
import * as workerThreads from "node:worker_threads";
import { Envelope, KnittingError } from "../../mod.ts";
import {
  BUFFER_REFERENCE_CODEC_ID,
  BUFFER_REFERENCE_KIND,
  BufferReference,
  type BufferReferenceMetadata,
  BufferReferenceReturn,
  isBufferReferenceMetadata,
} from "../../unsafe.ts";
import { OwnedBuffer } from "../../src/memory/owned_buffer.ts";
import { addressOf } from "../../src/native/address.ts";
import { runtimeName } from "../support/program.ts";

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);

/** A reference to bytes 1, 2, 3 of a buffer of 5. */
function middle(): BufferReference {
  return new BufferReference(bytes(0, 1, 2, 3, 4).subarray(1, 4));
}

function throwsReleased(body: () => unknown, message = /BufferReference has been released/): void {
  assert.throws(body, (error) => {
    assert.ok(error instanceof KnittingError);
    assert.equal(error.code, "KNT_ERROR_RELEASED");
    assert.match(error.message, message);
    return true;
  });
}

describe("memory that is moved out", () => {
  it("is still here if it did not go", () => {
    const owned = OwnedBuffer.takeFrom(Uint8Array.of(1, 2, 3));
    owned.moveOut(() => {});
    assert.equal(owned.isAlive, true);
    owned.moveOut((buffer) => buffer.transfer());
    assert.equal(owned.isAlive, false);
  });
});

describe("BufferReference", () => {
  it("takes the memory of an ArrayBuffer, which is detached", () => {
    const source = bytes(1, 2, 3).buffer;
    const reference = new BufferReference(source);
    assert.equal(source.byteLength, 0);
    assert.equal(reference.byteOffset, 0);
    assert.equal(reference.byteLength, 3);
    assert.deepEqual(reference.toUint8Array(), bytes(1, 2, 3));
  });

  it("shows only the range of a view, and takes all of its buffer", () => {
    const all = new Uint8Array(64);
    const views: ArrayBufferView[] = [
      new Float64Array(new ArrayBuffer(64), 8, 2),
      new DataView(new ArrayBuffer(64), 8, 16),
      all.subarray(8, 24),
    ];
    for (const view of views) {
      const { buffer } = view;
      const reference = new BufferReference(view);
      assert.equal(buffer.byteLength, 0);
      assert.equal(reference.byteOffset, 8);
      assert.equal(reference.byteLength, 16);
      assert.equal(reference.toUint8Array().byteOffset, 8);
      assert.equal(reference.toUint8Array().buffer.byteLength, 64);
    }
    assert.equal(all.length, 0);
  });

  it("gives views of the same memory, again and again", () => {
    const reference = middle();
    reference.toUint8Array()[0] = 9;
    assert.deepEqual(reference.toUint8Array(), bytes(9, 2, 3));
    assert.equal(reference.toUint8Array().buffer, reference.toUint8Array().buffer);
  });

  it("gives the buffer if it shows all of it, else a copy", () => {
    const whole = new BufferReference(bytes(1, 2));
    assert.equal(whole.toArrayBuffer(), whole.toUint8Array().buffer);
    const part = middle();
    assert.deepEqual(new Uint8Array(part.toArrayBuffer()), bytes(1, 2, 3));
    assert.notEqual(part.toArrayBuffer(), part.toUint8Array().buffer);
  });

  it("may be empty", () => {
    const reference = new BufferReference(new ArrayBuffer(0));
    assert.equal(reference.toUint8Array().length, 0);
    reference.release();
    throwsReleased(() => reference.toUint8Array());
  });

  it("takes a resizable buffer as long as it is, for good", () => {
    const source = new ArrayBuffer(8, { maxByteLength: 100 });
    source.resize(10);
    const reference = new BufferReference(new Uint8Array(source).fill(7));
    assert.equal(source.byteLength, 0);
    assert.equal(reference.byteLength, 10);
    assert.equal(reference.toArrayBuffer().resizable, false);
    assert.deepEqual(reference.toUint8Array(), new Uint8Array(10).fill(7));
  });

  it("says where it is from", () => {
    const reference = middle();
    assert.equal(reference.runtime, runtimeName);
    assert.equal(reference.origin, `${runtimeName}:${process.pid}`);
    assert.equal(reference.isLocal, true);
    assert.ok(reference.pointer > 0n);
    assert.equal(reference.source, undefined);
  });

  it("is not fooled by sources that say wrong things of themselves", () => {
    class Liar extends Uint8Array<ArrayBuffer> {
      override get byteLength(): number {
        return 1 << 30;
      }
      override get byteOffset(): number {
        return 1 << 20;
      }
    }
    const reference = new BufferReference(new Liar(bytes(1, 2).buffer));
    assert.deepEqual(reference.toUint8Array(), bytes(1, 2));
    class Keeper extends ArrayBuffer {
      override transferToFixedLength(): ArrayBuffer {
        return this;
      }
    }
    const source = new Keeper(4);
    assert.equal(new BufferReference(source).toArrayBuffer().byteLength, 4);
    assert.equal(source.byteLength, 0);
  });
});

describe("a released BufferReference", () => {
  it("cannot be read; views of it are empty", () => {
    const reference = middle();
    const view = reference.toUint8Array();
    reference.release();
    assert.equal(view.length, 0);
    assert.equal(view[0], undefined);
    throwsReleased(() => reference.toUint8Array());
    throwsReleased(() => reference.toArrayBuffer());
    throwsReleased(() => reference.toMetadata());
  });

  it("still tells its place, and may be released again", () => {
    const reference = middle();
    for (let i = 0; i < 3; i++) reference.release();
    reference[Symbol.dispose]();
    assert.equal(reference.byteLength, 3);
    assert.equal(reference.byteOffset, 1);
    assert.equal(reference.isLocal, true);
  });

  it("was released by dispose, also that of an envelope", () => {
    const reference = middle();
    reference[Symbol.dispose]();
    throwsReleased(() => reference.toUint8Array());
    const envelope = new Envelope("x", middle());
    envelope[Symbol.dispose]();
    throwsReleased(() => envelope.payload.toUint8Array());
  });

  it("is one whose buffer was taken away through a view", () => {
    const reference = middle();
    reference.toUint8Array().buffer.transfer();
    throwsReleased(() => reference.toUint8Array(), /released: its buffer was detached/);
    reference.release();
  });

  it("is one whose view became the source of another", () => {
    const first = middle();
    const second = new BufferReference(first.toUint8Array());
    assert.deepEqual(second.toUint8Array(), bytes(1, 2, 3));
    throwsReleased(() => first.toUint8Array());
    first.release();
    assert.deepEqual(second.toUint8Array(), bytes(1, 2, 3));
  });

  it("does not throw if the memory cannot be detached any more", () => {
    const reference = middle();
    workerThreads.markAsUntransferable(reference.toUint8Array().buffer);
    reference.release();
    throwsReleased(() => reference.toUint8Array());
  });
});

describe("BufferReference refuses", () => {
  const refuses = (source: unknown, ...messages: RegExp[]): void =>
    assert.throws(() => new BufferReference(source as ArrayBuffer), (error) => {
      assert.ok(error instanceof TypeError);
      for (const message of messages) assert.match(error.message, message);
      return true;
    });

  it("shared memory", () => {
    refuses(new SharedArrayBuffer(8), /SharedArrayBuffer/);
    refuses(new Int32Array(new SharedArrayBuffer(8)), /SharedArrayBuffer/);
    refuses(new DataView(new SharedArrayBuffer(8)), /SharedArrayBuffer/);
  });

  it("what is not binary data", () => {
    const expected = /^BufferReference expects an ArrayBuffer or typed-array view, received /;
    const sources = [
      undefined,
      null,
      1,
      "text",
      {},
      [1],
      () => {},
      Object.create(Uint8Array.prototype),
    ];
    for (const source of sources) refuses(source, expected);
    refuses("text", /received "text"$/);
    refuses(Object.create(ArrayBuffer.prototype), expected);
    refuses(middle(), expected);
  });

  it("what is detached already", () => {
    const source = bytes(1);
    new BufferReference(source);
    refuses(source, /detached/);
    refuses(source.buffer, /detached/);
  });

  it("memory of WebAssembly, and leaves it alone", () => {
    const { buffer } = new WebAssembly.Memory({ initial: 1 });
    refuses(buffer, /WebAssembly/, /copy it first/);
    refuses(new Uint8Array(buffer), /WebAssembly/);
    assert.equal(buffer.byteLength, 65536);
  });

  it("memory that its owner does not let go, and leaves it alone", () => {
    const source = bytes(1, 2);
    workerThreads.markAsUntransferable(source.buffer);
    refuses(source, /[Cc]opy it first/);
    assert.equal(source.length, 2);
  });

  it("small Buffers where they share memory; never empties those of others", () => {
    const others = Array.from({ length: 50 }, (_, i) => Buffer.from(`other ${i}`));
    for (const small of [Buffer.from("small"), Buffer.allocUnsafe(10).fill(1)]) {
      const { length } = small;
      if (small.buffer.byteLength > length) refuses(small, /[Cc]opy it first/);
      else assert.equal(new BufferReference(small).byteLength, length);
    }
    assert.deepEqual(others.map(String), others.map((_, i) => `other ${i}`));
    assert.equal(Buffer.from("still fine").toString(), "still fine");
    const copy = Uint8Array.from(Buffer.from("copied"));
    assert.equal(Buffer.from(new BufferReference(copy).toUint8Array()).toString(), "copied");
  });
});

describe("metadata", () => {
  const metadata = (changes: object = {}): BufferReferenceMetadata => ({
    ...middle().toMetadata(),
    ...changes,
  });

  it("is data that JSON can say", () => {
    const reference = middle();
    const told = reference.toMetadata();
    assert.deepEqual(JSON.parse(JSON.stringify(told)), told);
    const { token, pointer, ...rest } = told;
    assert.ok(token.length > 0);
    assert.match(pointer, /^\d+$/);
    assert.deepEqual(rest, {
      kind: BUFFER_REFERENCE_KIND,
      origin: reference.origin,
      runtime: runtimeName,
      byteOffset: 1,
      byteLength: 3,
    });
  });

  it("becomes a second reference to the same memory", () => {
    const first = middle();
    const second = BufferReference.fromMetadata(JSON.parse(JSON.stringify(first.toMetadata())));
    assert.equal(second.isLocal, true);
    second.toUint8Array()[0] = 7;
    assert.deepEqual(first.toUint8Array(), bytes(7, 2, 3));
    assert.equal(first.toMetadata().token, second.toMetadata().token);
    second.release();
    throwsReleased(() => first.toUint8Array());
  });

  it("of released memory gives a released reference", () => {
    const first = middle();
    const told = first.toMetadata();
    first.release();
    throwsReleased(() => BufferReference.fromMetadata(told).toUint8Array());
  });

  it("that was made up gives a reference without memory, whatever the pointer", () => {
    const reference = BufferReference.fromMetadata(metadata({ token: "made up", pointer: "4096" }));
    assert.equal(reference.byteLength, 3);
    throwsReleased(() => reference.toUint8Array(), /token/);
    throwsReleased(() => reference.toArrayBuffer(), /token/);
    throwsReleased(() => reference.toMetadata(), /token/);
    reference.release();
  });

  it("of another process cannot be read", () => {
    const told = metadata({ origin: `${runtimeName}:1` });
    const reference = BufferReference.fromMetadata(told);
    assert.equal(reference.isLocal, false);
    assert.equal(reference.origin, told.origin);
    assert.throws(() => reference.toUint8Array(), /process boundary/);
  });

  it("of another runtime cannot be read", () => {
    const runtime = runtimeName === "bun" ? "node" : "bun";
    for (const changes of [{ runtime }, { runtime, origin: `${runtime}:1` }]) {
      const reference = BufferReference.fromMetadata(metadata(changes));
      assert.equal(reference.runtime, runtime);
      assert.throws(() => reference.toUint8Array(), /BufferReference runtime mismatch/);
    }
  });

  it("that tells of another region than the memory has is refused", () => {
    const reference = middle();
    const told = reference.toMetadata();
    for (const changes of [{ byteOffset: 0 }, { byteLength: 5 }, { byteLength: 2 ** 40 }]) {
      assert.throws(
        () => BufferReference.fromMetadata({ ...told, ...changes }),
        /^TypeError: Invalid BufferReferenceMetadata/,
      );
    }
  });

  it("of a bad shape is refused", () => {
    const bad: unknown[] = [
      undefined,
      null,
      "text",
      1,
      {},
      metadata({ kind: "other" }),
      metadata({ origin: 1 }),
      metadata({ origin: "elsewhere" }),
      metadata({ runtime: "browser" }),
      metadata({ pointer: 0 }),
      metadata({ pointer: "0x10" }),
      metadata({ token: "" }),
      metadata({ byteOffset: -1 }),
      metadata({ byteLength: 1.5 }),
      metadata({ byteLength: "3" }),
    ];
    for (const told of bad) {
      assert.equal(isBufferReferenceMetadata(told), false);
      assert.throws(
        () => BufferReference.fromMetadata(told as BufferReferenceMetadata),
        /^TypeError: Invalid BufferReferenceMetadata/,
      );
    }
    assert.equal(isBufferReferenceMetadata(metadata()), true);
  });
});

describe("knitting/unsafe", () => {
  it("has these constants", () => {
    assert.deepEqual({ ...BufferReferenceReturn }, { Copy: "copy", Borrow: "borrow" });
    assert.equal(BUFFER_REFERENCE_KIND, "knitting.bufferReference");
    assert.equal(BUFFER_REFERENCE_CODEC_ID, "knitting.bufferReference");
  });
});

describe("the pointer of a reference", () => {
  it("is where the region begins", () => {
    const reference = new BufferReference(new Uint8Array(64).subarray(8));
    const { buffer } = reference.toUint8Array();
    assert.equal(reference.pointer, addressOf(new Uint8Array(buffer)) + 8n);
    reference.release();
    assert.equal(reference.pointer, 0n);
  });
});
