import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Envelope } from "../../mod.ts";
import * as tasks from "../fixtures/shared_memory_tasks.ts";
import { until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

describe("a SharedArrayBuffer", () => {
  it("is the same memory on both sides", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const words = new Int32Array(new SharedArrayBuffer(16));
      words[0] = 41;
      assert.deepEqual(await call.increment(words.buffer), { isShared: true, before: 41 });
      assert.equal(words[0], 42);
      // The worker still has it, and sees what is written now.
      Atomics.store(words, 0, 1000);
      assert.equal(await call.readAgain(), 1000);
    });
  });

  it("lets both sides talk while a call runs", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const words = new Int32Array(new SharedArrayBuffer(8));
      const rounds = call.pingPong(words.buffer);
      for (let round = 1; round <= 100; round++) {
        Atomics.store(words, 0, round);
        Atomics.notify(words, 0);
        await until("the worker answers", () => Atomics.load(words, 1) === round);
      }
      assert.equal(await inTime("the call", rounds), 100);
    });
  });

  it("comes back as the same memory", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const sent = new SharedArrayBuffer(8);
      const back = await call.giveBack(sent);
      assert.ok(back instanceof SharedArrayBuffer);
      assert.equal(back.byteLength, 8);
      new Uint8Array(back)[3] = 7;
      assert.equal(new Uint8Array(sent)[3], 7);
      assert.equal(sent.byteLength, 8);
    });
  });

  it("may come from the worker", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const memory = await call.makeShared(64);
      assert.ok(memory instanceof SharedArrayBuffer);
      const words = new Int32Array(memory);
      assert.equal(words[1], 77);
      Atomics.store(words, 0, 5);
      assert.equal(await call.readAgain(), 5);
    });
  });

  it("may grow, on both sides", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const growable = new SharedArrayBuffer(8, { maxByteLength: 1024 });
      assert.deepEqual(
        await call.growTo64(growable),
        { growable: true, before: 8, after: 64 },
      );
      assert.equal(growable.byteLength, 64);
      growable.grow(128);
      assert.equal(await call.lengthAgain(), 128);
    });
  });

  it("keeps its place among many calls in flight", async () => {
    await withPool(tasks, { threads: 2 }, async ({ call }) => {
      const buffers = Array.from({ length: 300 }, (_, i) => {
        const buffer = new SharedArrayBuffer(4);
        new Int32Array(buffer)[0] = i;
        return buffer;
      });
      const text = "日".repeat(5000); // goes beside the shared memory on some runtimes, too
      const results = await inTime(
        "all calls",
        Promise.all(
          buffers.map((buffer, i) =>
            i % 3 === 0
              ? call.increment(buffer)
              : i % 3 === 1
              ? call.giveBack(buffer)
              : call.echo(text + i)
          ),
        ),
      );
      results.forEach((result, i) => {
        if (i % 3 === 0) assert.deepEqual(result, { isShared: true, before: i });
        else if (i % 3 === 2) assert.ok(result === text + i);
        else assert.equal(new Int32Array(result as SharedArrayBuffer)[0], i);
      });
      buffers.forEach((buffer, i) =>
        assert.equal(new Int32Array(buffer)[0], i % 3 === 0 ? i + 1 : i)
      );
    });
  });

  it("of no length crosses", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const back = await call.giveBack(new SharedArrayBuffer(0));
      assert.ok(back instanceof SharedArrayBuffer);
      assert.equal(back.byteLength, 0);
    });
  });

  it("is the body of an Envelope", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const words = new Int32Array(new SharedArrayBuffer(8));
      const envelope = new Envelope({ add: 5 }, words.buffer);
      const back = await call.addInEnvelope(envelope);
      assert.ok(back instanceof Envelope);
      assert.deepEqual(back.header, { added: 5 });
      assert.ok(back.payload instanceof SharedArrayBuffer);
      assert.equal(words[0], 5);
      new Int32Array(back.payload)[1] = 9;
      assert.equal(words[1], 9);
    });
  });

  it("seen through a view is copied", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const words = new Int32Array(new SharedArrayBuffer(8)).fill(3);
      const back = await call.echo(words) as Int32Array;
      assert.ok(back instanceof Int32Array);
      assert.ok(back.buffer instanceof ArrayBuffer);
      assert.deepEqual([...back], [3, 3]);
      back[0] = 4;
      assert.equal(words[0], 3);
    });
  });
});

describe("an Envelope", () => {
  it("carries a copied body in both directions", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      for (const length of [0, 1, 100, 100_000]) {
        const body = new Uint8Array(length).fill(1);
        const back = await call.addInCopy(new Envelope({ add: 2 }, body.buffer));
        assert.ok(back instanceof Envelope && back.payload instanceof ArrayBuffer);
        assert.deepEqual(back.header, { length });
        assert.ok(new Uint8Array(back.payload).every((byte) => byte === 3));
        assert.equal(back.payload.byteLength, length);
        assert.ok(body.every((byte) => byte === 1));
      }
    });
  });
});
