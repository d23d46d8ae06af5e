// BufferReferences that move to workers and back.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { markAsUntransferable } from "node:worker_threads";
import { createPool, Envelope, type Options } from "../../mod.ts";
import { BufferReference } from "../../unsafe.ts";
import * as lanes from "../fixtures/lane_tasks.ts";
import * as references from "../fixtures/reference_tasks.ts";
import { square } from "../fixtures/basic_tasks.ts";
import { fillPattern, findMistake } from "../support/pattern.ts";
import { refuses } from "../support/refuses.ts";
import { SharedState } from "../support/shared_state.ts";
import { strategies } from "../support/strategies.ts";
import { errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const { makeCounters: _, ...laneTasks } = lanes;
const tasks = { ...laneTasks, ...references, square };
type Call = Parameters<Parameters<typeof withPool<typeof tasks>>[2]>[0]["call"];

const MOVED = { code: "KNT_ERROR_RELEASED", message: /released: it was moved with a call/ };
const MiB = 1 << 20;

/** Shows 1, 2, 3, of a buffer of 5 bytes. */
function small(): BufferReference {
  return new BufferReference(Uint8Array.of(0, 1, 2, 3, 4).subarray(1, 4));
}

function patterned(length: number, seed: number): BufferReference {
  const bytes = new Uint8Array(length);
  fillPattern(bytes, seed);
  return new BufferReference(bytes);
}

function assertBytes(reference: unknown, bytes: readonly number[] = [1, 2, 3]): void {
  assert.ok(reference instanceof BufferReference);
  assert.deepEqual([...reference.toUint8Array()], bytes);
}

const ways: Record<string, Options> = {
  "to a worker": {},
  "to the main thread": { threads: 0, inliner: {} },
};

for (const [way, options] of Object.entries(ways)) {
  const withTasks = (body: (call: Call) => Promise<void>): Promise<void> =>
    withPool(tasks, options, ({ call }) => body(call));

  describe(`a BufferReference that is moved ${way}`, () => {
    it("is gone here, and comes back if it is returned", async () => {
      await withTasks(async (call) => {
        for (const name of ["echo", "echoLater"] as const) {
          const reference = small();
          const view = reference.toUint8Array();
          const back = await call[name](reference);
          assertBytes(back);
          assert.equal(back.byteOffset, 1);
          assert.notEqual(back, reference);
          assert.equal(view.length, 0);
          assert.throws(() => reference.toUint8Array(), MOVED);
          assert.throws(() => reference.toMetadata(), MOVED);
          assert.equal(reference.byteLength, 3);
          reference.release();
          assertBytes(back);
        }
      });
    });

    it("crosses as an item of a stream as well, and is gone where it came from", async () => {
      await withTasks(async (call) => {
        const sent: BufferReference[] = [];
        async function* source() {
          for (let n = 0; n < 5; n++) {
            sent.push(small());
            yield sent.at(-1)!;
          }
        }
        const echoes = call.echoEach(source());
        for (let n = 0; n < 5; n++) assertBytes((await echoes.next()).value);
        assert.deepEqual(await echoes.next(), { done: true, value: [0, 0, 0, 0, 0] });
        assert.equal(sent.length, 5);
        for (const reference of sent) assert.throws(() => reference.toUint8Array(), MOVED);

        let seed = 0;
        for await (const made of call.makeMany({ length: MiB, seeds: [1, 2, 3] })) {
          assert.equal(findMistake(made.toUint8Array(), ++seed), -1);
          made.release();
        }
        assert.equal(seed, 3);
      });
    });

    it("is a local one there", async () => {
      await withTasks(async (call) => {
        const { origin, runtime } = small();
        const expected = { byteOffset: 1, byteLength: 3, origin, runtime, isLocal: true };
        assert.deepEqual(await call.describeIt(small()), { ...expected, source: undefined });
      });
    });

    it("is released there when the call has settled, and so are its views", async () => {
      const message = "BufferReference has been released";
      await withTasks(async (call) => {
        for (const name of ["sum", "sumLater", "increment"] as const) {
          await call[name](small());
          assert.deepEqual(await call.lookAtKept(), { length: 0, message });
        }
        await call.sumEnvelope(new Envelope({ n: 1 }, small()));
        assert.deepEqual(await call.lookAtKept(), { length: 0, message });
        await errorOf(call.fail(small()));
        assert.deepEqual(await call.lookAtKept(), { length: 0, message });
      });
    });

    it("can be returned by a reference of the task's own", async () => {
      await withTasks(async (call) => {
        assertBytes(await call.increment(small()), [2, 3, 4]);
        const made = await call.make({ length: 1000, seed: 5 });
        assert.equal(findMistake(made.toUint8Array(), 5), -1);
      });
    });

    it("moves as the body of an envelope", async () => {
      await withTasks(async (call) => {
        const reference = small();
        const back = await call.echoEnvelope(new Envelope({ n: 1 }, reference));
        assert.ok(back instanceof Envelope);
        assert.deepEqual(back.header, { n: 2 });
        assertBytes(back.payload);
        assert.throws(() => reference.toUint8Array(), MOVED);
        assert.equal((await call.lookAtKept()).length, 0);
      });
    });

    it("moves back also if it is thrown", async () => {
      await withTasks(async (call) => assertBytes(await rejection(call.throwIt(small()))));
    });

    it("moves once: the second call rejects, and so does one with a released reference", async () => {
      await withTasks(async (call) => {
        const reference = small();
        const [first, second] = await Promise.allSettled([
          call.echo(reference),
          call.echo(reference),
        ]);
        assert.equal(first.status, "fulfilled");
        assert.equal(second.status === "rejected" && second.reason.code, "KNT_ERROR_RELEASED");
        const released = small();
        released.release();
        await errorWithCode(call.echo(released), "KNT_ERROR_RELEASED");
        await errorWithCode(
          call.echoEnvelope(new Envelope({ n: 1 }, released)),
          "KNT_ERROR_RELEASED",
        );
        assertBytes(await call.echo(small()));
      });
    });

    it("that is returned twice, or released first, rejects; the lane goes on", async () => {
      await withTasks(async (call) => {
        await call.echoEnvelope(new Envelope({ n: 1 }, small()));
        await errorWithCode(call.returnKept(), "KNT_ERROR_RELEASED");
        await errorWithCode(call.returnReleased(small()), "KNT_ERROR_RELEASED");
        assertBytes(await call.echo(small()));
      });
    });

    it("is not needed any more when its call has settled early", async () => {
      await withTasks(async (call) => {
        const reference = small();
        assert.equal(await call.late(reference), "late");
        assert.throws(() => reference.toUint8Array(), MOVED);
        await new Promise((resolve) => setTimeout(resolve, 100));
        assertBytes(await call.echo(small()));
      });
    });

    it("stays if its memory cannot be moved any more", async () => {
      await withTasks(async (call) => {
        const reference = small();
        markAsUntransferable(reference.toUint8Array().buffer);
        // Only messages obey it on Node and Bun, and on the main thread there are none.
        const [outcome] = await Promise.allSettled([call.echo(reference)]);
        if (outcome.status === "fulfilled") assertBytes(outcome.value);
        else {
          assert.equal(outcome.reason.code, "KNT_ERROR_3");
          assertBytes(reference);
        }
        if (options.inliner === undefined) assert.equal(outcome.status, "rejected");
      });
    });

    it("stays if its signal is aborted already, or its pool is closed", async () => {
      const reference = small();
      await withPool(tasks, options, async (pool) => {
        await rejection(pool.call.echo(reference, { signal: AbortSignal.abort() }));
        assertBytes(reference);
        await pool.shutdown();
        await errorWithCode(pool.call.echo(reference), "KNT_ERROR_CLOSED");
        assertBytes(reference);
      });
    });

    for (const mode of ["copy", "borrow"] as const) {
      it(`and returned is the host's after a shutdown, "${mode}"`, async () => {
        const unsafe = { BufferReferenceReturn: mode };
        const pool = createPool({ ...options, unsafe })(tasks);
        const returned = [
          await pool.call.echo(small()),
          await pool.call.increment(small()),
          (await pool.call.echoEnvelope(new Envelope({ n: 1 }, small()))).payload,
        ];
        const released = await pool.call.echo(small());
        released.release();
        const views = returned.map((reference) => reference.toUint8Array());
        const whenGone = pool.shutdown();
        const length = mode === "copy" ? 3 : 0;
        assert.deepEqual(views.map((view) => view.length), [length, length, length]);
        await whenGone;
        assertBytes(returned[0]);
        assertBytes(returned[1], [2, 3, 4]);
        assertBytes(returned[2]);
        for (const reference of returned) reference.release();
        assert.throws(() => returned[0]!.toUint8Array(), { code: "KNT_ERROR_RELEASED" });
      });
    }
  });
}

describe("a BufferReference in a stream to a worker", () => {
  it("is the task's own once it is read, and stays as it was if the stream is left before", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const made = Array.from({ length: 2_000 }, small);
      let given = 0;
      function* source() {
        for (; given < made.length; given++) yield made[given]!;
      }
      assert.equal(await call.sumOfTwo(source()), 12);
      assert.ok(given >= 2 && given < made.length, `${given} were read`);
      const [first, second] = made;
      for (const taken of [first!, second!]) assert.throws(() => taken.toUint8Array(), MOVED);
      for (const reference of made.slice(given + 1)) assertBytes(reference);
      assert.deepEqual(await call.lookAtKept(), { length: 3, message: "3 bytes" });
    });
  });
});

