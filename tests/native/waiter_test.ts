import assert from "node:assert/strict";
import process from "node:process";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import { ProcessSharedBuffer } from "../../shared_memory.ts";
import { writeCrossing } from "../../src/memory/crossing.ts";
import type { NativeMapping } from "../../src/memory/native_primitives.ts";
import { type MappedAtomics, mappedAtomics } from "../../src/native/mapped_atomics.ts";
import { Doorbell, ITEMS, ring } from "../../src/transport/doorbell.ts";
import { askByRings } from "../support/bells.ts";
import { installed, withPeer } from "../support/peer.ts";
import { runProgram } from "../support/program.ts";
import { isLinux } from "../support/shared_memory.ts";
import { inTime } from "../support/with_pool.ts";

const ROUNDS = 3_000;
/** More than any wake-up takes on a busy machine, and less than the limits that must not be waited for. */
const SOON_MS = 2_000;

interface Bells {
  readonly shared: ProcessSharedBuffer;
  readonly words: Int32Array;
  readonly atomic: MappedAtomics;
}

/** Gives `body` shared words and the operations on them. */
async function withBells(body: (bells: Bells) => Promise<void>): Promise<void> {
  const shared = ProcessSharedBuffer.create(4096);
  const atomic = mappedAtomics((shared.descriptor.mapping as NativeMapping).held);
  try {
    await body({ shared, words: shared.view(Int32Array), atomic });
  } finally {
    atomic.close();
    shared.close();
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** How long `promise` takes. */
async function msOf(promise: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await inTime("the wait", promise);
  return performance.now() - start;
}

function sleep({ words, atomic }: Bells, index: number, value: number, limitMs?: number) {
  const wait = atomic.waitAsync(words, index, value, limitMs);
  assert.ok(wait.async);
  return wait.value;
}

/** Wakes who sleeps on a word, once its thread has fallen asleep: a busy machine takes its time. */
async function wakeUp({ words, atomic }: Bells, index: number): Promise<void> {
  while (atomic.notify(words, index) === 0) await pause(1);
}

function startWorker(shared: ProcessSharedBuffer, rounds: number): Worker {
  const workerData = { text: writeCrossing(shared, 0), rounds };
  return new Worker(new URL("../fixtures/bell_worker.ts", import.meta.url), { workerData });
}

function message(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

describe("doorbells on shared memory", () => {
  for (const runtime of installed) {
    it(`lose no wake-up between processes: ${runtime}`, { skip: !isLinux }, async () => {
      await withBells(async ({ shared, words, atomic }) => {
        await withPeer(runtime, async (peer) => {
          const theirs = await peer.ask("receive", writeCrossing(shared, 0));
          const answering = peer.ask("answerRings", theirs, ROUNDS);
          assert.equal(await inTime("all rounds", askByRings(words, atomic, ROUNDS)), 0);
          assert.equal(await answering, 0);
        });
      });
    });
  }

  it("lose no wake-up between threads", async () => {
    await withBells(async ({ shared, words, atomic }) => {
      const worker = startWorker(shared, ROUNDS);
      const answered = message(worker);
      assert.equal(await inTime("all rounds", askByRings(words, atomic, ROUNDS)), 0);
      assert.equal(await inTime("the thread", answered), 0);
      await worker.terminate();
    });
  });

  it("ring in the same thread, before and during the sleep", async () => {
    await withBells(async ({ words, atomic }) => {
      const bell = new Doorbell(words, 5, atomic);
      bell.arm(ITEMS);
      ring(words, 5, ITEMS, atomic);
      await inTime("a wait for what was rung", bell.wait(ITEMS));
      for (let i = 0; i < 100; i++) {
        bell.arm(ITEMS);
        const wait = bell.wait(ITEMS);
        if (i % 3 === 0) await pause(1);
        ring(words, 5, ITEMS, atomic);
        await inTime("a wake-up", wait);
      }
      bell.arm(ITEMS);
      const wait = bell.wait(ITEMS);
      bell.release();
      await inTime("the release", wait);
    });
  });
});

describe("a sleep on shared memory", () => {
  it("does not begin where the word is another", async () => {
    await withBells(async ({ words, atomic }) => {
      atomic.store(words, 3, 8);
      assert.deepEqual(atomic.waitAsync(words, 3, 7), { async: false, value: "not-equal" });
      await pause(0);
    });
  });

  it("ends at once when its time was up before", async () => {
    await withBells(async (bells) => {
      assert.ok(await msOf(sleep(bells, 0, 0, -5)) < SOON_MS);
    });
  });

  it("ends when its time is up", async () => {
    await withBells(async (bells) => {
      for (const limitMs of [0, 0.01, 30, 30]) {
        const ms = await msOf(sleep(bells, 0, 0, limitMs));
        assert.ok(ms >= limitMs * 0.9 && ms < limitMs + SOON_MS, `${ms} ms of ${limitMs}`);
      }
    });
  });

  it("takes any limit and any value of the word", async () => {
    await withBells(async (bells) => {
      for (const limitMs of [Infinity, 1e12, 2 ** 53, 1e300]) {
        for (const value of [0, -1, 2 ** 31 - 1, -(2 ** 31)]) {
          bells.atomic.store(bells.words, 9, value);
          const wait = sleep(bells, 9, value, limitMs);
          let isOver = false;
          void wait.then(() => isOver = true);
          await pause(3);
          assert.equal(isOver, false, `${limitMs} ms, ${value}`);
          await inTime("the wake-up", wakeUp(bells, 9));
          await inTime("the end of the sleep", wait);
        }
      }
    });
  });

  it("is one of many, each on a word of its own", async () => {
    await withBells(async (bells) => {
      const order: number[] = [];
      const sleeps = [0, 1, 2, 3, 4, 5, 6, 7].map((index) =>
        sleep(bells, index * 16, 0).then(() => order.push(index))
      );
      await pause(20);
      assert.deepEqual(order, []);
      for (const index of [5, 0, 7, 2]) {
        await inTime("the wake-up", wakeUp(bells, index * 16));
        await inTime("this one", sleeps[index]!);
      }
      assert.deepEqual(order, [5, 0, 7, 2]);
      bells.atomic.close();
      await inTime("the others", Promise.all(sleeps));
    });
  });

  it("ends when it is closed; later ones end at once", async () => {
    await withBells(async (bells) => {
      const wait = sleep(bells, 0, 0);
      await pause(10);
      bells.atomic.close();
      assert.ok(await msOf(wait) < SOON_MS);
      bells.atomic.close();
    });
  });

  it("ends promptly when it is closed at any moment", async () => {
    for (let i = 0; i < 50; i++) {
      await withBells(async (bells) => {
        const wait = sleep(bells, 0, 0, i % 2 === 0 ? Infinity : 1);
        if (i % 5 > 0) await pause(i % 5 - 1);
        bells.atomic.close();
        await inTime("the wait", wait, SOON_MS);
      });
    }
  });

  it("takes no processor time", async () => {
    await withBells(async (bells) => {
      const waits = [0, 1, 2, 3].map((index) => sleep(bells, index, 0));
      await pause(50);
      const before = process.cpuUsage();
      await pause(1000);
      const { user, system } = process.cpuUsage(before);
      // Looking every millisecond would take several times as much, spinning a thousand times.
      assert.ok(user + system < 60_000, `${user + system} us of a second`);
      bells.atomic.close();
      await Promise.all(waits);
    });
  });
});

describe("whoever sleeps on shared memory", () => {
  it("ends promptly when it is terminated", async () => {
    for (let i = 0; i < 5; i++) {
      await withBells(async ({ shared }) => {
        const worker = startWorker(shared, 0);
        assert.equal(await inTime("the thread", message(worker)), "asleep");
        await pause(i * 5);
        assert.ok(await msOf(worker.terminate()) < SOON_MS);
        shared.bytes().fill(1);
      });
    }
  });

  const ends: [how: string, code: number, stdout: string][] = [
    ["nothing else to do", 0, "end\n"],
    ["exit", 7, ""],
    ["throw", 1, ""],
    ["memory closed", 0, "end\n"],
    ["memory closed first", 0, "end\n"],
  ];
  for (const [how, code, stdout] of ends) {
    it(`does not keep the program from ending: ${how}`, async () => {
      const end = await runProgram("asleep.ts", { args: [how] });
      assert.deepEqual([end.code, end.stdout, end.late], [code, stdout, false], end.stderr);
    });
  }
});
