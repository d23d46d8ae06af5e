import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as workerThreads from "node:worker_threads";
import { ProcessSharedBuffer } from "../../shared_memory.ts";
import { collectorFlags, parsesUsing, runProgram } from "../support/program.ts";
import { isLinux, memoryInUse, throwsReleased } from "../support/shared_memory.ts";

describe("close", () => {
  it("detaches all views, those of regions too, and may be called again", () => {
    const shared = ProcessSharedBuffer.create(128);
    const region = shared.subbuffer(64);
    const views = [shared.view(Int32Array), region.view(Float64Array), region.bytes()];
    const dataView = region.dataView();
    const buffer = shared.getBuffer() as ArrayBuffer;
    for (let i = 0; i < 3; i++) shared.close();
    region.close();
    shared[Symbol.dispose]();
    shared.descriptor.mapping!.close!();
    for (const view of views) assert.equal(view.length, 0);
    assert.throws(() => dataView.byteLength, TypeError);
    assert.ok(buffer.detached);
    const [words] = views as [Int32Array];
    words[0] = 1; // goes nowhere
    assert.equal(words[0], undefined);
    assert.throws(() => Atomics.store(words, 0, 1));
  });

  it("through a region or the mapping closes all", () => {
    for (const way of ["region", "mapping", "descriptor"]) {
      const shared = ProcessSharedBuffer.create(64);
      const view = shared.bytes();
      if (way === "region") shared.subbuffer(8, 8).close();
      else if (way === "mapping") shared.descriptor.mapping!.close!();
      else shared.descriptor.close();
      assert.equal(view.length, 0);
      throwsReleased(() => shared.bytes());
    }
  });

  it("leaves other mappings of the same memory alone", () => {
    const shared = ProcessSharedBuffer.create(64);
    const other = ProcessSharedBuffer.fromMetadata(shared.toMetadata());
    other.bytes()[0] = 4;
    shared.close();
    assert.equal(other.bytes()[0], 4);
    other.close();
    throwsReleased(() => other.bytes());
  });

  it("of what was never mapped does nothing", () => {
    const shared = ProcessSharedBuffer.create(64);
    const other = ProcessSharedBuffer.fromMetadata(shared.toMetadata());
    other.close();
    assert.equal(other.bytes().length, 64);
    other.close();
    shared.close();
  });

  it("gives handle and mapping back, on Linux", { skip: !isLinux }, () => {
    const before = memoryInUse();
    const all = Array.from({ length: 100 }, () => ProcessSharedBuffer.create(64));
    assert.deepEqual(memoryInUse(), {
      handles: before.handles + 100,
      mappings: before.mappings + 100,
    });
    for (const shared of all) shared.close();
    assert.deepEqual(memoryInUse(), before);
  });

  it("ends a block with using", { skip: !parsesUsing }, () => {
    const body = "using shared = create(64); return shared;";
    const shared = new Function("create", body)(ProcessSharedBuffer.create) as ProcessSharedBuffer;
    throwsReleased(() => shared.bytes());
  });
});

describe("a closed ProcessSharedBuffer", () => {
  it("has no memory to show, and still tells of itself", () => {
    const shared = ProcessSharedBuffer.create(128);
    const region = shared.subbuffer(64, 32);
    const told = region.toMetadata();
    shared.close();
    const uses: (() => unknown)[] = [
      () => region.view(Int32Array),
      () => region.bytes(),
      () => region.dataView(),
      () => region.getBuffer(),
      () => region.getSAB(),
      () => region.getSharedArrayBuffer(),
      () => region.getRegion(),
      () => region.descriptor.getBuffer(),
      () => region.descriptor.getSAB(),
      () => region.subbuffer(0, 8).bytes(),
    ];
    for (const use of uses) throwsReleased(use);
    assert.deepEqual(region.toMetadata(), told);
    assert.deepEqual([region.byteOffset, region.byteLength, region.size], [64, 32, 128]);
    const { mapping } = shared.descriptor;
    assert.equal(mapping!.sab, undefined);
    assert.equal(mapping!.unsafePointer, 0n);
  });
});

describe("a buffer that was taken away", () => {
  const ways: [how: string, take: (buffer: ArrayBuffer) => ArrayBuffer][] = [
    ["transfer", (buffer) => buffer.transfer()],
    ["transfer to another size", (buffer) => buffer.transfer(4096)],
    ["transferToFixedLength", (buffer) => buffer.transferToFixedLength()],
    ["structuredClone", (buffer) => structuredClone(buffer, { transfer: [buffer] })],
  ];
  for (const [how, take] of ways) {
    it(`by ${how} is not ours any more; close does it no harm`, () => {
      const shared = ProcessSharedBuffer.create(64);
      shared.bytes()[5] = 5;
      let taken: ArrayBuffer;
      try {
        taken = take(shared.getBuffer() as ArrayBuffer);
      } catch {
        // Not every runtime moves memory of others; then it is still here.
        assert.equal(shared.bytes()[5], 5);
        shared.close();
        return;
      }
      throwsReleased(() => shared.bytes());
      throwsReleased(() => shared.getSAB());
      shared.close();
      throwsReleased(() => shared.bytes());
      const bytes = new Uint8Array(taken);
      assert.equal(bytes[5], 5);
      bytes.fill(9);
      assert.ok(bytes.every((byte) => byte === 9));
    });
  }

  it("by a message is not ours any more; close does it no harm", async () => {
    const { port1, port2 } = new workerThreads.MessageChannel();
    try {
      const shared = ProcessSharedBuffer.create(64);
      shared.bytes()[5] = 5;
      const buffer = shared.getBuffer() as ArrayBuffer;
      const arrived = new Promise<ArrayBuffer>((resolve) => port2.once("message", resolve));
      try {
        port1.postMessage(buffer, [buffer]);
      } catch {
        assert.equal(shared.bytes()[5], 5);
        shared.close();
        return;
      }
      shared.close();
      const bytes = new Uint8Array(await arrived);
      assert.equal(bytes[5], 5);
      bytes.fill(9);
    } finally {
      port1.close();
      port2.close();
    }
  });

  it("by a byte stream is not ours any more; close does it no harm", async () => {
    const shared = ProcessSharedBuffer.create(64);
    shared.bytes()[5] = 5;
    const stream = new ReadableStream({
      type: "bytes",
      start(controller) {
        controller.enqueue(shared.bytes() as Uint8Array<ArrayBuffer>);
        controller.close();
      },
    });
    throwsReleased(() => shared.bytes());
    shared.close();
    const { value } = await stream.getReader().read();
    assert.equal(value![5], 5);
    value!.fill(9);
  });

  it("is not needed: one that may not be detached is closed all the same", () => {
    const shared = ProcessSharedBuffer.create(64);
    const view = shared.bytes();
    workerThreads.markAsUntransferable(view.buffer);
    shared.close();
    throwsReleased(() => shared.bytes());
    throwsReleased(() => shared.getSAB());
    // Where the mark is heeded, the view keeps its memory until it is collected.
    for (let i = 0; i < view.length; i++) {
      view[i] = 1;
      assert.equal(view[i], 1);
    }
    shared.close();
  });
});

describe("memory that nothing refers to", () => {
  it("is given back, wherever its buffer has gone", { skip: !isLinux }, async () => {
    const { code, stdout, stderr } = await runProgram("shared_garbage.ts", {
      flags: collectorFlags,
    });
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), {
      dropped: true,
      moved: true,
      posted: true,
      regions: true,
      views: true,
    });
  });
});
