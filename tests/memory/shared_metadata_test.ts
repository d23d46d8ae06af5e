import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import {
  getDefaultProcessSharedBufferPrimitives,
  parseProcessSharedBufferMetadata,
  ProcessSharedBuffer,
  type ProcessSharedBufferMapOptions,
  type ProcessSharedBufferMapping,
  type ProcessSharedBufferMetadata,
  type ProcessSharedBufferPrimitives,
  setDefaultProcessSharedBufferPrimitives,
} from "../../shared_memory.ts";
import { nativeLibrary } from "../../src/native/library.ts";
import { runtimeName } from "../support/program.ts";
import { freshName, isLinux, throwsCode } from "../support/shared_memory.ts";

/** Whether this process has the handle; on Linux. */
const isOpen = (fd: number) => existsSync(`/proc/self/fd/${fd}`);

const isMapped = ({ descriptor }: ProcessSharedBuffer) => descriptor.mapping !== undefined;

describe("metadata", () => {
  const shared = ProcessSharedBuffer.create(128);
  const region = shared.subbuffer(32, 16);
  const metadata = region.toMetadata();
  const withField = (path: string, value: unknown): ProcessSharedBufferMetadata => {
    const copy = structuredClone(metadata) as unknown as Record<string, unknown>;
    const [outer, inner] = path.split(".");
    if (inner === undefined) copy[outer!] = value;
    else (copy[outer!] as Record<string, unknown>)[inner] = value;
    return copy as unknown as ProcessSharedBufferMetadata;
  };

  it("has this form", () => {
    assert.deepEqual(metadata, {
      version: 1,
      descriptor: {
        version: 1,
        fd: shared.fd,
        size: 128,
        byteLength: 128,
        runtime: runtimeName,
        kind: "external-array-buffer",
        baseAddressMod64: 0,
      },
      byteOffset: 32,
      byteLength: 16,
    });
    assert.ok(Number.isInteger(shared.fd) && shared.fd > 2);
  });

  it("is the same in all forms", () => {
    assert.deepEqual(region.toJSON(), metadata);
    for (const text of [region.stringify(), region.stringifyMetadata(), region.toString()]) {
      assert.deepEqual(JSON.parse(text), metadata);
    }
    assert.equal(JSON.stringify({ region }), `{"region":${region}}`);
    const { descriptor } = shared;
    assert.deepEqual(descriptor.toJSON(), metadata.descriptor);
    for (const text of [descriptor.stringify(), descriptor.stringifyMetadata(), `${descriptor}`]) {
      assert.deepEqual(JSON.parse(text), metadata.descriptor);
    }
  });

  it("becomes the same region again, and maps with the first view", () => {
    region.bytes()[3] = 77;
    const copies = [
      ProcessSharedBuffer.fromMetadata(metadata),
      ProcessSharedBuffer.fromMetadata(region.stringify()),
      ProcessSharedBuffer.parse(`${region}`),
    ];
    for (const copy of copies) {
      assert.equal(isMapped(copy), false);
      assert.deepEqual(copy.toMetadata(), metadata);
      assert.equal(copy.bytes()[3], 77);
      assert.notEqual(copy.getBuffer(), shared.getBuffer());
      assert.ok(isMapped(copy));
      assert.notEqual(copy.descriptor.mapping!.fd, shared.fd);
      copy.close();
    }
    assert.equal(region.bytes()[3], 77);
  });

  it("with a name is opened by its name, whatever the handle", () => {
    const name = freshName();
    const owner = ProcessSharedBuffer.create({ mode: "create", name, size: 64 });
    owner.bytes()[0] = 5;
    const told = owner.toMetadata();
    assert.equal(told.descriptor.name, name);
    const copy = ProcessSharedBuffer.fromMetadata({
      ...told,
      descriptor: { ...told.descriptor, fd: 999_999 },
    });
    assert.equal(copy.bytes()[0], 5);
    copy.close();
    owner.close();
    getDefaultProcessSharedBufferPrimitives().unlinkSharedMemory!(name);
    const late = ProcessSharedBuffer.fromMetadata(told);
    throwsCode("KNT_ERROR_SHARED_MEMORY", /ENOENT/, () => late.bytes());
  });

  it("may leave out what is not needed", () => {
    const { fd, size, byteLength } = metadata.descriptor;
    const descriptor = { version: 1, fd, size, byteLength } as const;
    const short = { version: 1, descriptor, byteOffset: 0, byteLength: 4 } as const;
    assert.deepEqual(parseProcessSharedBufferMetadata(short), short);
    assert.deepEqual(ProcessSharedBuffer.fromMetadata(short).toMetadata(), short);
    const more = { ...short, more: 1, descriptor: { ...descriptor, more: 1 } };
    assert.deepEqual(parseProcessSharedBufferMetadata(more), short);
  });

  it("of another form is refused", () => {
    const types: [path: string, values: unknown[]][] = [
      ["version", [undefined, 0, 2, "1"]],
      ["descriptor", [undefined, null, 5, "text", []]],
      ["byteOffset", [undefined, null, "0", 0n]],
      ["byteLength", [undefined, null, "0"]],
      ["descriptor.version", [undefined, 2, "1"]],
      ["descriptor.fd", [undefined, null, "3"]],
      ["descriptor.size", [undefined, "64"]],
      ["descriptor.byteLength", [undefined, "64"]],
      ["descriptor.runtime", ["browser", 1, null]],
      ["descriptor.kind", ["array-buffer", 1, null]],
      ["descriptor.baseAddressMod64", ["0", null]],
      ["descriptor.name", [5, null, {}]],
    ];
    for (const [path, values] of types) {
      for (const value of values) {
        const bad = withField(path, value);
        assert.throws(() => ProcessSharedBuffer.fromMetadata(bad), TypeError, `${path}: ${value}`);
      }
    }
    for (const bad of [undefined, null, 5, [], "", "{", "null", "[]", '"text"', "{}"]) {
      assert.throws(() => ProcessSharedBuffer.fromMetadata(bad as string), TypeError);
      assert.throws(() => parseProcessSharedBufferMetadata(bad), /ProcessSharedBuffer metadata/);
    }
  });

  it("with numbers that make no sense is refused", () => {
    const numbers: [path: string, values: number[]][] = [
      ["byteOffset", [-1, 0.5, NaN, Infinity, 129, 2 ** 60]],
      ["byteLength", [-1, 0.5, NaN, 97, 2 ** 53]],
      ["descriptor.fd", [-1, 0.5, NaN, Infinity]],
      ["descriptor.size", [0, -64, 0.5, NaN, 47]],
      ["descriptor.byteLength", [-1, NaN]],
      ["descriptor.baseAddressMod64", [-1, 0.5]],
    ];
    for (const [path, values] of numbers) {
      for (const value of values) {
        const bad = withField(path, value);
        assert.throws(() => ProcessSharedBuffer.fromMetadata(bad), RangeError, `${path}: ${value}`);
      }
    }
  });

  it("that speaks of what is not there fails when it is mapped, and harms nothing", () => {
    const cases: [path: string, value: unknown, code: string | undefined][] = [
      ["descriptor.fd", 999_999, "KNT_ERROR_SHARED_MEMORY"],
      ["descriptor.fd", 1, "KNT_ERROR_SHARED_MEMORY"],
      ["descriptor.size", 4096, "KNT_ERROR_SHARED_MEMORY"],
      // The lower half of it is a handle that is open.
      ["descriptor.fd", 2 ** 32 + shared.fd, undefined],
      ["descriptor.fd", 2 ** 53 - 1, undefined],
    ];
    for (const [path, value, code] of cases) {
      const copy = ProcessSharedBuffer.fromMetadata(withField(path, value));
      if (code === undefined) assert.throws(() => copy.bytes(), RangeError, `${path}: ${value}`);
      else throwsCode(code, /^Cannot map/, () => copy.bytes());
    }
    region.bytes()[0] = 1;
    assert.equal(region.bytes()[0], 1);
  });
});

