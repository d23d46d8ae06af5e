import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createPool, Envelope, type Options } from "../../mod.ts";
import {
  getDefaultProcessSharedBufferPrimitives,
  ProcessSharedBuffer,
} from "../../shared_memory.ts";
import type { BootData } from "../fixtures/boot_data.ts";
import * as tasks from "../fixtures/process_shared_tasks.ts";
import { mortalWorker } from "../support/end_worker.ts";
import { fillPattern, findMistake } from "../support/pattern.ts";
import { collectorFlags, runProgram } from "../support/program.ts";
import { freshName, isLinux, memoryInUse, throwsReleased } from "../support/shared_memory.ts";
import { errorWithCode, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const words = (shared: ProcessSharedBuffer) => shared.view(Int32Array);

describe("a ProcessSharedBuffer in a call", () => {
  it("is the same memory in the worker", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const shared = ProcessSharedBuffer.create(64);
      Atomics.store(words(shared), 0, 42);
      assert.equal(await call.readFirst(shared), 42);
      Atomics.store(words(shared), 0, 7);
      assert.equal(await call.readFirst(shared), 7);
      shared.close();
    });
  });

  it("arrives as the same region", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const shared = ProcessSharedBuffer.create(256);
      const region = shared.subbuffer(64, 32);
      const arrived = await call.describeIt(region);
      assert.deepEqual([arrived.is, arrived.byteOffset, arrived.byteLength], [true, 64, 32]);
      assert.deepEqual(arrived.metadata, region.toMetadata());
      shared.close();
    });
  });

  it("with a name works alike", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const name = freshName();
      const shared = ProcessSharedBuffer.create({ mode: "create", name, size: 64 });
      words(shared)[0] = 5;
      assert.equal(await call.readFirst(shared), 5);
      assert.equal((await call.describeIt(shared)).metadata.descriptor.name, name);
      shared.close();
      assert.ok(getDefaultProcessSharedBufferPrimitives().unlinkSharedMemory!(name));
    });
  });

  it("comes back as the very memory", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const shared = ProcessSharedBuffer.create(64);
      const back = await call.echo(shared.subbuffer(8)) as ProcessSharedBuffer;
      assert.ok(ProcessSharedBuffer.is(back));
      assert.equal(back.descriptor, shared.descriptor);
      assert.equal(back.byteOffset, 8);
      shared.close();
    });
  });

  it("is the same object each time, while the worker has it", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const shared = ProcessSharedBuffer.create(64);
      const other = ProcessSharedBuffer.create(64);
      assert.equal(await call.keep(shared), 1);
      assert.equal(await call.keep(other), 1);
      assert.equal(await call.keep(shared), 2);
      shared.bytes()[0] = 3;
      // The worker's part stays when the host's is closed.
      shared.close();
      other.close();
      assert.deepEqual(await call.readKept(), [3, 0, 3]);
      await call.closeKept();
    });
  });

  it("is the body of an Envelope, both ways; adding from three workers is exact", async () => {
    await withPool(tasks, { threads: 3 }, async ({ call }) => {
      const shared = ProcessSharedBuffer.create(64);
      const calls = Array.from(
        { length: 30 },
        () => call.addMany(new Envelope(5_000, shared)),
      );
      for (let i = 0; i < 5_000; i++) Atomics.add(words(shared), 0, 1);
      for (const back of await inTime("all calls", Promise.all(calls))) {
        assert.ok(back instanceof Envelope && ProcessSharedBuffer.is(back.payload));
        assert.deepEqual([back.header, back.payload.byteLength], [{ added: 5_000 }, 4]);
        assert.equal(back.payload.descriptor, shared.descriptor);
      }
      assert.equal(words(shared)[0], 31 * 5_000);
      shared.close();
    });
  });

  it("inside of an object is its metadata", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const shared = ProcessSharedBuffer.create(64);
      const metadata = shared.toMetadata();
      assert.deepEqual(await call.echo({ shared }), { shared: metadata });
      assert.deepEqual(await call.echo([1, { shared }]), [1, { shared: metadata }]);
      // With something that JSON cannot say beside it.
      const date = new Date(5);
      assert.deepEqual(await call.echo({ shared, date }), { shared: metadata, date });
      shared.close();
    });
  });

  it("that is closed rejects the call", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const shared = ProcessSharedBuffer.create(64);
      shared.close();
      await errorWithCode(call.readFirst(shared), "KNT_ERROR_RELEASED");
      await errorWithCode(call.addMany(new Envelope(1, shared)), "KNT_ERROR_RELEASED");
      const ours = ProcessSharedBuffer.create(64);
      await errorWithCode(call.closeAndReturn(ours), "KNT_ERROR_RELEASED");
      assert.equal(ours.bytes().length, 64, "only the worker's part was closed");
      ours.close();
      const early = ProcessSharedBuffer.create(64);
      const late = call.readFirst(early);
      early.close();
      const outcome = await inTime("the call", Promise.allSettled([late]));
      const [{ status }] = outcome;
      if (status === "rejected") await errorWithCode(late, "KNT_ERROR_RELEASED");
    });
  });

  it("whose result is refused leaves no hold behind", { skip: !isLinux }, async () => {
    const options: Options = { payload: { maxPayloadBytes: 1000 } };
    await withPool(tasks, options, async ({ call }) => {
      const before = memoryInUse();
      for (let i = 0; i < 20; i++) {
        await errorWithCode(call.returnBadEnvelope(), "KNT_ERROR_3");
      }
      // Nobody has them now but the worker, which ends.
      assert.ok(memoryInUse().mappings <= before.mappings + 20);
    });
    await until("all is given back", () => memoryInUse().mappings === 0);
  });
});