describe("a BufferReference", () => {
  it("may be large: 8, 33 and 64 MiB there and back", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      for (const [seed, size] of [8 * MiB, 33 * MiB + 5, 64 * MiB].entries()) {
        let reference = patterned(size, seed);
        for (let round = 0; round < 2; round++) reference = await call.next(reference);
        assert.equal(reference.byteLength, size);
        assert.equal(findMistake(reference.toUint8Array(), seed + 2), -1);
        reference.release();
      }
    });
  });

  it("inside an object is refused, on both ways, and stays", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const reference = small();
      const error = await errorWithCode(call.echo({ reference } as never), "KNT_ERROR_3");
      assert.match(error.message, /\(at reference\)/);
      assertBytes(reference);
      await errorWithCode(call.returnNested(reference), "KNT_ERROR_3");
      assertBytes(await call.echo(small()));
    });
  });

  it("that is told as metadata means nothing on another thread", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const reference = BufferReference.fromMetadata(await call.metadataOf(small()));
      assert.throws(() => reference.toUint8Array(), {
        code: "KNT_ERROR_RELEASED",
        message: /token/,
      });
      await errorWithCode(call.echo(reference), "KNT_ERROR_RELEASED");
    });
  });

  it("goes around between three workers", async () => {
    await withPool(tasks, { threads: 3 }, async ({ call }) => {
      await Promise.all(Array.from({ length: 30 }, async (_, i) => {
        let reference = patterned(1000 + i, i * 100);
        for (let round = 0; round < 10; round++) reference = await call.next(reference);
        assert.equal(findMistake(reference.toUint8Array(), i * 100 + 10), -1);
      }));
    });
  });

  it("survives its pool, and the worker that returned it", async () => {
    for (const mode of ["copy", "borrow"] as const) {
      const unsafe = { BufferReferenceReturn: mode };
      await withPool(tasks, { unsafe }, async ({ call }) => {
        const back = await call.echo(small());
        const lost = small();
        await errorWithCode(call.crashWith(lost), "KNT_ERROR_WORKER_CRASHED");
        assert.throws(() => lost.toUint8Array(), MOVED);
        assertBytes(back);
        assertBytes(await call.echo(back));
      });
    }
  });
});

