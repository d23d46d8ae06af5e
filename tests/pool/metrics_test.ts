// pool.stats(), with and without the option metrics.

import assert from "node:assert/strict";
import diagnosticsChannel from "node:diagnostics_channel";
import { describe, it } from "node:test";
import {
  type CallMeasures,
  createPool,
  type Options,
  type PoolStats,
  type Timing,
} from "../../mod.ts";
import { hold, whoAmI } from "../fixtures/elastic_tasks.ts";
import { spinHere, waitHere } from "../fixtures/lane_tasks.ts";
import { fail, giveUp, hang, same, spinFor, tick, waitFor } from "../fixtures/metrics_tasks.ts";
import { Gate } from "../support/gate.ts";
import { onceQuiet } from "../support/once_quiet.ts";
import { runtimeName } from "../support/program.ts";
import { inProcess } from "../support/processes.ts";
import { SharedState } from "../support/shared_state.ts";
import { errorOf, errorWithCode, rejection, until } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const kinds: Record<string, Options> = {
  threads: {},
  processes: inProcess(runtimeName),
  "the main thread": { threads: 0, inliner: {} },
};

/** What every timing must be, whatever it is of. */
function isInOrder(timing: Timing): void {
  const { p50Ms, p90Ms, p99Ms, p999Ms, maxMs, meanMs, totalMs, count } = timing;
  const inOrder = [0, p50Ms, p90Ms, p99Ms, p999Ms, maxMs];
  assert.deepEqual(inOrder, inOrder.toSorted((a, b) => a - b));
  assert.ok(meanMs <= maxMs && Math.abs(meanMs * count - totalMs) <= 1e-6 * totalMs);
}

function countsOf(measures: CallMeasures | undefined): number[] {
  const { completed, failed, aborted, timedOut, lost, refused } = measures!;
  return [completed, failed, aborted, timedOut, lost, refused];
}

/** A worker records calls a moment after it has answered them. */
async function allRecorded(stats: () => PoolStats, calls: number): Promise<void> {
  await until("all are recorded", () => stats().measures!.run.count === calls);
}

