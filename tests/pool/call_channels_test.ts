// Calls and workers as node:diagnostics_channel shows them.

import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import diagnosticsChannel from "node:diagnostics_channel";
import { describe, it } from "node:test";
import { spinUntil } from "../fixtures/basic_tasks.ts";
import { fail, giveUp, same } from "../fixtures/metrics_tasks.ts";
import { runtimeName } from "../support/program.ts";
import { inProcess } from "../support/processes.ts";
import { SharedState } from "../support/shared_state.ts";
import { blockUntil, errorOf, rejection, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const PHASES = ["start", "end", "asyncStart", "asyncEnd", "error"] as const;

/** Has `listen` hear of all calls while `body` runs. */
async function listening(
  listen: (phase: string, message: Record<string, unknown>) => void,
  body: () => Promise<void>,
): Promise<void> {
  const listeners = PHASES.map((phase) =>
    [
      `tracing:knitting:call:${phase}`,
      (message: unknown) => listen(phase, message as Record<string, unknown>),
    ] as const
  );
  for (const [name, listener] of listeners) diagnosticsChannel.subscribe(name, listener);
  try {
    await body();
  } finally {
    for (const [name, listener] of listeners) diagnosticsChannel.unsubscribe(name, listener);
  }
}

describe("the channels of calls", () => {
  it("show each call as a TracingChannel shows a promise, with one message object", async () => {
    const heard: [string, Record<string, unknown>][] = [];
    await listening((phase, message) => heard.push([phase, message]), async () => {
      await withPool({ same, fail, giveUp }, { diagnostics: true }, async ({ call, stats }) => {
        assert.equal(await call.same(7), 7);
        assert.deepEqual(heard.map(([phase]) => phase), ["start", "end", "asyncStart", "asyncEnd"]);
        const [[, message]] = heard as [[string, Record<string, unknown>]];
        assert.ok(heard.every(([, other]) => other === message));
        assert.deepEqual(message, {
          task: "same",
          argument: 7,
          lane: 0,
          outcome: "completed",
          result: 7,
        });
        heard.length = 0;
        const error = await errorOf(call.fail());
        assert.deepEqual(heard.map(([phase]) => phase), [
          "start",
          "end",
          "error",
          "asyncStart",
          "asyncEnd",
        ]);
        assert.equal(heard[0]![1]["error"], error);
        assert.equal(heard[0]![1]["outcome"], "failed");
        heard.length = 0;
        const given = call.giveUp();
        await until("it runs", () => stats().running === 1);
        const reason = new Error("no more");
        given.reject(reason);
        await errorOf(given);
        assert.deepEqual(heard[0]![1], {
          task: "giveUp",
          argument: undefined,
          lane: 0,
          outcome: "aborted",
          error: reason,
        });
      });
    });
  });

  it("start in the context of the caller", async () => {
    const context = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    await listening(
      (phase) => void (phase === "start" && seen.push(context.getStore())),
      async () => {
        await withPool({ same }, { diagnostics: true }, async ({ call }) => {
          await context.run("a request", () => call.same(1));
          await context.run("a promise", () => call.same(Promise.resolve(1)));
        });
      },
    );
    assert.deepEqual(seen, ["a request", "a promise"]);
  });

  it("say nothing of calls that were made while nobody listened", async () => {
    const heard: unknown[] = [];
    await withPool({ same }, { diagnostics: true }, async ({ call }) => {
      const early = call.same(1);
      await listening((_, { argument }) => heard.push(argument), async () => {
        assert.equal(await early, 1);
        assert.equal(await call.same(2), 2);
      });
      assert.equal(await call.same(3), 3);
    });
    assert.deepEqual([...new Set(heard)], [2]);
  });

  it("show calls of the main thread, to whoever listens to any of them", async () => {
    const options = { threads: 0, inliner: {}, diagnostics: true };
    await withPool({ same, fail }, options, async ({ call }) => {
      for (const phase of PHASES) {
        const lanes: unknown[] = [];
        const listener = (message: unknown): void =>
          void lanes.push((message as { lane?: unknown }).lane);
        diagnosticsChannel.subscribe(`tracing:knitting:call:${phase}`, listener);
        try {
          await errorOf(call.fail());
        } finally {
          diagnosticsChannel.unsubscribe(`tracing:knitting:call:${phase}`, listener);
        }
        assert.deepEqual(lanes, [phase === "start" || phase === "end" ? undefined : "inline"]);
      }
    });
  });

  it("may be heard by who ends the pool then: what is answered is not lost", async () => {
    let end = (): void => {};
    const listen = (phase: string): void => {
      if (phase === "asyncStart") end();
    };
    await listening(listen, async () => {
      await withPool({ same, spinUntil }, { diagnostics: true }, async ({ call, shutdown }) => {
        const state = new SharedState();
        await call.same(1); // the worker is there
        end = () => void shutdown();
        const answered = [2, 3, 4].map((n) => call.same(n));
        const running = call.spinUntil(state.buffer);
        await undefined; // the calls are sent
        blockUntil("the worker is through with the first ones", () => state.started === 1);
        state.release(); // Deno does not end threads that never rest
        assert.deepEqual(await inTime("the answers", Promise.all(answered)), [2, 3, 4]);
        await Promise.allSettled([running]); // it may have come to its end before the worker did
      });
      const inline = { threads: 0, inliner: {}, diagnostics: true };
      await withPool({ same }, inline, async ({ call, shutdown }) => {
        end = () => void shutdown();
        assert.equal(await inTime("the answer", call.same(5)), 5);
      });
    });
  });

  for (const heard of ["start", "error"]) {
    it(`may be heard by who gives up the same call then: it settles once (${heard})`, async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const listen = (phase: string): void => {
        if (phase === heard) controller.abort("by the listener");
      };
      await listening(listen, async () => {
        await withPool({ same, giveUp }, { diagnostics: true }, async ({ call }) => {
          let reason: Promise<unknown>;
          if (heard === "start") reason = rejection(call.same(0, { signal }));
          else {
            const given = call.giveUp(undefined, { signal });
            reason = rejection(given);
            given.reject("by hand");
          }
          const others = [1, 2, 3, 4].map((n) => call.same(n));
          assert.equal(await reason, heard === "start" ? "by the listener" : "by hand");
          assert.deepEqual(await inTime("the others", Promise.all(others)), [1, 2, 3, 4]);
        });
      });
    });
  }

  it("are silent without the option", async () => {
    const heard: string[] = [];
    await listening((phase) => heard.push(phase), async () => {
      await withPool({ same }, { metrics: true }, async ({ call }) => void (await call.same(1)));
    });
    assert.deepEqual(heard, []);
  });
});

describe("the channels of workers", () => {
  for (
    const [name, options] of Object.entries({ threads: {}, processes: inProcess(runtimeName) })
  ) {
    it(`say when one starts and ends, whatever the options: ${name}`, async () => {
      const heard: [string, unknown][] = [];
      const start = (message: unknown): void => void heard.push(["start", message]);
      const exit = (message: unknown): void => void heard.push(["exit", message]);
      diagnosticsChannel.subscribe("knitting:worker:start", start);
      diagnosticsChannel.subscribe("knitting:worker:exit", exit);
      try {
        await withPool({ same }, options, async ({ ready }) => await ready());
        assert.deepEqual(heard.map(([what]) => what), ["start", "exit"]);
        assert.deepEqual(heard[0]![1], { worker: 0 });
        const { worker, expected } = heard[1]![1] as { worker: number; expected: boolean };
        assert.deepEqual([worker, expected], [0, true]);
      } finally {
        diagnosticsChannel.unsubscribe("knitting:worker:start", start);
        diagnosticsChannel.unsubscribe("knitting:worker:exit", exit);
      }
    });
  }
});
