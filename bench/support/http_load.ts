/**
 * The load on a server: reads what is wanted, one JSON text a line, and answers with what it saw.
 * autocannon asks; it runs on Node, whatever the server runs on.
 *
 * @module
 */

import { Agent, get } from "node:http";
import process from "node:process";
import { createInterface } from "node:readline";
import autocannon from "autocannon";

/** What is wanted. */
export interface Load {
  readonly origin: string;
  /** The path that is asked for all the time, on many connections; none if it is empty. */
  readonly path: string;
  readonly ms: number;
  /** Answers at least. */
  readonly least: number;
}

/** What was seen, in microseconds. */
export interface Seen {
  /** From request to answer. */
  readonly latencies: number[];
  /** For one answer on average, in each short stretch of time. */
  readonly paces: number[];
  /** From request to answer of a route that costs nothing, asked now and then meanwhile. */
  readonly pings: number[];
}

const CONNECTIONS = 16;
/** Pings are sent at these times, whether or not those before them are answered. */
const PING_EVERY_MS = 5;
const STRETCH_MS = 100;
/** Not even for the least number of answers. */
const MOST_MS = 10_000;

/** Something that asks until it is stopped. */
interface Asking {
  readonly latencies: number[];
  readonly problems: string[];
  stop(): void;
}

function askAllTheTime(url: string): Asking {
  const latencies: number[] = [];
  const problems: string[] = [];
  const options = { url, connections: CONNECTIONS, duration: MOST_MS / 1000 };
  const instance = autocannon(options, () => {});
  instance.on("response", (_client: unknown, status: number, _bytes: number, ms: number) => {
    if (status === 200) latencies.push(ms * 1000);
    else problems.push(`status ${status}`);
  });
  instance.on("reqError", (error: Error) => problems.push(error.message));
  return { latencies, problems, stop: () => instance.stop() };
}

function askNowAndThen(url: string): Asking {
  const latencies: number[] = [];
  const problems: string[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  let isOver = false;
  const timer = setInterval(() => {
    const start = performance.now();
    const request = get(url, { agent }, (response) => {
      response.on("end", () => {
        if (!isOver) latencies.push((performance.now() - start) * 1000);
      }).resume();
    });
    request.on("error", (error) => isOver || problems.push(error.message));
  }, PING_EVERY_MS);
  return {
    latencies,
    problems,
    stop() {
      isOver = true;
      clearInterval(timer);
      agent.destroy();
    },
  };
}

async function see({ origin, path, ms, least }: Load): Promise<Seen> {
  const ping = askNowAndThen(`${origin}/ping`);
  const busy = path === "" ? undefined : askAllTheTime(`${origin}${path}`);
  const paces: number[] = [];
  const begin = performance.now();
  let [from, seen] = [begin, 0];
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, STRETCH_MS));
    const now = performance.now();
    const count = (busy?.latencies.length ?? 0) - seen;
    if (count > 0) {
      paces.push((now - from) * 1000 / count);
      [from, seen] = [now, seen + count];
    }
    const isEnough = ping.latencies.length >= least && (busy === undefined || seen >= least);
    if (now - begin >= MOST_MS || now - begin >= ms && isEnough) break;
  }
  for (const load of [ping, busy]) {
    load?.stop();
    if (load !== undefined && load.problems.length > 0) throw new Error(load.problems[0]);
  }
  return { latencies: busy?.latencies ?? [], paces, pings: ping.latencies };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await see(JSON.parse(line))));
}
process.exit(0);
