import assert from "node:assert/strict";
import process from "node:process";
import { closeSync, fstatSync, ftruncateSync, openSync, statSync, unlinkSync } from "node:fs";
import { describe, it } from "node:test";
import {
  getDefaultProcessSharedBufferPrimitives,
  ProcessSharedBuffer,
} from "../../shared_memory.ts";
import { holdFor, readCrossing, type Sender, writeCrossing } from "../../src/memory/crossing.ts";
import { createLaneMemory } from "../../src/memory/lane_memory.ts";
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

/** Another process, which is believed all that can be believed. */
const anybody: Sender = { mayName: () => true, sandboxed: false, owns: () => true };
const unnamed: Sender = { ...anybody, mayName: () => false };

function refused(message: RegExp, text: string, from: Sender): void {
  throwsCode("KNT_ERROR_SHARED_MEMORY", message, () => readCrossing(text, from));
}

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
        () => readCrossing(forged, anybody),
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

describe("text that another process wrote about memory with a name", { skip: !isLinux }, () => {
  const { unlinkSharedMemory } = getDefaultProcessSharedBufferPrimitives();
  const about = (name: string, size = 64): string =>
    JSON.stringify([{ version: 1, fd: 3, size, byteLength: size, name }, 0, size, {
      token: 5,
      processId: 1,
      mapping: 1,
      identity: 1,
      hold: 0,
    }]);
  /** A file that another program has made. */
  const withForeign = (body: (name: string) => void): void => {
    const name = freshName();
    const fd = openSync(pathOf(name), "wx+");
    try {
      ftruncateSync(fd, 64);
      body(name);
    } finally {
      closeSync(fd);
      unlinkSync(pathOf(name));
    }
  };

  it("is refused if neither this program nor permission knows the name", () => {
    withForeign((name) => {
      const unmapped = JSON.stringify([...JSON.parse(about(name)).slice(0, 3), null]);
      for (const text of [about(name), about(`/${name}`), unmapped]) {
        const words = new RegExp(
          `expected a name that permission lets workers read and write in /dev/shm, or one ` +
            `that this program has made, opened or sent; received "${name}"$`,
        );
        refused(words, text, unnamed);
        const back = readCrossing(text, { ...unnamed, mayName: (plain) => plain === name });
        assert.equal(back.bytes().length, 64);
        back.close();
      }
    });
  });

  it("is taken if this program has made, opened or sent it, also when it is closed", () => {
    const name = freshName();
    const made = ProcessSharedBuffer.create({ mode: "create", name, size: 64 });
    made.bytes()[0] = 5;
    made.close();
    const back = readCrossing(about(name), unnamed);
    assert.equal(back.bytes()[0], 5);
    assert.equal(readCrossing(about(name), unnamed).descriptor, back.descriptor);
    back.close();
    unlinkSharedMemory!(name);
    refused(/expected a name that/, about(name), unnamed);

    withForeign((other) => {
      ProcessSharedBuffer.create({ mode: "open", name: `/${other}`, size: 64 }).close();
      readCrossing(about(other), unnamed).close();
    });
    withForeign((other) => {
      const theirs = readCrossing(about(other), anybody);
      refused(/expected a name that/, about(other), unnamed);
      writeCrossing(theirs, 0);
      readCrossing(about(other), unnamed).close();
      theirs.close();
    });
  });

  it("is refused if the name has become that of other memory", () => {
    const name = freshName();
    const made = ProcessSharedBuffer.create({ mode: "create", name, size: 64 });
    unlinkSync(pathOf(name));
    closeSync(openSync(pathOf(name), "wx+"));
    refused(/not memory|smaller/, about(name), unnamed);
    const fd = openSync(pathOf(name), "r+");
    ftruncateSync(fd, 64);
    closeSync(fd);
    const before = memoryInUse();
    refused(
      new RegExp(`what this program has named "${name}"; received other`),
      about(name),
      unnamed,
    );
    assert.deepEqual(memoryInUse(), before);
    unlinkSharedMemory!(name);
    made.close();
  });

  it("is for a sandbox what permission says, and nothing else", () => {
    const name = freshName();
    const made = ProcessSharedBuffer.create({ mode: "create", name, size: 64 });
    const sandboxed = { ...anybody, sandboxed: true };
    refused(/read and write in \/dev\/shm; received/, about(name), {
      ...sandboxed,
      mayName: () => false,
    });
    readCrossing(about(name), sandboxed).close();
    unlinkSharedMemory!(name);
    made.close();
  });

  it("is refused if it is a lane", () => {
    const name = freshName();
    const lane = createLaneMemory(64, name);
    refused(/received "\w+", by which a worker is called$/, about(name), anybody);
    lane.close();
    readCrossing(about(name), anybody).close();
    unlinkSharedMemory!(name);
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

  it("is taken without a name from its own process alone, and from no sandbox", async () => {
    await withPeer(installed[0]!, async (peer) => {
      const text = await peer.ask("write", await peer.ask("create", 64)) as string;
      const isPeer = (processId: number): boolean => processId === peer.pid;
      const own = { ...unnamed, owns: isPeer };
      const before = memoryInUse();
      refused(
        new RegExp(`of the worker's own process; received memory of process ${peer.pid}, which is`),
        text,
        { ...own, owns: (processId) => !isPeer(processId) },
      );
      refused(
        /from a worker in a sandbox comes only memory with a name that permission lets it read/,
        text,
        { ...own, sandboxed: true },
      );
      assert.deepEqual(memoryInUse(), before);
      const back = readCrossing(text, own);
      assert.equal(back.bytes().length, 64);
      // What it says of its memory is nothing that another one has said.
      const [metadata, offset, length, origin] = JSON.parse(text);
      const other = { ...own };
      const elsewhere = JSON.stringify([metadata, offset, length, {
        ...origin,
        fd: 5,
        identity: 7,
      }]);
      assert.equal(readCrossing(elsewhere, own).descriptor, back.descriptor);
      assert.throws(() => readCrossing(elsewhere, other), { code: "KNT_ERROR_RELEASED" });
      back.close();
    });
  });

  it("is not taken if it is what a worker is called through", async () => {
    const lane = createLaneMemory(4096, undefined);
    await withPeer(installed[0]!, async (peer) => {
      const metadata = { version: 1, fd: lane.handle, size: 4096, byteLength: 4096 };
      const { ino: identity } = statSync(`/proc/self/fd/${lane.handle}`);
      const origin = { token: 5, processId: process.pid, mapping: 1, identity, hold: 0 };
      // The other process opens it again, as one can that looks into /proc.
      const theirs = await peer.ask(
        "receive",
        JSON.stringify([metadata, 0, 4096, origin]),
      );
      const text = await peer.ask("write", theirs) as string;
      const before = memoryInUse();
      refused(
        /memory that a task has made; received what a worker is called through$/,
        text,
        anybody,
      );
      assert.deepEqual(memoryInUse(), before);
      lane.close();
      readCrossing(text, anybody).close();
    });
  });

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
