import assert from "node:assert/strict";
import process from "node:process";
import { closeSync, fstatSync, ftruncateSync, openSync, unlinkSync } from "node:fs";
import { describe, it } from "node:test";
import {
  getDefaultProcessSharedBufferPrimitives,
  ProcessSharedBuffer,
} from "../../shared_memory.ts";
import { holdFor, readCrossing, writeCrossing } from "../../src/memory/crossing.ts";
import { installed, withPeer } from "../support/peer.ts";
import { collectorFlags, runProgram } from "../support/program.ts";
import {
  freshName,
  isLinux,
  memoryInUse,
  pathOf,
  throwsCode,
  throwsReleased,
} from "../support/shared_memory.ts";
import { errorWithCode } from "../support/waiting.ts";

describe("text of shared memory", () => {
  it("gives the same mapping in the same thread, and the same region", () => {
    const shared = ProcessSharedBuffer.create(128);
    const back = readCrossing(writeCrossing(shared.subbuffer(16, 32), 0));
    assert.ok(ProcessSharedBuffer.is(back));
    assert.equal(back.descriptor, shared.descriptor);
    assert.deepEqual([back.byteOffset, back.byteLength], [16, 32]);
    shared.close();
    throwsReleased(() => back.bytes());
  });

  it("cannot be written once the memory is closed, or taken away", () => {
    const closed = ProcessSharedBuffer.create(64);
    closed.close();
    assert.equal(holdFor(closed), 0);
    throwsReleased(() => writeCrossing(closed, 0));
    const taken = ProcessSharedBuffer.create(64);
    (taken.getBuffer() as ArrayBuffer).transfer();
    assert.equal(holdFor(taken), 0);
    throwsReleased(() => writeCrossing(taken, 0));
  });

  it("of memory that was closed before it is read is refused", () => {
    const shared = ProcessSharedBuffer.create(64);
    const text = writeCrossing(shared, 0);
    shared.close();
    throwsReleased(() => readCrossing(text));
    // A later mapping at the same place is not taken for it.
    const others = Array.from({ length: 20 }, () => ProcessSharedBuffer.create(64));
    throwsReleased(() => readCrossing(text));
    for (const other of others) other.close();
  });

  it("with a hold is good as long as the hold, whatever becomes of the sender's", () => {
    const shared = ProcessSharedBuffer.create(64);
    shared.bytes()[0] = 5;
    const text = writeCrossing(shared, holdFor(shared));
    shared.close();
    const back = readCrossing(text);
    assert.equal(back.bytes()[0], 5);
    const before = isLinux ? memoryInUse() : undefined;
    // The hold is used up; the mapping is known still, and must not go with a hold that is none.
    assert.equal(readCrossing(text).descriptor, back.descriptor);
    assert.equal(back.bytes()[0], 5);
    back.close();
    throwsReleased(() => readCrossing(text));
    if (before !== undefined) assert.equal(memoryInUse().handles, before.handles - 1);
  });

  it("of memory that was never mapped says what to map", () => {
    const shared = ProcessSharedBuffer.create(64);
    const unmapped = ProcessSharedBuffer.fromMetadata(shared.toMetadata());
    const back = readCrossing(writeCrossing(unmapped, 0));
    assert.notEqual(back.descriptor, unmapped.descriptor);
    shared.bytes()[1] = 6;
    assert.equal(back.bytes()[1], 6);
    back.close();
    shared.close();
  });

  it("of memory that its sender could cut short is refused", { skip: !isLinux }, () => {
    const shared = ProcessSharedBuffer.create(64);
    const path = pathOf(freshName());
    const fd = openSync(path, "wx+");
    try {
      ftruncateSync(fd, 64);
      const [metadata, offset, length, origin] = JSON.parse(writeCrossing(shared, 0));
      const other = { ...origin, token: origin.token + 1, identity: fstatSync(fd).ino };
      const forged = JSON.stringify([{ ...metadata, fd }, offset, length, other]);
      const refusal = /its size can be changed, so it was not made by knitting$/;
      throwsCode("KNT_ERROR_SHARED_MEMORY", refusal, () => readCrossing(forged));
    } finally {
      closeSync(fd);
      unlinkSync(path);
      shared.close();
    }
  });

  it("that another process wrote says nothing of what this one has mapped", () => {
    const shared = ProcessSharedBuffer.create(64);
    const hold = holdFor(shared);
    const text = writeCrossing(shared, hold);
    const [metadata, offset, length, origin] = JSON.parse(text);
    const forge = (origin: unknown): string => JSON.stringify([metadata, offset, length, origin]);
    const texts = [
      text,
      forge(null), // a handle of this process
      forge({ ...origin, token: origin.token + 1 }), // the same, by number of the process
    ];
    for (const forged of texts) {
      throwsCode(
        "KNT_ERROR_SHARED_MEMORY",
        /another process speaks of what this one has mapped$/,
        () => readCrossing(forged, true),
      );
    }
    const back = readCrossing(text); // its hold is still good
    assert.equal(back.descriptor, shared.descriptor);
    shared.close();
  });

  it("that was forged or garbled gives an error, and harms nothing", () => {
    const shared = ProcessSharedBuffer.create(64);
    const text = writeCrossing(shared, 0);
    shared.bytes()[0] = 9;
    const [metadata, byteOffset, byteLength, origin] = JSON.parse(text);
    const forge = (changes: object, of: object = {}, range: unknown[] = [byteOffset, byteLength]) =>
      JSON.stringify([{ ...metadata, ...of }, ...range, { ...origin, ...changes }]);
    const elsewhere = { token: origin.token + 1 };
    const texts = [
      "",
      "{",
      "null",
      "5",
      "{}",
      "[]",
      "[null]",
      "[{},0,0]",
      text.slice(0, -3),
      forge({ mapping: origin.mapping + 1 }),
      forge({ mapping: -1 }),
      forge({ mapping: 2 ** 52 }),
      forge({ mapping: 0 }),
      forge({ mapping: "x" }),
      forge({ mapping: 7, hold: 123_456_789 }),
      forge({ mapping: 7, hold: -5 }),
      forge({ mapping: 7, hold: 1.5 }),
      forge({ ...elsewhere, processId: 2 ** 22 + 1 }),
      forge({ ...elsewhere, processId: -1 }),
      forge({ ...elsewhere, processId: 0 }),
      forge({ ...elsewhere, processId: "self" }),
      forge(elsewhere, { fd: 999_999 }),
      forge(elsewhere, { fd: 1 }),
      forge(elsewhere, { fd: -1 }),
      forge(elsewhere, { fd: 2 ** 32 + shared.fd }),
      forge(elsewhere, { fd: "3" }),
      forge({ ...elsewhere, identity: origin.identity + 1 }),
      forge({ ...elsewhere, identity: "x" }),
      forge(elsewhere, { size: 4096 }),
      forge(elsewhere, { size: -64 }),
      forge(elsewhere, { size: 2 ** 60 }),
      forge(elsewhere, { size: "64" }),
      forge(elsewhere, { name: freshName() }),
      forge(elsewhere, { name: "../../etc/passwd" }),
      forge(elsewhere, { name: 5 }),
      forge({}, {}, [0, 65]),
      forge({}, {}, [-1, 4]),
      forge({}, {}, ["0", 4]),
    ];
    const before = isLinux ? memoryInUse() : undefined;
    for (const forged of texts) {
      assert.throws(() => readCrossing(forged).bytes(), Error, forged);
    }
    if (before !== undefined) {
      const { handles, mappings } = memoryInUse();
      // Less, if what another test has dropped was collected in between.
      assert.ok(handles <= before.handles && mappings <= before.mappings);
    }
    assert.equal(readCrossing(text).bytes()[0], 9);
    shared.close();
  });
});

