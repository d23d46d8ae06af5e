// What does it cost that a call can be stopped, or that it has a time limit?

import { createPool } from "../mod.ts";
import { question } from "./support/question.ts";
import * as tasks from "./support/tasks.ts";

const ways = ["echo", "echoAbortable", "echoTimed", "echoWithSignal"] as const;
const names: Record<typeof ways[number], string> = {
  echo: "plain",
  echoAbortable: "abort-aware task",
  echoTimed: "task with a timeout",
  echoWithSignal: "plain, called with a signal",
};

/** All contenders share a pool: only the task, or the way to call it, differs. */
let open = 0;
let pool: ReturnType<typeof openPool> | undefined;
function openPool() {
  return createPool({ threads: 1, abortSignalCapacity: 4096 })(tasks);
}

const stopping = question("stopping", "What does it cost that a call can be stopped?");
const group = stopping.group<() => Promise<unknown>>(
  "one worker",
  ways.map((way) => ({
    name: names[way],
    async open() {
      open++;
      pool ??= openPool();
      const { call } = pool;
      const { signal } = new AbortController();
      const make = way === "echoWithSignal"
        ? () => call.echo(1.5, { signal })
        : () => call[way](1.5);
      for (const end = performance.now() + 100; performance.now() < end;) await make();
      return make;
    },
    async close() {
      if (--open > 0) return;
      await pool!.shutdown();
      pool = undefined;
    },
  })),
);

for (const count of [1, 100, 1000]) {
  group.cell(`number x${count}`, (make) => {
    if (count === 1) return { batch: make };
    return { batch: () => Promise.all(Array.from({ length: count }, make)) };
  });
}
