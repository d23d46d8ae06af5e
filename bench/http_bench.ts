// What do pools do for an HTTP server? Its routes render pages, make tokens and hash passwords; the load
// comes from another process, on loopback.

import process from "node:process";
import { FLAGS } from "../scripts/child.ts";
import { currentRuntime, findRuntime } from "../scripts/runtimes.ts";
import type { Load, Seen } from "./support/http_load.ts";
import type { Route, Way } from "./support/http_server.ts";
import * as work from "./support/http_work.ts";
import { LineChild } from "./support/line_child.ts";
import { type CellOptions, type Contender, question } from "./support/question.ts";
import { percentile } from "./support/stats.ts";

/** A server under load. */
interface Site {
  readonly origin: string;
  /** Routes that have been under load: their code is compiled. */
  readonly warm: Set<Route>;
  see(path: string, ms: number, least: number): Promise<Seen>;
  close(): void;
}

const scriptOf = (name: string) => new URL(`./support/${name}.ts`, import.meta.url).pathname;
const OF = "Ada";
const WARM_MS = 2000;
/** Long enough for the slowest hundredth to be some dozens. */
const PINGS_MS = 5000;
/** No load and load come in turns, so often in one round and for so long: a dozen pings are slower than the p99. */
const TURNS = 3;
const TURN_MS = 2500;
/** The ways of doing the work, and what the load itself costs: a server that has nothing to work out. */
const WAYS: readonly Way[] = ["knitting", "piscina", "no pool", "known answers"];

async function openSite(way: Way): Promise<Site> {
  const here = currentRuntime();
  const server = new LineChild(process.execPath, [...FLAGS[here], scriptOf("http_server"), way]);
  const load = new LineChild(findRuntime("node").path, [...FLAGS.node, scriptOf("http_load")]);
  const origin = `http://127.0.0.1:${await server.read()}`;
  return {
    origin,
    warm: new Set(),
    async see(path, ms, least) {
      load.write(JSON.stringify({ origin, path, ms, least } satisfies Load));
      return JSON.parse(await load.read());
    },
    close() {
      load.close();
      server.close();
    },
  };
}

const http = question("http", "What do pools do for an HTTP server?");
const sites = http.group<Site>(
  "a server with one worker fewer than processors",
  WAYS.map((way): Contender<Site> => ({
    name: way,
    runnerOnly: true,
    isBound: way === "known answers",
    open: () => openSite(way),
    close: (site) => site.close(),
  })),
);

/** What is of interest: one of the lists that the load has seen, or what the server says of itself. */
type Figure = keyof Seen | "delays";

/** The path of the load, once the route gives the right answer and is warm; an empty one for no load. */
async function loadOf(site: Site, route: Route | undefined): Promise<string> {
  if (route === undefined) return "";
  const path = `/${route}?of=${OF}`;
  const answer = await (await fetch(`${site.origin}${path}`)).text();
  if (answer !== await work[route](OF)) throw new Error(`${route} gives a wrong answer`);
  if (!site.warm.has(route)) await site.see(path, WARM_MS, 0);
  site.warm.add(route);
  return path;
}

function cell(
  name: string,
  route: Route | undefined,
  of: Figure,
  options: CellOptions = {},
): void {
  sites.cell(name, async (site) => {
    const path = await loadOf(site, route);
    const delays = async () => await (await fetch(`${site.origin}/delays`)).json() as number[];
    return {
      async round({ ms, least }) {
        if (of === "delays") await delays();
        const seen = await site.see(path, ms, least);
        return of === "delays" ? await delays() : seen[of];
      },
    };
  }, { roundMs: 1000, ...options });
}

/** The 99th percentile of pings under load, in times of what it is without any, in turns. */
function ratio(name: string, route: Route): void {
  sites.cell(name, async (site) => {
    const path = await loadOf(site, route);
    return {
      async round({ ms }) {
        const [without, under]: number[][] = [[], []];
        for (let turn = 0; turn < TURNS; turn++) {
          without.push(...(await site.see("", ms, 1)).pings);
          under.push(...(await site.see(path, ms, 1)).pings);
        }
        const p99 = (pings: number[]) => percentile(Float64Array.from(pings).sort(), 0.99);
        return [p99(under) / p99(without)];
      },
    };
  }, { unit: "times", roundMs: TURN_MS });
}

cell("ping, no load", undefined, "pings", { roundMs: PINGS_MS });
cell("lateness of timers, no load", undefined, "delays");
for (const route of Object.keys(work) as Route[]) {
  cell(`${route}: time for one of many`, route, "paces", { unit: "us a request" });
  cell(`${route}: from request to answer`, route, "latencies");
  cell(`ping, under ${route}`, route, "pings", { roundMs: PINGS_MS });
  cell(`lateness of timers, under ${route}`, route, "delays");
}
ratio("ping's p99, under ssr by without load", "ssr");
