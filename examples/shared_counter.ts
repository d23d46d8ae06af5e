// Several processes count in the same memory, and this one looks on. The memory is sent to them once, with
// the call, and is not copied.
//
//   deno run -A examples/shared_counter.ts [options]

import cliProgress from "cli-progress";
import process from "node:process";
import { createPool, Envelope } from "../mod.ts";
import { ProcessSharedBuffer } from "../shared_memory.ts";
import { count } from "./shared_counter_tasks.ts";
import { run, runExample } from "./support/program.ts";
import { thisRuntime } from "./support/runtime.ts";

await runExample({
  name: "shared_counter",
  about: "Counts in shared memory, from several processes at the same time.",
  options: {
    calls: { help: "calls, which processes take as they are free", default: 8, most: 100 },
    times: { help: "how often each call adds one", default: 5_000_000, most: 20_000_000 },
  },
}, async (settings) => {
  const { calls, times, threads } = settings;

  const countAll = async (
    call: (input: Envelope<{ times: number }, ProcessSharedBuffer>) => void | Promise<void>,
  ) => {
    const shared = ProcessSharedBuffer.create(64);
    const counter = shared.view(Int32Array);
    const bar = new cliProgress.SingleBar({ stream: process.stderr, clearOnComplete: true });
    bar.start(calls * times, 0);
    const look = setInterval(() => bar.update(Atomics.load(counter, 0)), 50);
    try {
      const input = new Envelope({ times }, shared);
      await Promise.all(Array.from({ length: calls }, () => call(input)));
      return Atomics.load(counter, 0);
    } finally {
      clearInterval(look);
      bar.stop();
      shared.close();
    }
  };

  const counted = await run(settings, {
    host: () => countAll(count.f),
    async pool() {
      const worker = { runtime: "process", processRuntime: thisRuntime() } as const;
      // It is our own code, so workers may do what this program may do.
      const pool = createPool({ threads, worker, permission: "unsafe" })({ count });
      try {
        return await countAll(pool.call.count);
      } finally {
        await pool.shutdown();
      }
    },
  });
  console.log(`${calls} calls added one ${times} times each: the counter is at ${counted}`);
});