describe("a ProcessSharedBuffer of a worker", () => {
  it("outlives the worker", async () => {
    let shared: ProcessSharedBuffer | undefined;
    await withPool(tasks, {}, async ({ call }) => {
      shared = await call.make({ length: 1000, seed: 3 });
      assert.equal(shared.byteLength, 1024);
    });
    assert.equal(shared!.dataView().getUint32(0), 3);
    shared!.bytes().fill(1);
    shared!.close();
    throwsReleased(() => shared!.bytes());
  });

  it("waits for room with its reply, and comes complete", async () => {
    const options: Options = { threads: 2, payload: { payloadInitialBytes: 4096 } };
    await withPool(tasks, options, async ({ call }) => {
      const results = await inTime(
        "all calls",
        Promise.all(Array.from({ length: 1_000 }, (_, seed) => call.makeLater(seed))),
      );
      results.forEach(({ header, payload }, seed) => {
        assert.equal(header.seed, seed);
        assert.equal(findMistake(payload.bytes(), seed), -1);
        payload.close();
      });
    });
  });
});

describe("a worker that ends with shared memory", () => {
  it("terminated in the middle of a call, leaves the host's alone", async () => {
    const options: Options = { threads: 2 };
    const shared = ProcessSharedBuffer.create(64);
    const pool = createPool(options)(tasks);
    const call = pool.call.spinWith(shared);
    await until("the task runs", () => Atomics.load(words(shared), 1) === 1);
    const [outcome] = await inTime(
      "shutdown",
      Promise.all([errorWithCode(call, "KNT_ERROR_CLOSED"), pool.shutdown()]),
    );
    assert.ok(outcome);
    shared.bytes().fill(1);
    shared.close();
  });

  it("is replaced, and the memory still works", async () => {
    await withPool(tasks, { source: mortalWorker }, async ({ call }) => {
      const shared = ProcessSharedBuffer.create(64);
      for (let i = 0; i < 3; i++) {
        await errorWithCode(call.endWith(shared), "KNT_ERROR_WORKER_EXITED");
        assert.equal(shared.bytes()[0], 1);
        words(shared)[0] = i;
        assert.equal(await inTime("the next worker", call.readFirst(shared)), i);
      }
      shared.close();
    });
  });
});

