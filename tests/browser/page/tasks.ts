// What the checks call. On the bundled page these are exports of the page's own bundle.

import { createPool, importTask, isMain, type Pool, task } from "knitting/browser";

export const echo = task({ f: (value: unknown) => value });

/** A bare function, found by its name in the module that calls createPool. */
export const add = ([a, b]: [number, number]): number => a + b;

export const poolOfAdd = (): Pool<{ add: typeof add }> => createPool({})({ add });

export const mainHere = task({ f: () => isMain });

export const prepared = task({
  f: () => (globalThis as { prepared?: unknown }).prepared,
});

export const unitsOf = task({
  f: (text: string) => Array.from(text, (_, at) => text.charCodeAt(at)),
});

export const later = task({
  f: async (value: unknown) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return value;
  },
});

export const countTo = task({
  f: async function* (limit: number) {
    for (let n = 1; n <= limit; n++) yield n;
  },
});

export const doubled = task({
  f: async function* (numbers: AsyncIterable<number>) {
    for await (const n of numbers) yield n * 2;
  },
});

export const failing = task({
  f: (n: number) => {
    const cause = new RangeError("too deep", { cause: "a text" });
    throw Object.assign(new TypeError(`no ${n}`, { cause }), { code: "E_NO", n });
  },
});

export const failingLater = task({
  f: () => Promise.reject(new SyntaxError("later")),
});

export const never = task({ f: () => new Promise(() => {}) });

export const neverInTime = task({
  timeout: 5,
  f: () => new Promise(() => {}),
});

export const neverButDefault = task({
  timeout: { time: 5, default: "nothing" },
  f: (): Promise<string> => new Promise(() => {}),
});

export const endless = task({
  f: () => {
    for (;;);
  },
});

export const untilAborted = task({
  abortSignal: true,
  f: (words: number, signal) => {
    let looks = 0;
    while (!signal.hasAborted()) looks++;
    return looks + words;
  },
});

export const untilListenerIsTold = task({
  abortSignal: true,
  f: (_: void, signal) =>
    new Promise<string>((resolve) =>
      signal.addEventListener("abort", () => resolve(String(signal.reason)))
    ),
});

export const closing = task({ f: () => (globalThis as unknown as { close(): void }).close() });

export const crashing = task({
  f: () => {
    setTimeout(() => {
      throw new EvalError("nobody catches this");
    });
    return new Promise(() => {});
  },
});

export const inWorkersOnly = importTask<number, number>({ href: "./imported.js", name: "triple" });
