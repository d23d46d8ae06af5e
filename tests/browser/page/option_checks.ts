import { createPool, type Options } from "knitting/browser";
import { equal, ok, thrown } from "./expect.ts";
import { echo } from "./tasks.ts";
import { withPool } from "./with_pool.ts";

/** These options are refused, with a message that has these words. */
function refused(options: unknown, words: RegExp): () => Promise<void> {
  return async () => {
    const { message } = await thrown(() => createPool(options as Options)({ echo }));
    ok(words.test(message), message);
  };
}

export const optionChecks: Readonly<Record<string, () => Promise<void>>> = {
  "processes are refused": refused({ worker: { runtime: "process" } }, /must be "thread"/),
  "options of processes are refused": refused(
    { worker: { processRuntime: "deno" } },
    /worker\.processRuntime cannot be given in a browser/,
  ),
  "permissions are refused, not ignored": refused(
    { permission: { net: [] } },
    /permission must be "unsafe" in a browser/,
  ),
  "flags are refused": refused({ workerExecArgv: [] }, /workerExecArgv cannot be given/),
  "limits of memory are refused": refused(
    { worker: { resourceLimits: { stackSizeMb: 4 } } },
    /resourceLimits cannot be set on browser/,
  ),
  "borrowed references are refused": refused(
    { unsafe: { BufferReferenceReturn: "borrow" } },
    /there is no BufferReference/,
  ),
  "options that do not exist are refused": refused({ thread: 1 }, /cannot have "thread"/),
  "a browser without Atomics.waitAsync is told which one is needed": async () => {
    const waitAsync = Object.getOwnPropertyDescriptor(Atomics, "waitAsync")!;
    Reflect.deleteProperty(Atomics, "waitAsync");
    try {
      await refused({}, /no Atomics\.waitAsync.*Firefox 145/)();
    } finally {
      Object.defineProperty(Atomics, "waitAsync", waitAsync);
    }
  },
  "what a pool tells of its permissions is that there are none": async () => {
    const pool = createPool({ permission: "unsafe" })({ echo });
    equal(pool.permissions.mode, "unsafe");
    equal(pool.permissions.net, { policy: { allow: true, deny: [] }, enforcedBy: "none" });
    await pool.shutdown();
  },
  "every balancer, every dispatcher, timers and diagnostics work": async () => {
    const balancers = ["roundRobin", "firstIdle", "randomLane", "firstIdleOrRandom"] as const;
    for (const balancer of balancers) {
      const options: Options = {
        threads: 2,
        balancer,
        host: { dispatcher: "per-thread", stallFreeLoops: 0 },
        worker: { timers: { spinMicroseconds: 0, parkMs: 5 } },
        debug: true,
      };
      await withPool(options, async ({ echo }) => {
        const numbers = Array.from({ length: 50 }, (_, n) => n);
        equal(await Promise.all(numbers.map((n) => echo(n))), numbers);
      });
    }
  },
};
