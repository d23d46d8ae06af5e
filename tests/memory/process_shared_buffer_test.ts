import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { describe, it } from "node:test";
import {
  getDefaultProcessSharedBufferPrimitives,
  PROCESS_SHARED_BUFFER_BRAND,
  ProcessSharedBuffer,
  type ProcessSharedBufferOptions,
  type ProcessSharedBufferView,
  type ProcessSharedBufferViewConstructor,
} from "../../shared_memory.ts";
import { runtimeName } from "../support/program.ts";
import { freshName, isLinux, pathOf, throwsCode } from "../support/shared_memory.ts";

const { unlinkSharedMemory } = getDefaultProcessSharedBufferPrimitives();

/** Gives `body` memory with a new name, and removes both afterwards. */
function withNamed(body: (shared: ProcessSharedBuffer, name: string) => void, size = 64): void {
  const name = freshName();
  const shared = ProcessSharedBuffer.create({ mode: "create", name, size });
  try {
    body(shared, name);
  } finally {
    shared.close();
    unlinkSharedMemory!(name);
  }
}

/** Gives `body` memory without a name, and closes it. */
function withMemory(size: number, body: (shared: ProcessSharedBuffer) => void): void {
  const shared = ProcessSharedBuffer.create(size);
  try {
    body(shared);
  } finally {
    shared.close();
  }
}

describe("ProcessSharedBuffer.create", () => {
  it("rounds the size up to a multiple of 64", () => {
    for (const [asked, size] of [[1, 64], [63, 64], [64, 64], [64.9, 64], [65, 128]] as const) {
      withMemory(asked, (shared) => {
        assert.equal(shared.size, size);
        assert.equal(shared.byteLength, size);
        assert.equal(shared.byteOffset, 0);
        assert.equal(shared.bytes().length, size);
      });
    }
  });

  it("gives zeros, also where other memory was before", () => {
    for (let round = 0; round < 20; round++) {
      withMemory(100_000, (shared) => {
        assert.ok(shared.bytes().every((byte) => byte === 0));
        shared.bytes().fill(0xff);
      });
    }
  });

  it("is anonymous with a size alone, by mode, and with a name but no mode", () => {
    const name = freshName();
    const forms: (number | ProcessSharedBufferOptions)[] = [
      64,
      { size: 64 },
      { size: 64, mode: "anonymous" },
      { size: 64, name },
    ];
    for (const form of forms) {
      const shared = ProcessSharedBuffer.create(form);
      assert.equal(shared.descriptor.name, undefined);
      if (isLinux) assert.ok(!existsSync(pathOf(name)));
      shared.close();
    }
  });

  it("refuses sizes that make no sense", () => {
    for (const size of [0, -1, 0.5, NaN, Infinity, -Infinity, 1e300]) {
      assert.throws(() => ProcessSharedBuffer.create(size), RangeError);
      assert.throws(() => ProcessSharedBuffer.create({ size }), RangeError);
    }
    assert.throws(
      () => ProcessSharedBuffer.create(0),
      /^RangeError: shared memory size must be positive/,
    );
    for (const size of ["64", undefined, null, 64n]) {
      assert.throws(() => ProcessSharedBuffer.create({ size: size as never }), TypeError);
    }
    for (const options of [undefined, null, "64", () => 64]) {
      assert.throws(() => ProcessSharedBuffer.create(options as never), TypeError);
    }
    const mode = "shared" as "open";
    assert.throws(() => ProcessSharedBuffer.create({ size: 64, mode }), /^TypeError: .*mode/);
  });

  it("makes large memory, or says that it cannot", () => {
    const sizes = [2 ** 31, 2 ** 31 + 64, 2 ** 32 + 64, 2 ** 36, 2 ** 46, 2 ** 48, 2 ** 53 - 1];
    for (const size of sizes) {
      let shared: ProcessSharedBuffer;
      try {
        shared = ProcessSharedBuffer.create(size);
      } catch (error) {
        assert.ok(size > 2 ** 32, String(error));
        throwsCode("KNT_ERROR_SHARED_MEMORY", /^Cannot /, () => {
          throw error;
        });
        continue;
      }
      const bytes = shared.bytes();
      assert.equal(bytes.length, size);
      bytes[size - 1] = 7;
      assert.equal(shared.subbuffer(size - 64).bytes()[63], 7);
      shared.close();
    }
  });
});

