import { createPool, isMain } from "knitting/browser";
import { equal, ok, rejection } from "./expect.ts";
import { echo, later, never, poolOfAdd } from "./tasks.ts";
import { withPool } from "./with_pool.ts";

const besides = (name: string): string => new URL(`./${name}.js`, import.meta.url).href;

export const lifeChecks: Readonly<Record<string, () => Promise<void>>> = {
  "500 calls at once are answered in their order": () =>
    withPool({ threads: 2 }, async ({ echo, later }) => {
      const numbers = Array.from({ length: 500 }, (_, n) => n);
      equal(await Promise.all(numbers.map((n) => echo(n))), numbers);
      equal(await Promise.all(numbers.map((n) => later({ n }))), numbers.map((n) => ({ n })));
    }),
  "streams come through, also there and back, and can be left": () =>
    withPool({}, async ({ countTo, doubled }) => {
      let sum = 0;
      for await (const n of doubled(countTo(3000))) sum += n;
      equal(sum, 3000 * 3001);
      for await (const n of countTo(1e9)) if (n === 2) break;
    }),
  "idle workers are woken": () =>
    withPool({ threads: 2 }, async ({ echo }) => {
      for (let n = 0; n < 20; n++) {
        equal(await echo(n), n);
        await new Promise((resolve) => setTimeout(resolve, 2)); // for both sides to fall asleep
      }
    }),
  "the page has its turns while calls go on": () =>
    withPool({}, async ({ echo }) => {
      let turned = false;
      setTimeout(() => turned = true);
      while (!turned) await echo(1);
    }),
  "a page is main, and its workers are not": () =>
    withPool({}, async ({ mainHere }) => {
      equal(isMain, true);
      equal(await mainHere(), false);
    }),
  "a worker of the page's own can have a pool": async () => {
    // It is left alone: Chromium may keep one that is terminated while workers in it are still ending.
    const worker = new Worker(besides("own_worker"), { type: "module", name: "own" });
    const { data } = await new Promise<MessageEvent>((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = (event) => reject(new Error(event.message));
    });
    equal(data, { result: 27, isMain: false });
  },
  "promises are awaited before they are sent": () =>
    withPool({}, async ({ echo }) => equal(await echo(Promise.resolve("then")), "then")),
  "functions without a definition are found": async () => {
    const pool = poolOfAdd();
    equal(await pool.call.add([1, 2]), 3);
    await pool.shutdown();
  },
  "imported tasks are loaded by workers alone": () =>
    withPool({}, async ({ inWorkersOnly }) => equal(await inWorkersOnly(5), 15)),
  "pools of one task work": async () => {
    const { square }: typeof import("./single.ts") = await import(besides("single"));
    equal(await square.call(12), 144);
    await square.shutdown();
  },
  "the inliner runs calls on the page": () =>
    withPool(
      { threads: 1, inliner: { position: "first" }, balancer: "firstIdle" },
      async ({ mainHere }) => equal(await mainHere(), true),
    ),
  "without workers the inliner alone runs them": async () => {
    const pool = createPool({ threads: 0, inliner: {} })({ echo });
    equal(await pool.call.echo("here"), "here");
    await pool.shutdown();
  },
  "the bootstrap runs first, with data that may be shared memory": async () => {
    const shared = new SharedArrayBuffer(4);
    await withPool(
      { threads: 2, worker: { bootstrap: { href: besides("bootstrap"), data: shared } } },
      async ({ prepared }) => {
        const { thread, ...rest } = await prepared() as { thread: number };
        ok(thread === 0 || thread === 1, "it is told its number");
        equal(rest, { runtime: "browser", shared: true });
      },
    );
    ok(Atomics.load(new Int32Array(shared), 0) >= 1, "the page sees what the bootstrap wrote");
  },
  "a source serves when it is ready to": () =>
    withPool({ source: besides("source") }, async ({ prepared }) => {
      equal(await prepared(), "by the source");
    }),
  "a shutdown rejects what is open, and what comes later": async () => {
    const pool = createPool({ threads: 2 })({ never, echo });
    const open = rejection(pool.call.never());
    equal(await pool.call.echo(1), 1);
    await pool.shutdown();
    equal((await open).code, "KNT_ERROR_CLOSED");
    equal((await rejection(pool.call.echo(1))).code, "KNT_ERROR_CLOSED");
  },
  "a shutdown waits for calls if it is to": async () => {
    const pool = createPool({ worker: { resolveAfterFinishingAll: true } })({ later });
    const calls = Promise.all([1, 2, 3].map((n) => pool.call.later(n)));
    await pool.shutdown();
    equal(await calls, [1, 2, 3]);
  },
};