for (const [name, kind] of Object.entries(kinds)) {
  describe(`calls that ${name} run, measured`, () => {
    const isInline = kind.threads === 0;

    it("are counted by task and by lane, with how long they ran", async () => {
      const tasks = { spinFor, waitFor, same, fail, giveUp, hang };
      await withPool(tasks, { ...kind, metrics: true }, async ({ call, stats }) => {
        for (let i = 0; i < 3; i++) assert.equal(await call.spinFor(10), 10);
        await Promise.all([call.waitFor(20), call.waitFor(20, { priority: 1 })]);
        await Promise.all(Array.from({ length: 500 }, (_, i) => call.same(i)));
        await errorOf(call.fail());
        await allRecorded(stats, 506);
        {
          const { measures, tasks, lanes, workers, queued, running } = stats();
          assert.deepEqual([queued, running], [0, 0]);
          assert.equal(workers, isInline ? 0 : 1);
          assert.deepEqual(countsOf(measures), [505, 1, 0, 0, 0, 0]);
          assert.deepEqual(countsOf(lanes[0]!.measures), [505, 1, 0, 0, 0, 0]);
          assert.deepEqual(countsOf(lanes[0]!.tasks["same"]!.measures), [500, 0, 0, 0, 0, 0]);
          assert.deepEqual(countsOf(tasks["fail"]!.measures), [0, 1, 0, 0, 0, 0]);
          for (const { measures } of [...Object.values(tasks), ...lanes]) {
            const { run, wait, completed, failed } = measures!;
            isInOrder(run);
            isInOrder(wait);
            assert.deepEqual([run.count, wait.count], Array(2).fill(completed + failed));
          }
          const spun = tasks["spinFor"]!.measures!.run;
          assert.ok(spun.p50Ms >= 9.6 && spun.totalMs >= 30, JSON.stringify(spun));
          const waited = tasks["waitFor"]!.measures!.run;
          assert.ok(waited.p50Ms >= 18, JSON.stringify(waited));
          const { utilization } = lanes[0]!.measures!;
          assert.ok(utilization > 0 && utilization <= 1, `${utilization}`);
          assert.equal(lanes[0]!.lane, isInline ? "inline" : 0);
        }
        const controller = new AbortController();
        const given = call.giveUp(undefined, { signal: controller.signal });
        const other = call.giveUp();
        await until("they run", () => stats().running === 2);
        controller.abort();
        await errorOf(given);
        other.reject(new Error("not any more"));
        await errorOf(other);
        await errorWithCode(call.hang(), "KNT_ERROR_TIMEOUT");
        if (!isInline) await errorOf(call.same(() => {}));
        const { tasks, measures } = stats();
        assert.deepEqual(countsOf(tasks["giveUp"]!.measures), [0, 0, 2, 0, 0, 0]);
        assert.deepEqual(countsOf(tasks["hang"]!.measures), [0, 0, 0, 1, 0, 0]);
        assert.deepEqual(countsOf(measures), [505, 1, 2, 1, 0, isInline ? 0 : 1]);
      });
    });

    it("are all counted while they are fast, and one that is not is seen", async () => {
      await withPool({ spinFor }, { ...kind, metrics: true }, async ({ call, stats }) => {
        for (let i = 0; i < 300; i++) await call.spinFor(0);
        await call.spinFor(100);
        for (let i = 0; i < 50; i++) await call.spinFor(0);
        await Promise.all(Array.from({ length: 300 }, (_, i) => call.spinFor(i === 99 ? 200 : 0)));
        await allRecorded(stats, 651);
        const { run, wait, completed, utilization } = stats().measures!;
        assert.deepEqual([completed, wait.count], [651, 651]);
        assert.ok(run.maxMs >= 180, `${run.maxMs} ms`); // without what the others usually take
        assert.ok(run.totalMs >= 295, `${run.totalMs} ms`);
        assert.ok(run.p50Ms < 10, `${run.p50Ms} ms`);
        assert.ok(utilization * stats().uptimeMs >= 295);
        isInOrder(run);
        isInOrder(wait);
      });
    });

    it("are timed until their stream has ended, if they are streams", async () => {
      await withPool({ tick, same }, { ...kind, metrics: true }, async ({ call, stats }) => {
        await call.same(0);
        const start = performance.now();
        assert.deepEqual(await Array.fromAsync(call.tick(4)), [1, 2, 3, 4]);
        const elapsed = performance.now() - start;
        await allRecorded(stats, 2);
        const { run, wait, completed } = stats().tasks["tick"]!.measures!;
        assert.deepEqual([completed, run.count, wait.count], [1, 1, 1]);
        assert.ok(run.maxMs >= 38 && run.maxMs <= elapsed, `${run.maxMs} of ${elapsed} ms`);
        // The time of one call is known on the host as that of a bucket.
        assert.ok(run.maxMs + wait.maxMs <= elapsed * 1.04, `${wait.maxMs} ms`);
      });
    });
  });
}

