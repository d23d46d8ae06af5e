/**
 * A server with Hono; says its port, and ends with its standard input:
 *
 *     <runtime> bench/support/http_server.ts <no pool | knitting | piscina | known answers>
 *
 * A server with known answers has worked them out before, and does nothing for a request; beside it a thread works
 * as long as requests come, as a worker would.
 *
 * `/ping` costs nothing. `/delays` has the microseconds by which timers were late since it was last asked.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { Hono } from "hono";
import { createPool } from "../../mod.ts";
import * as tasks from "./http_tasks.ts";
import * as work from "./http_work.ts";

/** Where the work is done. */
export type Way = "no pool" | "knitting" | "piscina" | "known answers";
export type Route = keyof typeof work;

const ROUTES = Object.keys(work) as Route[];
/** Whom all requests of the load are about. */
const SOMEBODY = "Ada";
/** The server needs a processor, too. */
const THREADS = Math.max(1, availableParallelism() - 1);
const TICK_MS = 5;

type Run = (argument: string) => Promise<string> | string;

const ways: Record<Way, () => Promise<Record<Route, Run>> | Record<Route, Run>> = {
  "no pool": () => work,
  "knitting": () => createPool({ threads: THREADS })(tasks).call,
  async "piscina"() {
    const { Piscina } = await import("piscina");
    const filename = fileURLToPath(new URL("./http_work.ts", import.meta.url));
    const pool = new Piscina({ filename, minThreads: THREADS, maxThreads: THREADS });
    const entries = ROUTES.map((
      name,
    ) => [name, (argument: string) => pool.run(argument, { name })]);
    return Object.fromEntries(entries);
  },
  async "known answers"() {
    const requests = new Int32Array(new SharedArrayBuffer(4));
    new Worker(new URL("./http_busy.ts", import.meta.url), { workerData: requests });
    const known = ROUTES.map(async (route): Promise<[Route, Run]> => {
      const answer = await work[route](SOMEBODY);
      const run = () => {
        Atomics.add(requests, 0, 1);
        Atomics.notify(requests, 0);
        return answer;
      };
      return [route, run];
    });
    return Object.fromEntries(await Promise.all(known)) as Record<Route, Run>;
  },
};

function appOf(runs: Record<Route, Run>): Hono {
  const app = new Hono();
  for (const route of ROUTES) {
    app.get(`/${route}`, async (c) => c.text(await runs[route](c.req.query("of") ?? "nobody")));
  }
  app.get("/ping", (c) => c.text("pong"));
  let delays: number[] = [];
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    delays.push(Math.max(0, now - last - TICK_MS) * 1000);
    last = now;
  }, TICK_MS);
  app.get("/delays", (c) => {
    const json = c.json(delays);
    delays = [];
    return json;
  });
  return app;
}

interface Options {
  readonly fetch: Hono["fetch"];
  readonly hostname: string;
  readonly port: 0;
}

/** With the runtime's own server; resolves to its port. */
async function listen(app: Hono): Promise<number> {
  const options: Options = { fetch: app.fetch, hostname: "127.0.0.1", port: 0 };
  const { Bun } = globalThis as { Bun?: { serve(options: Options): { port: number } } };
  if (Bun !== undefined) return Bun.serve(options).port;
  if ("Deno" in globalThis) return Deno.serve({ ...options, onListen() {} }, app.fetch).addr.port;
  const { serve } = await import("@hono/node-server");
  return new Promise((resolve) => serve(options, ({ port }) => resolve(port)));
}

if (import.meta.main) {
  const runs = await ways[process.argv[2] as Way]();
  console.log(await listen(appOf(runs)));
  process.stdin.on("end", () => process.exit(0)).resume();
}