describe("named memory", () => {
  it("is created once, and opened as the same memory in another mapping", () => {
    withNamed((owner, name) => {
      assert.equal(owner.descriptor.name, name);
      const peer = ProcessSharedBuffer.create({ mode: "open", name, size: 64 });
      assert.notEqual(peer.getBuffer(), owner.getBuffer());
      Atomics.store(owner.view(Int32Array), 0, 7);
      assert.equal(Atomics.load(peer.view(Int32Array), 0), 7);
      Atomics.add(peer.view(Int32Array), 0, 1);
      assert.equal(Atomics.load(owner.view(Int32Array), 0), 8);
      owner.close();
      assert.equal(peer.view(Int32Array)[0], 8);
      peer.close();
    });
  });

  it("is exclusive: a name that is taken is refused, and its memory left alone", () => {
    withNamed((owner, name) => {
      owner.bytes()[0] = 5;
      throwsCode(
        "KNT_ERROR_SHARED_MEMORY",
        new RegExp(`^Cannot create the shared memory "${name}": EEXIST`),
        () => ProcessSharedBuffer.create({ mode: "create", name, size: 64 }),
      );
      const peer = ProcessSharedBuffer.create({ mode: "open", name, size: 64 });
      assert.equal(peer.bytes()[0], 5);
      peer.close();
    });
  });

  it("that does not exist cannot be opened", () => {
    const name = freshName();
    throwsCode(
      "KNT_ERROR_SHARED_MEMORY",
      /^Cannot open the shared memory .*ENOENT/,
      () => ProcessSharedBuffer.create({ mode: "open", name, size: 64 }),
    );
    if (isLinux) assert.ok(!existsSync(pathOf(name)));
  });

  it("may be opened in part, and not beyond its end", () => {
    withNamed((owner, name) => {
      const part = ProcessSharedBuffer.create({ mode: "open", name, size: 1 });
      assert.equal(part.size, 64);
      part.bytes()[63] = 3;
      assert.equal(owner.bytes()[63], 3);
      part.close();
      throwsCode(
        "KNT_ERROR_SHARED_MEMORY",
        /EOVERFLOW/,
        () => ProcessSharedBuffer.create({ mode: "open", name, size: 129 }),
      );
    }, 128);
  });

  it("is for this user alone, on Linux", { skip: !isLinux }, () => {
    withNamed((_, name) => assert.equal(statSync(pathOf(name)).mode & 0o777, 0o600));
  });

  it("is unlinked once; who has it open keeps it", () => {
    withNamed((owner, name) => {
      assert.equal(unlinkSharedMemory!(`/${name}`), true);
      assert.equal(unlinkSharedMemory!(name), false);
      owner.bytes()[0] = 1;
      assert.equal(owner.bytes()[0], 1);
      const again = ProcessSharedBuffer.create({ mode: "create", name, size: 64 });
      assert.equal(again.bytes()[0], 0);
      again.close();
    });
  });
});

describe("names", () => {
  const create = (name: unknown) =>
    ProcessSharedBuffer.create({ mode: "create", size: 64, name: name as string });

  it("may begin with a slash, which is not part of them", () => {
    withNamed((_, name) => {
      const peer = ProcessSharedBuffer.create({ mode: "open", name: `/${name}`, size: 64 });
      assert.equal(peer.descriptor.name, name);
      peer.close();
    });
  });

  it("must be there", () => {
    for (const mode of ["create", "open"] as const) {
      for (const name of [undefined, ""]) {
        assert.throws(
          () => ProcessSharedBuffer.create({ size: 64, mode, ...(name === "" && { name }) }),
          /^TypeError: named shared memory requires a name/,
        );
      }
    }
  });

  it("have no slash inside, no NUL, and are no folders", () => {
    for (
      const name of ["/", "//a", "a/b", "../a", "a/", "a\0", "a\0b", "\0", ".", "..", "/..", "a\\b"]
    ) {
      assert.throws(() => create(name), /^TypeError: shared memory name/, JSON.stringify(name));
      assert.throws(() => unlinkSharedMemory!(name), /^TypeError: shared memory name/);
    }
    for (const name of [null, 5, {}]) assert.throws(() => create(name), TypeError);
  });

  it("have a greatest length", () => {
    const most = process.platform === "darwin" ? 30 : 240;
    const name = freshName().padEnd(most, "x");
    const shared = create(name);
    assert.equal(shared.descriptor.name, name);
    shared.close();
    assert.ok(unlinkSharedMemory!(name));
    const refusal = new RegExp(`^RangeError: shared memory name must have at most ${most} bytes`);
    for (const long of [`${name}x`, "é".repeat(most / 2 + 1), "x".repeat(100_000)]) {
      assert.throws(() => create(long), refusal);
    }
  });

  it("may be of any language", () => {
    const name = `名${freshName().slice(-20)}`;
    const shared = create(name);
    if (isLinux) assert.ok(existsSync(pathOf(name)));
    shared.close();
    assert.ok(unlinkSharedMemory!(name));
  });
});