describe("thousands of shared memories", () => {
  it("made by the host and closed right after their call", async () => {
    const before = isLinux ? memoryInUse() : undefined;
    await withPool(tasks, { threads: 2 }, async ({ call }) => {
      const one = async (seed: number) => {
        const shared = ProcessSharedBuffer.create(100 + seed % 5_000);
        fillPattern(shared.bytes(), seed);
        assert.equal(await call.next(shared), seed + 1);
        assert.equal(findMistake(shared.bytes(), seed + 1), -1);
        shared.close();
      };
      for (let round = 0; round < 100; round++) {
        await Promise.all(Array.from({ length: 20 }, (_, i) => one(round * 20 + i)));
      }
    });
    // What the workers had is gone with them.
    if (before !== undefined) {
      await until("all is given back", () => memoryInUse().mappings <= before.mappings);
    }
  });

  it("do not wait for the collector until the process is out of handles", {
    skip: !isLinux,
  }, async () => {
    await withPool(tasks, {}, async ({ call }) => {
      let most = 0;
      for (let round = 0; round < 20; round++) {
        for (let i = 0; i < 500; i++) {
          const shared = ProcessSharedBuffer.create(64);
          await call.readFirst(shared);
          shared.close();
        }
        most = Math.max(most, memoryInUse().handles);
      }
      assert.ok(most < 6000, `${most} of 10000 handles are open`);
    });
  });

  it("made by workers, returned and dropped", { skip: !isLinux }, async () => {
    const { code, stdout, stderr } = await runProgram("shared_results.ts", {
      flags: collectorFlags,
    });
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { wrong: 0, left: 0 });
  });
});

describe("results that nobody takes", () => {
  it("leave nothing behind when their pool is shut down", { skip: !isLinux }, async () => {
    const { code, stdout, stderr } = await runProgram("shared_leftovers.ts", {
      flags: collectorFlags,
    });
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { shutDown: true, waitedFor: true, givenUp: true });
  });
});

describe("shared memory for worker.bootstrap", () => {
  const url = new URL("../fixtures/boot_data.ts", import.meta.url).href;
  const withData = (data: unknown, options: Options = {}): Options => ({
    ...options,
    worker: { bootstrap: { href: url, name: "keepData", data } },
  });
  const dataOf = (shared: ProcessSharedBuffer): BootData => {
    const cycle: { self: unknown; shared: ProcessSharedBuffer } = { self: undefined, shared };
    cycle.self = cycle;
    const plain = JSON.parse('{"__proto__": {"a": 1}, "list": [1, 2]}');
    const map = new Map([["one", shared]]);
    return { list: [shared, shared.subbuffer(8)], same: shared, cycle, map, plain };
  };

  it("arrives wherever it lies, as the same memory", async () => {
    const shared = ProcessSharedBuffer.create(64);
    words(shared)[0] = 10;
    words(shared)[2] = 20;
    const data = dataOf(shared);
    await withPool(tasks, withData(data), async ({ call }) => {
      const { values, isSame, isCycle, inMap, plain } = await call.describeData();
      assert.deepEqual([values, isSame, isCycle, inMap], [[10, 20], true, true, 11]);
      assert.deepEqual(plain, data.plain);
      assert.equal(words(shared)[2], 21);
      assert.equal(data.same, shared, "what was given is not changed");
    });
    shared.close();
  });

  it("goes to every worker, and to those that replace others", async () => {
    const shared = ProcessSharedBuffer.create(64);
    const options = withData(dataOf(shared), { threads: 2 });
    const worker = { ...options.worker, bootstrap: options.worker!.bootstrap! };
    await withPool(tasks, { ...options, worker, source: mortalWorker }, async ({ call }) => {
      await Promise.all([call.describeData(), call.describeData()]);
      await errorWithCode(call.endWith(shared), "KNT_ERROR_WORKER_EXITED");
      for (let i = 0; i < 4; i++) assert.ok((await call.describeData()).isSame);
    });
    assert.ok(words(shared)[2]! >= 6);
    shared.close();
  });

  it("that is closed is refused at once", () => {
    const shared = ProcessSharedBuffer.create(64);
    shared.close();
    assert.throws(
      () => createPool(withData({ shared }))(tasks),
      /^TypeError: worker\.bootstrap\.data must be something that can be cloned.*is closed/,
    );
  });

  it("that was closed before a worker is replaced ends the pool with an error", async () => {
    const shared = ProcessSharedBuffer.create(64);
    const options = { ...withData(dataOf(shared)), source: mortalWorker };
    await withPool(tasks, options, async ({ call }) => {
      const other = ProcessSharedBuffer.create(64);
      assert.ok((await call.describeData()).isSame);
      shared.close();
      await errorWithCode(call.endWith(other), "KNT_ERROR_WORKER_EXITED");
      const error = await errorWithCode(
        inTime("the next call", call.readFirst(other)),
        "KNT_ERROR_WORKER_STARTUP",
      );
      assert.match(error.message, /ProcessSharedBuffer is closed/);
      other.close();
    });
  });
});
