/**
 * More ways to have workers, from npm: workerpool, poolifier, and comlink over `node:worker_threads`.
 * Unlike `peers.ts` they need a worker's script of their own, in `rival_workers/`.
 *
 * workerpool gives a worker one call at a time and cannot be told otherwise. poolifier gives a worker all
 * calls at once. comlink is no pool: calls go to its workers in turns.
 *
 * @module
 */

import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { broadcast } from "./broadcast.ts";
import type { Call, Maker, Subject } from "./subject.ts";

const scriptOf = (name: string) =>
  fileURLToPath(new URL(`./rival_workers/${name}.ts`, import.meta.url));

const isBun = "Bun" in globalThis;
let workerpoolLibrary: typeof import("workerpool");

const workerpool: Maker = {
  name: "workerpool",
  runnerOnly: true,
  async load() {
    workerpoolLibrary = (await import("workerpool")).default;
  },
  open({ threads }): Subject {
    const pool = workerpoolLibrary.pool(scriptOf("workerpool"), {
      minWorkers: threads,
      maxWorkers: threads,
      // On Bun it never hears from workers of `node:worker_threads`.
      ...isBun ? { workerType: "web", workerOpts: { type: "module" } } : { workerType: "thread" },
    });
    return {
      // Its promises are not the language's own.
      call: (name) => async (argument) => await pool.exec(name, [argument]),
      async close() {
        await pool.terminate();
      },
    };
  },
};

let poolifierLibrary: typeof import("poolifier");

const poolifier: Maker = {
  name: "poolifier",
  runnerOnly: true,
  async load() {
    poolifierLibrary = await import("poolifier");
  },
  open({ threads }): Subject {
    const gone = Promise.withResolvers<void>();
    let left = threads;
    const pool = new poolifierLibrary.FixedThreadPool(threads, scriptOf("poolifier"), {
      exitHandler: () => --left === 0 && gone.resolve(),
    });
    return {
      call: (name) => (argument) => pool.execute({ argument }, name),
      close() {
        // It waits for ever for a worker that has gone before it begins to wait.
        pool.destroy();
        return gone.promise;
      },
    };
  },
};

let comlinkLibrary: typeof import("./rival_workers/comlink_library.ts");

const comlink: Maker = {
  name: "comlink",
  runnerOnly: true,
  async load() {
    comlinkLibrary = await import("./rival_workers/comlink_library.ts");
  },
  open({ threads }): Subject {
    const { nodeEndpoint, wrap } = comlinkLibrary;
    const workers = Array.from({ length: threads }, () => new Worker(scriptOf("comlink")));
    const proxies = workers.map((worker) => wrap<Record<string, Call>>(nodeEndpoint(worker)));
    let turn = 0;
    return {
      call(name) {
        const calls = proxies.map((proxy) => proxy[name] as unknown as Call);
        return (argument) => calls[turn = (turn + 1) % threads]!(argument);
      },
      async close() {
        await Promise.all(workers.map((worker) => {
          const gone = once(worker, "exit");
          worker.terminate();
          return gone;
        }));
      },
    };
  },
};

/** All of them. */
export const rivals: readonly Maker[] = [workerpool, poolifier, comlink, broadcast];