describe("views", () => {
  const classes = [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    BigInt64Array,
    BigUint64Array,
    Float32Array,
    Float64Array,
  ] as ProcessSharedBufferViewConstructor<ProcessSharedBufferView>[];

  for (const View of classes) {
    it(`of class ${(View as unknown as { name: string }).name} show exactly the region`, () => {
      withMemory(128, (shared) => {
        const region = shared.subbuffer(16, 32);
        const view = region.view(View);
        assert.ok(view instanceof (View as unknown as new () => object));
        assert.deepEqual(
          [view.byteOffset, view.byteLength, view.length],
          [16, 32, 32 / View.BYTES_PER_ELEMENT],
        );
        region.bytes().fill(1);
        assert.ok(view.every((element: number | bigint) => element !== 0 && element !== 0n));
        region.bytes().fill(0);
        assert.ok(view.every((element: number | bigint) => Number(element) === 0));
        assert.ok(shared.bytes().every((byte) => byte === 0));
        assert.equal(view.buffer, shared.getBuffer());
      });
    });
  }

  it("as DataView and as bytes show the same", () => {
    withMemory(64, (shared) => {
      const region = shared.subbuffer(3, 10);
      region.dataView().setUint16(1, 0x1234);
      assert.deepEqual([...shared.bytes().subarray(3, 7)], [0, 0x12, 0x34, 0]);
      assert.equal(region.dataView().byteLength, 10);
    });
  });

  it("that do not fit are refused", () => {
    withMemory(64, (shared) => {
      assert.throws(
        () => shared.subbuffer(2).view(Int32Array),
        /^RangeError: .*byteOffset is not aligned for this view/,
      );
      assert.throws(
        () => shared.subbuffer(4, 6).view(Int32Array),
        /^RangeError: .*byteLength is not aligned for this view/,
      );
      assert.throws(() => shared.subbuffer(4).view(Float64Array), /byteOffset is not aligned/);
      assert.equal(shared.subbuffer(4, 0).view(Int32Array).length, 0);
    });
  });
});

describe("subbuffer", () => {
  it("is relative to its region, composes, and shares the mapping", () => {
    withMemory(128, (shared) => {
      const outer = shared.subbuffer(32, 64);
      const inner = outer.subbuffer(8, 8);
      assert.deepEqual([inner.byteOffset, inner.byteLength, inner.size], [40, 8, 128]);
      assert.deepEqual([outer.subbuffer(60).byteOffset, outer.subbuffer(60).byteLength], [92, 4]);
      assert.equal(inner.descriptor, shared.descriptor);
      inner.view(Int32Array)[1] = 9;
      assert.equal(shared.view(Int32Array)[11], 9);
      assert.equal(inner.getBuffer(), shared.getBuffer());
    });
  });

  it("refuses what is not inside", () => {
    withMemory(64, (shared) => {
      const region = shared.subbuffer(16, 16);
      for (const byteOffset of [-1, 17, 1.5, NaN, Infinity, "4", undefined, null]) {
        assert.throws(
          () => region.subbuffer(byteOffset as number),
          /^RangeError: .*byteOffset is out of bounds/,
        );
      }
      for (const byteLength of [-1, 13, 0.5, NaN, Infinity, "4", null]) {
        assert.throws(
          () => region.subbuffer(4, byteLength as number),
          /^RangeError: .*byteLength is out of bounds/,
        );
      }
      assert.equal(region.subbuffer(16).byteLength, 0);
      const range = { byteOffset: 60, byteLength: 5 };
      assert.throws(
        () => ProcessSharedBuffer.fromDescriptor(shared.descriptor, range),
        /byteLength is out of bounds/,
      );
      assert.throws(
        () => new ProcessSharedBuffer(shared.descriptor, { byteOffset: 65 }),
        /byteOffset is out of bounds/,
      );
    });
  });
});

describe("a ProcessSharedBuffer", () => {
  it("is branded, and known by what it is", () => {
    withMemory(64, (shared) => {
      assert.equal(PROCESS_SHARED_BUFFER_BRAND, Symbol.for("knitting.processSharedBuffer"));
      assert.equal(shared[PROCESS_SHARED_BUFFER_BRAND], true);
      assert.ok(ProcessSharedBuffer.is(shared));
      for (const other of [undefined, null, {}, { [PROCESS_SHARED_BUFFER_BRAND]: true }]) {
        assert.equal(ProcessSharedBuffer.is(other), false);
      }
      assert.equal(ProcessSharedBuffer.is(Object.create(ProcessSharedBuffer.prototype)), false);
    });
  });

  it("is a SharedArrayBuffer where the runtime can make one, and says so where not", () => {
    withMemory(64, (shared) => {
      const region = shared.subbuffer(8, 8);
      if (runtimeName === "deno") {
        const message = "deno mapping is external-array-buffer; a native SAB wrapper is required";
        for (const get of ["getSAB", "getSharedArrayBuffer", "getRegion"] as const) {
          assert.throws(() => region[get](), { name: "TypeError", message });
        }
        return;
      }
      const { sab, byteOffset, byteLength } = region.getRegion();
      assert.ok(sab instanceof SharedArrayBuffer);
      assert.deepEqual([sab.byteLength, byteOffset, byteLength], [64, 8, 8]);
      assert.equal(shared.getSAB(), sab);
      assert.equal(shared.getSharedArrayBuffer(), sab);
      Atomics.store(new Int32Array(sab), 2, 6);
      assert.equal(region.view(Int32Array)[0], 6);
      shared.close();
      assert.equal(Atomics.add(new Int32Array(sab), 2, 1), 6);
    });
  });
});