/** Calls that hold so many workers until their state is released. */
function occupy(call: Call, workers: number): { states: SharedState[]; calls: Promise<unknown>[] } {
  const states = Array.from({ length: workers }, () => new SharedState());
  return { states, calls: states.map(({ buffer }) => call.spinHere(buffer)) };
}

const balancers: Options[] = [
  {},
  ...strategies.map((balancer) => ({ balancer })),
  { host: { dispatcher: "per-thread" } },
  { host: { maxBackoffMs: 0 } },
  { inliner: {} },
];

describe("a call that moves memory", () => {
  it("waits in the pool while its worker is busy; until then the reference stays", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const { states, calls } = occupy(call, 1);
      await until("it runs", () => states[0]!.started === 1);
      const abort = new AbortController();
      const [first, second, third] = [small(), small(), small()];
      const given = rejection(call.echo(first, { signal: abort.signal }));
      const timed = call.late(second);
      const taken = call.echo(third);
      abort.abort("enough");
      assert.equal(await given, "enough");
      assert.equal(await timed, "late");
      for (const reference of [first, second, third]) assertBytes(reference);
      states[0]!.release();
      await Promise.all(calls);
      assertBytes(await taken);
      assertBytes(await call.echo(first));
      assertBytes(await call.echo(second));
    });
  });

  it("is lost with its reference if that is released while it waits", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const { states, calls } = occupy(call, 1);
      await until("it runs", () => states[0]!.started === 1);
      const reference = small();
      const waiting = errorWithCode(call.echo(reference), "KNT_ERROR_RELEASED");
      reference.release();
      states[0]!.release();
      await Promise.all([...calls, waiting]);
    });
  });

  for (const options of balancers) {
    for (const threads of [1, 3]) {
      it(`holds up nothing for ever: ${JSON.stringify(options)}, ${threads} threads`, async () => {
        await withPool(tasks, { threads, ...options }, async ({ call }) => {
          for (let round = 0; round < 3; round++) {
            // On the main thread such a call would hold up the test.
            const { states, calls } = occupy(call, options.inliner === undefined ? threads : 0);
            const waiting = new SharedState();
            const mixed: Promise<unknown>[] = [];
            for (let i = 0; i < 200; i++) {
              if (i % 3 === 0) mixed.push(call.echo(patterned(64, i)));
              if (i % 50 === 0) mixed.push(call.waitHere(waiting.buffer));
              mixed.push(call.square(i), call.echoLater(patterned(64, i)));
            }
            setTimeout(() => states.forEach((state) => state.release()), 5);
            setTimeout(() => waiting.release(), 20);
            await inTime("all calls", Promise.all([...calls, ...mixed]), 20_000);
          }
        });
      });
    }
  }

  it("goes to a free worker while another one is busy for long", async () => {
    for (const options of balancers) {
      if (options.inliner !== undefined) continue;
      await withPool(tasks, { threads: 2, ...options }, async ({ call }) => {
        await Promise.all(Array.from({ length: 500 }, (_, i) => call.square(i)));
        const { states, calls } = occupy(call, 1);
        for (let i = 0; i < 10; i++) assertBytes(await inTime("a move", call.echo(small())));
        states[0]!.release();
        await Promise.all(calls);
      });
    }
  });

  it("goes to a worker whose calls only wait", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const state = new SharedState();
      const waiting = Array.from({ length: 10 }, () => call.waitHere(state.buffer));
      assertBytes(await inTime("a move", call.echo(small())));
      state.release();
      await Promise.all(waiting);
    });
  });

  it("counts as begun: a worker that dies takes it along, and runs nothing twice", async () => {
    await withPool(tasks, { threads: 2 }, async ({ call }) => {
      for (let round = 0; round < 5; round++) {
        const calls = Array.from(
          { length: 20 },
          (_, i) =>
            i === 7
              ? call.crashWith(small())
              : call.echo(patterned(100, i)).then((back) =>
                assert.equal(findMistake(back.toUint8Array(), i), -1)
              ),
        );
        for (const outcome of await inTime("all calls", Promise.allSettled(calls))) {
          if (outcome.status === "fulfilled") continue;
          assert.equal(outcome.reason.code, "KNT_ERROR_WORKER_CRASHED", outcome.reason.stack);
        }
      }
    });
  });

  it("is one whose worker a hard timeout replaces", async () => {
    const worker = { hardTimeoutMs: 1500, onHardTimeout: "replace" } as const;
    await withPool({ ...references }, { worker }, async ({ call }) => {
      assertBytes(await call.echo(small()));
      await errorWithCode(call.crashWith(small()), "KNT_ERROR_WORKER_CRASHED");
      const back = await call.echo(small());
      const state = new SharedState();
      const stuck = call.spinWith(new Envelope({ length: 8 }, state.buffer));
      await errorWithCode(stuck, "KNT_ERROR_HARD_TIMEOUT");
      state.release(); // Deno does not end the thread
      assertBytes(back);
      assertBytes(await call.echo(back));
    });
  });
});