describe("the default primitives", () => {
  const primitives = getDefaultProcessSharedBufferPrimitives();

  it("are always the same", () => {
    assert.equal(getDefaultProcessSharedBufferPrimitives(), primitives);
    assert.equal(typeof primitives.unlinkSharedMemory, "function");
  });

  it("give mappings that tell everything", () => {
    const mapping = primitives.createSharedMemory({ size: 100 });
    assert.deepEqual([mapping.runtime, mapping.size, mapping.byteLength], [runtimeName, 128, 128]);
    assert.equal(mapping.kind, "external-array-buffer");
    assert.equal(mapping.arrayBuffer, mapping.buffer);
    assert.equal(mapping.baseAddressMod64, 0);
    assert.ok(mapping.unsafePointer as bigint > 0n);
    const shared = ProcessSharedBuffer.fromMapping(mapping);
    assert.equal(shared.descriptor.mapping, mapping);
    mapping.close!();
    mapping.close!();
  });

  it("map a duplicate of the handle, and leave it to its owner", () => {
    const owner = primitives.createSharedMemory(64);
    const { fd, size } = owner;
    const first = primitives.mapSharedMemory({ fd, size });
    const second = primitives.mapSharedMemory({ fd, size: 33.7, duplicateFd: true });
    assert.equal(second.size, 33);
    assert.equal(new Set([fd, first.fd, second.fd]).size, 3);
    new Uint8Array(owner.buffer)[0] = 3;
    owner.close!();
    assert.equal(new Uint8Array(first.buffer)[0], 3);
    assert.equal(new Uint8Array(second.buffer)[0], 3);
    first.close!();
    second.close!();
  });

  it("take the handle over if they are told to", { skip: !isLinux }, () => {
    const owner = primitives.createSharedMemory(64);
    // Nobody else's: a mapping that had it too would close it again, whatever it is by then.
    const mine = nativeLibrary().call.knit_handle_duplicate(owner.fd);
    assert.ok(isOpen(mine));
    const taken = primitives.mapSharedMemory({ fd: mine, size: 64, duplicateFd: false });
    assert.equal(taken.fd, mine);
    taken.close!();
    assert.ok(!isOpen(mine));
    owner.close!();
  });

  it("leave a handle alone that they cannot map", { skip: !isLinux }, () => {
    const owner = primitives.createSharedMemory(64);
    for (const duplicateFd of [false, true]) {
      throwsCode(
        "KNT_ERROR_SHARED_MEMORY",
        /EOVERFLOW/,
        () => primitives.mapSharedMemory({ fd: owner.fd, size: 65, duplicateFd }),
      );
      assert.ok(isOpen(owner.fd));
    }
    owner.close!();
  });

  it("refuse handles and sizes that make no sense", () => {
    const map = (options: object) =>
      primitives.mapSharedMemory(options as ProcessSharedBufferMapOptions);
    for (const fd of [-1, 1.5, NaN, "3", undefined, 2 ** 31, 2 ** 32]) {
      assert.throws(() => map({ fd, size: 64 }), RangeError, `fd ${fd}`);
    }
    for (const size of [0, -1, 0.5, NaN, Infinity]) {
      assert.throws(() => map({ fd: 1, size }), /^RangeError: shared memory size/);
    }
    assert.throws(() => map({ fd: 1, size: 64, name: "" }), /requires a name/);
    assert.throws(() => map({ fd: 1, size: "64" }), TypeError);
  });
});

