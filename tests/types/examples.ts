// Examples of the documentation, as they are written there. Compiled only: scripts/check_types.ts.

import { createPool, importTask, isMain, task } from "../../mod.ts";

export const square = (value: number) => value * value;
export const greet = (name: string) => "hello " + name;

if (isMain) {
  using pool = createPool({ threads: 2 })({ square, greet });
  const [four, message] = await Promise.all([
    pool.call.square(2),
    pool.call.greet("knitting"),
  ]);
  console.log({ four, message });
}

export const maybeSlow = task({
  timeout: { time: 200, default: "timed out" },
  f: async (name: string) => {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return "hello " + name;
  },
});

if (isMain) {
  using pool = createPool({})({ maybeSlow });
  console.log(await pool.call.maybeSlow("knitting"));
}

export const maybeSlowPinned = task<string, string>({
  timeout: { time: 500, default: "timed out" },
  f: async (value) => {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return value.toUpperCase();
  },
});

export const countUntilStopped = task({
  abortSignal: { hasAborted: true },
  f: (limit: number, signal) => {
    let count = 0;
    // deno-lint-ignore no-empty
    while (!signal.hasAborted() && limit > ++count) {}
    return count;
  },
});

if (isMain) {
  using pool = createPool({})({ countUntilStopped });
  const pending = pool.call.countUntilStopped(1_000_000_000);
  setTimeout(() => pending.reject(), 0 /*100*/);
  console.log(await pending);
}

export const countUntilStoppedLater = task({
  abortSignal: { hasAborted: true },
  f: async (limit: number, signal) => {
    for (let index = 0; index < limit; index += 1) {
      if (signal.hasAborted()) return index;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return limit;
  },
});

type ResizeInput = {
  width: number;
  height: number;
};

export const pixels = task<ResizeInput, number>({
  f: ({ width, height }) => width * height,
});

export const add = importTask<[number, number], number>({
  href: "./worker-tasks.ts",
  name: "add",
});

if (isMain) {
  const pool = createPool({ threads: 2 })({ add });
  try {
    console.log(await pool.call.add([2, 3]));
  } finally {
    await pool.shutdown();
  }
}

export const double = task<number, number>({
  f: (value) => value * 2,
}).createPool({ threads: 2 });

if (isMain) {
  try {
    console.log(await double.call(21));
  } finally {
    await double.shutdown();
  }
}