describe("replies with references", () => {
  it("wait for room while the host is busy, and lose nothing", async () => {
    const payload = { payloadInitialBytes: 4096, mode: "growable" } as const;
    await withPool(tasks, { payload }, async ({ call }) => {
      const calls = Array.from({ length: 2000 }, (_, seed) => call.make({ length: 1024, seed }));
      for (const end = performance.now() + 50; performance.now() < end;);
      for (const [seed, reference] of (await Promise.all(calls)).entries()) {
        assert.equal(findMistake(reference.toUint8Array(), seed), -1);
      }
    });
  });
});

describe("unsafe.BufferReferenceReturn", () => {
  it("is checked like other options", () => {
    const copyOrBorrow =
      /^unsafe\.BufferReferenceReturn must be "copy" or "borrow", received "lend"$/;
    refuses({ unsafe: { BufferReferenceReturn: "lend" } }, TypeError, copyOrBorrow);
    refuses({ unsafe: { other: 1 } }, TypeError, /unsafe cannot have "other"/);
    refuses({ unsafe: true }, TypeError, /unsafe must be an object/);
  });

  it('"borrow" lets a pool end, whatever was done to the memory that it returned', async () => {
    const unsafe = { BufferReferenceReturn: "borrow" } as const;
    await withPool(tasks, { unsafe }, async (pool) => {
      const [forbidden, taken, other] = [
        await pool.call.echo(small()),
        await pool.call.echo(small()),
        await pool.call.echo(small()),
      ];
      markAsUntransferable(forbidden.toUint8Array().buffer);
      taken.toUint8Array().buffer.transfer();
      const view = other.toUint8Array();
      await pool.shutdown();
      assert.equal(view.length, 0);
      assertBytes(other);
      assertBytes(forbidden);
    });
  });

  it('"borrow" ends views also when the pool is forced to shut down', async () => {
    const worker = { hardTimeoutMs: 1500 } as const;
    const unsafe = { BufferReferenceReturn: "borrow" } as const;
    await withPool(tasks, { unsafe, worker }, async ({ call }) => {
      const back = await call.echo(small());
      const view = back.toUint8Array();
      const state = new SharedState();
      const stuck = call.spinWith(new Envelope({ length: 8 }, state.buffer));
      await errorWithCode(stuck, "KNT_ERROR_HARD_TIMEOUT");
      state.release();
      assert.equal(view.length, 0);
      assertBytes(back);
    });
  });
});
