import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options } from "../../mod.ts";
import { echo, square } from "../fixtures/basic_tasks.ts";
import { shareTicks, whenReleased } from "../fixtures/event_loop_tasks.ts";
import { count, lengthOf, makeBytes, meet } from "../fixtures/pressure_tasks.ts";
import { fillPattern, findMistake } from "../support/pattern.ts";
import { SharedState } from "../support/shared_state.ts";
import { blockUntil, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const KiB = 1024;
const MiB = 1024 * KiB;

function pattern(lengthBytes: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(lengthBytes);
  fillPattern(bytes, seed);
  return bytes;
}

describe("more calls than a lane has room for", () => {
  for (const threads of [1, 2]) {
    it(`wait and are answered: 20,000 at once (${threads} thread(s))`, async () => {
      await withPool({ square }, { threads }, async ({ call }) => {
        const results = await Promise.all(
          Array.from({ length: 20_000 }, (_, i) => call.square(i)),
        );
        results.forEach((result, i) => assert.equal(result, i * i));
      });
    });

    it(`may all be in flight at once, if they wait for each other (${threads} thread(s))`, async () => {
      await withPool({ meet }, { threads }, async ({ call }) => {
        const state = new SharedState();
        const meeting = Array.from({ length: 3000 }, () => call.meet(state.buffer));
        await until("all have come", () => state.started === 3000);
        state.release();
        const places = await inTime("the meeting", Promise.all(meeting));
        assert.equal(new Set(places).size, 3000);
      });
    });
  }

  it("are answered in waves too", async () => {
    await withPool({ square }, { threads: 2 }, async ({ call }) => {
      for (let wave = 0; wave < 30; wave++) {
        const results = await Promise.all(
          Array.from({ length: 1 + wave * 100 }, (_, i) => call.square(i)),
        );
        results.forEach((result, i) => assert.equal(result, i * i));
      }
    });
  });
});

describe("payloads larger than the memory for them", () => {
  const settings: Record<string, Options["payload"]> = {
    "growable, 64 bytes to start with": { mode: "growable", payloadInitialBytes: 64 },
    "growable, 64 KiB to start with": { mode: "growable", payloadInitialBytes: 64 * KiB },
    "fixed, 64 KiB": { mode: "fixed", payloadMaxByteLength: 64 * KiB },
    "fixed, 8 KiB": { mode: "fixed", payloadMaxByteLength: 8 * KiB },
    "fixed, 8 bytes": { mode: "fixed", payloadMaxByteLength: 8 },
  };

  for (const [name, payload] of Object.entries(settings)) {
    const isSmall = payload!.mode === "fixed";
    const limit = isSmall ? payload!.payloadMaxByteLength! / 8 : 100 * KiB;
    const lengthBytes = Math.floor(Math.max(limit, 512));

    it(`wait, and none is refused (${name})`, async () => {
      await withPool(
        { echo, makeBytes, lengthOf },
        { payload: payload! },
        async ({ call }) => {
          const results = await Promise.all(Array.from({ length: 400 }, (_, i) => {
            const length = 4 + (i * 97) % (lengthBytes - 4);
            if (i % 3 === 0) return call.echo(pattern(length, i));
            if (i % 3 === 1) return call.makeBytes({ seed: i, lengthBytes: length });
            return call.lengthOf(pattern(length, i));
          }));
          results.forEach((result, i) => {
            const length = 4 + (i * 97) % (lengthBytes - 4);
            if (i % 3 === 2) return assert.equal(result, length);
            const bytes = result as Uint8Array;
            assert.equal(bytes.byteLength, length);
            assert.equal(findMistake(bytes, i), -1, `call ${i}`);
          });
        },
      );
    });

    it(`wait behind each other as text, too (${name})`, async () => {
      await withPool({ echo }, { payload: payload! }, async ({ call }) => {
        const texts = Array.from({ length: 200 }, (_, i) => {
          const characters = Math.floor(lengthBytes / 3) - i % 50;
          return (i % 3 === 0 ? "a" : i % 3 === 1 ? "é" : "日").repeat(Math.max(1, characters));
        });
        const results = await Promise.all(texts.map((text) => call.echo(text)));
        results.forEach((result, i) => assert.ok(result === texts[i], `call ${i}`));
      });
    });
  }

  it("wait if several are nearly as large as allowed: 40 of 8 MiB", async () => {
    await withPool({ lengthOf, makeBytes }, { threads: 2 }, async ({ call }) => {
      const large = new Uint8Array(8 * MiB);
      const lengths = await Promise.all(Array.from({ length: 20 }, () => call.lengthOf(large)));
      assert.deepEqual(lengths, Array(20).fill(8 * MiB));
      let replies = 0;
      await Promise.all(Array.from({ length: 20 }, async (_, seed) => {
        const bytes = await call.makeBytes({ seed, lengthBytes: 8 * MiB });
        assert.equal(findMistake(bytes, seed), -1);
        replies++;
      }));
      assert.equal(replies, 20);
    });
  });

  it("do not hold small ones up for ever", async () => {
    await withPool({ echo, square }, {
      payload: { mode: "growable", payloadInitialBytes: 4 * KiB },
    }, async ({ call }) => {
      const results = await Promise.all(Array.from(
        { length: 600 },
        (_, i) => i % 10 === 0 ? call.echo(pattern(64 * KiB, i)) : call.square(i),
      ));
      results.forEach((result, i) => {
        if (i % 10 !== 0) assert.equal(result, i * i);
        else assert.equal(findMistake(result as Uint8Array, i), -1);
      });
    });
  });
});

describe("replies", () => {
  // Each reply takes 4 KiB. Without the host the worker runs one call more than there is memory for,
  // or as many as there are slots: at least those which the host has sent before it was busy, up to a
  // few that wait for its next turn.
  const limits = [
    { what: "memory", payloadInitialBytes: 64 * KiB, runs: 17 },
    { what: "slots", payloadInitialBytes: 8 * MiB, runs: 1000 },
  ];
  for (const { what, payloadInitialBytes, runs } of limits) {
    it(`wait in the worker for ${what} while the host is busy, and none is lost`, async () => {
      await withPool({ count, square }, { payload: { payloadInitialBytes } }, async ({ call }) => {
        assert.equal(await call.square(2), 4); // the worker is ready
        for (let round = 0; round < 3; round++) {
          const state = new SharedState();
          const first = call.count(state.buffer);
          await until("the worker holds the first call", () => state.started === 1);
          const calls = [first, ...Array.from({ length: 2999 }, () => call.count(state.buffer))];
          // They go out at the end of the microtask; then the host takes nothing back for a while.
          await undefined;
          await undefined;
          state.release();
          blockUntil("the worker cannot go on without the host", () => state.started >= runs);
          if (what === "memory") assert.equal(state.started, runs);
          const results = await inTime("all replies", Promise.all(calls));
          const seeds = results.map((bytes) => {
            const seed = new DataView(bytes.buffer).getUint32(0);
            assert.equal(findMistake(bytes, seed), -1);
            return seed;
          });
          assert.equal(new Set(seeds).size, 3000);
        }
      });
    });
  }

  it("that wait do not keep the worker's event loop from its turns while tasks wait", async () => {
    const tasks = { count, shareTicks, whenReleased };
    await withPool(tasks, { payload: { payloadInitialBytes: 64 * KiB } }, async ({ call }) => {
      const [ticker, gate, state] = [new SharedState(), new SharedState(), new SharedState()];
      await call.shareTicks(ticker.buffer);
      const waiting = call.whenReleased(gate.buffer);
      await until("a task waits for a promise", () => gate.started === 1);
      const calls = [call.count(state.buffer)];
      await until("the worker holds the first call", () => state.started === 1);
      for (let i = 1; i < 300; i++) calls.push(call.count(state.buffer));
      await undefined;
      await undefined;
      state.release();
      blockUntil("the worker cannot go on without the host", () => state.started === 17);
      const before = ticker.started;
      blockUntil("the interval of the task module ticks", () => ticker.started > before + 30);
      gate.release();
      assert.equal(await waiting, "released");
      assert.equal((await inTime("all replies", Promise.all(calls))).length, 300);
    });
  });

  it("that need no memory wait too", async () => {
    await withPool({ square }, { threads: 2 }, async ({ call }) => {
      assert.equal(await call.square(2), 4);
      const calls = Array.from({ length: 5000 }, (_, i) => call.square(i));
      await undefined;
      await undefined;
      const end = performance.now() + 50;
      while (performance.now() < end);
      const results = await inTime("all replies", Promise.all(calls));
      results.forEach((result, i) => assert.equal(result, i * i));
    });
  });
});