describe("pool.stats()", () => {
  it("says without the option what waits and what runs, and that the rest is not measured", async () => {
    await withPool({ waitHere }, { threads: 1 }, async ({ call, stats, ready }) => {
      await ready();
      const state = new SharedState();
      const calls = Array.from({ length: 3 }, () => call.waitHere(state.buffer));
      await until("they have begun", () => state.started === 3);
      const { lanes, tasks, workers, queued, running, measures, stalled } = stats();
      assert.deepEqual([workers, queued, running, measures, stalled], [
        1,
        0,
        3,
        undefined,
        undefined,
      ]);
      assert.deepEqual(tasks, { waitHere: { queued: 0, running: 3, measures: undefined } });
      assert.equal(lanes.length, 1);
      assert.deepEqual([lanes[0]!.running, lanes[0]!.measures], [3, undefined]);
      state.release();
      await Promise.all(calls);
      assert.equal(stats().running, 0);
    });
  });

  it("can be asked while workers are busy, and sees what they do", async () => {
    const options = { threads: 1, metrics: true };
    await withPool({ spinHere, same }, options, async ({ call, stats, ready }) => {
      await ready();
      const state = new SharedState();
      const calls = [call.spinHere(state.buffer), call.same(1)];
      await until("it runs", () => stats().running === 1);
      const before = stats();
      assert.equal(before.queued, 1);
      await until(
        "it has been busy",
        () => stats().measures!.utilization > before.measures!.utilization,
      );
      assert.equal(stats().measures!.completed, 0);
      state.release();
      await Promise.all(calls);
    });
  });

  it("counts as waiting nothing that callers do with the results", async () => {
    await withPool({ same }, { metrics: true }, async ({ call, stats, ready }) => {
      await ready();
      let longestMs = 0;
      for (let i = 0; i < 2; i++) {
        const start = performance.now();
        await call.same(i);
        longestMs = Math.max(longestMs, performance.now() - start);
        for (const end = performance.now() + 1000; performance.now() < end;);
      }
      const { count, maxMs } = stats().measures!.wait;
      assert.equal(count, 2);
      assert.ok(maxMs <= longestMs * 1.04, `${maxMs} of ${longestMs} ms`); // it is that of a bucket
    });
  });

  for (const runtime of ["thread", "process"] as const) {
    it(`counts bytes of arguments and results, but not what needs no room: ${runtime}`, async () => {
      const options = { metrics: true, worker: { runtime } };
      await withPool({ same }, options, async ({ call, stats }) => {
        await call.same(1);
        await call.same("x".repeat(1000));
        await call.same(new Uint8Array(5000));
        const { sentBytes } = stats().measures!;
        assert.equal(sentBytes, 6000);
        await until("the worker says so", () => stats().measures!.receivedBytes === 6000);
      });
    });
  }

  it("keeps what a worker did that has died, and counts the calls it has lost", async () => {
    const worker = { hardTimeoutMs: 500, onHardTimeout: "replace" } as const;
    await withPool({ same, giveUp }, { worker, metrics: true }, async ({ call, stats }) => {
      await Promise.all([1, 2, 3].map((n) => call.same(n)));
      const lost = call.giveUp(undefined);
      const others = [call.giveUp(undefined)];
      await Promise.all([lost, ...others].map(errorOf));
      await call.same(4); // by the next one
      const { lanes, measures } = stats();
      assert.equal(measures!.completed, 4);
      assert.equal(measures!.timedOut + measures!.lost, 2);
      assert.ok(measures!.timedOut >= 1);
      assert.equal(lanes.length, 1);
      assert.equal(lanes[0]!.tasks["same"]!.measures!.completed, 4);
      await until("its run is recorded", () => stats().tasks["same"]!.measures!.run.count === 4);
    });
  });

  it("counts no call twice while a worker takes the place of another", async () => {
    const recycle = { maxTasks: 50 };
    await withPool({ whoAmI, waitFor }, { recycle, metrics: true }, async ({ call, stats }) => {
      const first = await call.whoAmI();
      let others = 0;
      let waiting = Promise.resolve(0);
      for (let calls = 2; others < 3; calls++) {
        if (calls === 40) waiting = call.waitFor(100);
        if (await call.whoAmI() !== first) others++;
        const { tasks, lanes } = stats();
        assert.equal(tasks["whoAmI"]!.measures!.completed, calls);
        assert.deepEqual(lanes.map(({ lane, ready }) => [lane, ready]), [[0, true]]);
        if (calls % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await waiting;
    });
  });

  it("can be asked when the pool is gone, and with it the memory of processes", async () => {
    let last: (() => PoolStats) | undefined;
    const options = { ...inProcess(runtimeName), metrics: true };
    await withPool({ same, waitFor }, options, async ({ call, stats }) => {
      await call.same(1);
      await allRecorded(stats, 1);
      call.waitFor(10_000).catch(() => {});
      await until("it runs", () => stats().running === 1);
      last = stats;
    });
    const { measures, running, queued } = last!();
    assert.deepEqual(countsOf(measures), [1, 0, 0, 0, 1, 0]);
    assert.equal(measures!.run.count, 1);
    assert.deepEqual([running, queued], [0, 0]);
  });
});

describe("a call that stalls", () => {
  for (const [name, kind] of Object.entries(kinds).slice(0, 2)) {
    it(`is published once, while its worker hangs: ${name}`, () =>
      onceQuiet(async () => {
        const messages: unknown[] = [];
        const listen = (message: unknown): void => void messages.push(message);
        diagnosticsChannel.subscribe("knitting:call:stalled", listen);
        try {
          const options: Options = { ...kind, metrics: { stallMs: 20 } };
          await withPool({ hold, same }, options, async ({ call, stats, ready }) => {
            await ready();
            assert.deepEqual(stats().stalled, { total: 0, now: [] });
            const gate = new Gate();
            const stuck = call.hold(gate.memory);
            await until("it is told", () => messages.length > 0);
            const { stalled } = stats();
            assert.equal(stalled!.total, 1);
            assert.equal(stalled!.now[0]!.task, "hold");
            gate.open();
            await stuck;
            await call.same(1); // which may be held up for as long on a busy machine
            assert.deepEqual(stats().stalled, { total: 1, now: [] });
            const [{ task, lane, ms }, ...more] = messages as [
              { task: string; lane: number; ms: number },
            ];
            assert.deepEqual([task, lane, more], ["hold", 0, []]);
            assert.ok(ms >= 20);
          });
        } finally {
          diagnosticsChannel.unsubscribe("knitting:call:stalled", listen);
        }
      }));
  }
});

describe("what other pools' documentation shows", () => {
  it("piscina: the histograms of run and wait times, and the utilization", async () => {
    await withPool({ spinFor }, { threads: 2, metrics: true }, async ({ call, stats }) => {
      await Promise.all(Array.from({ length: 8 }, () => call.spinFor(2)));
      await allRecorded(stats, 8);
      const { run, utilization, completed } = stats().measures!;
      assert.equal(completed, 8);
      assert.ok(run.p50Ms >= 1.9 && run.meanMs >= 2 && run.maxMs >= 2, JSON.stringify(run));
      assert.ok(utilization > 0 && utilization <= 1);
    });
  });

  it("are kept once, however often the pool is shut down", async () => {
    const pool = createPool({ metrics: true })({ same, waitFor });
    assert.equal(await pool.call.same(1), 1);
    const late = rejection(pool.call.waitFor(1e6));
    const closing = pool.shutdown(50);
    await Promise.all([pool.shutdown(), closing, late]);
    assert.equal(pool.stats().measures!.completed, 1);
  });

  it("count calls of the main thread that their callers have given up", async () => {
    const options: Options = { threads: 0, inliner: {}, metrics: true };
    await withPool({ waitHere, fail }, options, async ({ call, stats }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const state = new SharedState();
      const given = rejection(call.waitHere(state.buffer, { signal }));
      await until("it runs", () => stats().running === 1);
      controller.abort("enough");
      assert.equal(await given, "enough");
      state.release();
      await until("it has ended all the same", () => stats().running === 0);
      const { aborted, completed } = stats().measures!;
      assert.deepEqual([aborted, completed], [1, 0]);
    });
  });

  it("poolifier and workerpool: busy and idle workers, executing, queued, executed, failed", async () => {
    await withPool(
      { waitHere, fail },
      { threads: 2, metrics: true },
      async ({ call, stats, ready }) => {
        await ready();
        const before = stats();
        assert.deepEqual([before.workers, before.queued, before.running], [2, 0, 0]);
        const state = new SharedState();
        const calls = Array.from({ length: 4 }, () => call.waitHere(state.buffer));
        await until("all run", () => stats().running === 4);
        await errorOf(call.fail());
        const { lanes, running, queued, measures } = stats();
        assert.deepEqual([running, queued, measures!.failed], [4, 0, 1]);
        const busy = lanes.filter(({ running }) => running > 0).length;
        assert.ok(busy === 1 || busy === 2);
        state.release();
        await Promise.all(calls);
        assert.equal(stats().measures!.completed, 4);
      },
    );
  });
});
