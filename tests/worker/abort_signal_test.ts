// What an abort-aware task gets as its second argument.

import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import * as tasks from "../fixtures/toolkit_tasks.ts";
import { SharedState } from "../support/shared_state.ts";
import { until } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

/** The outcome of an abort-aware task that is aborted once it runs. */
async function outcomeOf<T>(
  call: (buffer: SharedArrayBuffer) => Promise<T> & { reject(): void },
): Promise<T> {
  const state = new SharedState();
  const promise = call(state.buffer);
  await until("the task runs", () => state.started === 1);
  promise.reject();
  return await promise;
}

/** A server that takes requests and never answers; how many have come, and how many have gone. */
async function silentServer(): Promise<{ server: Server; url: string; open: Set<unknown> }> {
  const open = new Set<unknown>();
  const server = createServer((request) => {
    open.add(request);
    request.socket.on("close", () => open.delete(request));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, open };
}

describe("the signal of a call", () => {
  it("is an AbortSignal that is not aborted", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      assert.deepEqual(await call.describeSignal(), {
        isSignal: true,
        tag: "[object AbortSignal]",
        aborted: false,
        hasAborted: false,
        reason: undefined,
      });
    });
  });

  it("is only given to tasks that ask for it", async () => {
    await withPool(tasks, {}, async ({ call }) => assert.equal(await call.countParameters(1), 1));
  });

  it("changes during a loop that never lets go of its thread", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      assert.deepEqual(await outcomeOf(call.seeAbort), {
        before: [false, false, true],
        hasAborted: true,
        isReason: true,
        isException: true,
        name: "AbortError",
      });
    });
  });

  it("has a clock that never goes back", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const times = await call.readClock();
      assert.deepEqual(times, [...times].sort((a, b) => a - b));
      assert.ok(times.at(-1)! - times[0]! >= 4);
    });
  });

  it("tells every kind of listener, once, and no one who does not listen any more", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const events = await outcomeOf((buffer) => {
        const promise = call.collectEvents(buffer);
        return Object.assign(promise, {
          reject: ((reject) => () => {
            reject();
            reject();
          })(promise.reject),
        });
      });
      assert.deepEqual([...events].sort(), [
        "listener abort true true",
        "object abort true true",
        "onabort abort true true",
        "once abort true true",
      ]);
    });
  });

  it("can be followed by AbortSignal.any", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      assert.deepEqual(await outcomeOf(call.follow), [true, true]);
    });
  });

  it("ends a fetch, while other calls come and go", async () => {
    const { server, url, open } = await silentServer();
    try {
      await withPool(tasks, {}, async ({ call }) => {
        const loading = call.load(url);
        await until("the server has the request", () => open.size === 1);
        assert.equal(await call.plain(1), 2);
        loading.reject();
        assert.equal(await loading, "AbortError");
        await until("the connection is closed", () => open.size === 0);
        assert.equal(await call.plain(2), 3);
      });
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("ends a fetch that is aborted before it begins", async () => {
    await withPool(tasks, {}, async ({ call }) => {
      const loading = call.load("http://127.0.0.1:9/");
      loading.reject();
      assert.equal(await loading, "AbortError");
    });
  });
});