describe("shared memory between processes", { skip: !isLinux }, () => {
  for (const runtime of installed) {
    it(`is the same on both sides: without a name, ${runtime}`, async () => {
      const shared = ProcessSharedBuffer.create(256);
      const view = shared.view(Int32Array);
      await withPeer(runtime, async (peer) => {
        const theirs = await peer.ask("receive", writeCrossing(shared.subbuffer(64, 128), 0));
        assert.deepEqual(await peer.ask("describe", theirs), {
          byteOffset: 64,
          byteLength: 128,
          size: 256,
        });
        Atomics.store(view, 16, 41);
        assert.equal(await peer.ask("add", theirs, 0, 1), 41);
        assert.equal(Atomics.load(view, 16), 42);

        const again = await peer.ask("receive", writeCrossing(shared, 0));
        assert.equal(await peer.ask("isSame", theirs, again), true);

        const adding = peer.ask("addMany", again, 20_000);
        for (let i = 0; i < 20_000; i++) {
          Atomics.add(view, 0, 1);
          if (i % 1000 === 0) await new Promise((resolve) => setTimeout(resolve));
        }
        await adding;
        assert.equal(Atomics.load(view, 0), 40_000);

        // Theirs stays when ours is closed.
        shared.close();
        assert.equal(await peer.ask("load", again, 0), 40_000);
        assert.equal(await peer.ask("load", theirs, 0), 42);
      });
    });

    it(`is the same on both sides: with a name, ${runtime}`, async () => {
      const name = freshName();
      const shared = ProcessSharedBuffer.create({ mode: "create", name, size: 64 });
      try {
        await withPeer(runtime, async (peer) => {
          const received = await peer.ask("receive", writeCrossing(shared, 0));
          const opened = await peer.ask("open", name, 64);
          assert.equal(await peer.ask("add", received, 0, 5), 0);
          assert.equal(await peer.ask("add", opened, 0, 5), 5);
          assert.equal(Atomics.load(shared.view(Int32Array), 0), 10);
          await errorWithCode(peer.ask("createNamed", name, 64), "KNT_ERROR_SHARED_MEMORY");
        });
        // Who only opened a name does not remove it.
        ProcessSharedBuffer.create({ mode: "open", name, size: 64 }).close();
      } finally {
        shared.close();
        getDefaultProcessSharedBufferPrimitives().unlinkSharedMemory!(name);
      }
    });

    it(`comes from there, and outlives it: ${runtime}`, async () => {
      let back: ProcessSharedBuffer | undefined;
      let late = "";
      await withPeer(runtime, async (peer) => {
        const theirs = await peer.ask("create", 64);
        await peer.ask("add", theirs, 3, 7);
        const text = await peer.ask("write", theirs) as string;
        back = readCrossing(text);
        assert.equal(readCrossing(text).descriptor, back.descriptor);
        assert.equal(Atomics.add(back.view(Int32Array), 3, 1), 7);
        assert.equal(await peer.ask("load", theirs, 3), 8);
        late = await peer.ask("write", await peer.ask("create", 64)) as string;
      });
      assert.equal(back!.view(Int32Array)[3], 8);
      back!.close();
      await errorWithCode(
        Promise.resolve().then(() => readCrossing(late)),
        "KNT_ERROR_SHARED_MEMORY",
      );
    });
  }

  it("that was closed before it was received is not taken for what is there now", async () => {
    await withPeer(installed[0]!, async (peer) => {
      const shared = ProcessSharedBuffer.create(64);
      const text = writeCrossing(shared, 0);
      shared.close();
      const other = ProcessSharedBuffer.create(64);
      assert.equal(other.fd, shared.fd, "the system uses numbers of handles again");
      await errorWithCode(peer.ask("receive", text), "KNT_ERROR_RELEASED");
      other.close();
    });
  });
});

describe("decoding", () => {
  it("leaks nothing, however often", { skip: process.platform !== "linux" }, async () => {
    const options = { flags: collectorFlags };
    const { code, stdout, stderr } = await runProgram("crossing_rounds.ts", options);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { wrong: 0, handles: true, mappings: true });
  });
});