describe("custom primitives", () => {
  /** Memory of this program that only pretends to be shared. */
  function fake(): ProcessSharedBufferPrimitives & { calls: unknown[] } {
    const calls: unknown[] = [];
    const mappingOf = (size: number, fd: number): ProcessSharedBufferMapping => {
      const buffer = new SharedArrayBuffer(size);
      const kind = "shared-array-buffer";
      return { runtime: "node", fd, size, byteLength: size, buffer, kind, sab: buffer };
    };
    return {
      calls,
      createSharedMemory(options) {
        calls.push(options);
        return mappingOf(typeof options === "number" ? options : options.size, 100);
      },
      mapSharedMemory(options) {
        calls.push(options);
        return mappingOf(options.size, options.fd);
      },
    };
  }

  it("create and map what they are asked to", () => {
    const primitives = fake();
    const shared = ProcessSharedBuffer.create({ size: 10 }, primitives);
    assert.deepEqual([shared.fd, shared.size], [100, 10]);
    assert.ok(shared.getBuffer() instanceof SharedArrayBuffer);
    assert.equal(shared.getSAB(), shared.getBuffer());
    assert.equal(shared.toMetadata().descriptor.kind, "shared-array-buffer");
    shared.close(); // has nothing to close
    assert.equal(shared.bytes().length, 10);

    const copy = ProcessSharedBuffer.fromMetadata(shared.toMetadata());
    assert.equal(copy.view(Int8Array, primitives).length, 10);
    assert.equal(copy.bytes().length, 10); // mapped already
    assert.deepEqual(primitives.calls, [{ size: 10 }, { fd: 100, size: 10 }]);
  });

  it("can be the default, until it is reset", () => {
    const native = getDefaultProcessSharedBufferPrimitives();
    const primitives = fake();
    setDefaultProcessSharedBufferPrimitives(primitives);
    try {
      assert.equal(getDefaultProcessSharedBufferPrimitives(), primitives);
      assert.equal(ProcessSharedBuffer.create(8).fd, 100);
      const told = ProcessSharedBuffer.create(8).toMetadata();
      assert.ok(ProcessSharedBuffer.fromMetadata(told).getBuffer() instanceof SharedArrayBuffer);
      assert.equal(primitives.calls.length, 3);
    } finally {
      setDefaultProcessSharedBufferPrimitives(undefined);
    }
    assert.equal(getDefaultProcessSharedBufferPrimitives(), native);
  });
});
