// What does an item of a stream cost, beside a message?

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { createPool } from "../mod.ts";
import { question } from "./support/question.ts";
import { items, type Wanted } from "./support/stream_items.ts";
import * as tasks from "./support/stream_tasks.ts";

/** Reads so many items in a worker's order. */
type Read = (wanted: Wanted) => AsyncIterable<unknown>;
interface Opened {
  readonly read: Read;
  close(): Promise<unknown>;
}

const streams = question("streams", "What does an item of a stream cost, beside a message?");

function pool(name: "stream" | "streamLater"): () => Promise<Opened> {
  return async () => {
    const pool = createPool({ threads: 1 })(tasks);
    await pool.ready();
    return { read: (wanted) => pool.call[name](wanted), close: () => pool.shutdown() };
  };
}

/** What one would write by hand, and as an async iterator: that is what the others have to give, too. */
function messages(window: number): () => Promise<Opened> {
  return async () => {
    const worker = new Worker(new URL("./support/stream_messages.ts", import.meta.url));
    await once(worker, "online");
    async function* read(wanted: Wanted): AsyncGenerator<unknown> {
      let arrived: { value: unknown; done: boolean }[] = [];
      let wake = (): void => {};
      const onMessage = (item: { value: unknown; done: boolean }): void => {
        arrived.push(item);
        wake();
      };
      worker.on("message", onMessage);
      worker.postMessage({ wanted, window });
      let unsaid = 0;
      try {
        for (;;) {
          if (arrived.length === 0) await new Promise<void>((resolve) => wake = resolve);
          const batch = arrived;
          arrived = [];
          for (const { value, done } of batch) {
            if (done) return;
            yield value;
            if (++unsaid < window / 2) continue;
            worker.postMessage(unsaid);
            unsaid = 0;
          }
        }
      } finally {
        worker.off("message", onMessage);
      }
    }
    return { read, close: () => worker.terminate() };
  };
}

const close = (opened: Opened): Promise<void> => opened.close().then(() => {});
const results = streams.group<Opened>("from one worker", [
  { name: "knitting", open: pool("stream"), close },
  { name: "knitting, async function*", open: pool("streamLater"), close },
  { name: "postMessage, 1,024 ahead", open: messages(1024), close },
  { name: "postMessage, as it likes", open: messages(Infinity), close },
]);

const cells: [string, Wanted][] = [
  ["100,000 numbers", { kind: "number", count: 100_000 }],
  ["20,000 objects", { kind: "object", count: 20_000 }],
  ["1,000 chunks of 64 KiB", { kind: "chunk", count: 1_000 }],
  ["1 number", { kind: "number", count: 1 }],
];
for (const [name, wanted] of cells) {
  results.cell(`${name}, one item`, ({ read }) => ({
    async sample(clock) {
      clock.start();
      const start = performance.now();
      let count = 0;
      for await (const _ of read(wanted)) count++;
      const us = (performance.now() - start) * 1000;
      clock.end();
      if (count !== wanted.count) throw new Error(`${count} items instead of ${wanted.count}`);
      return us / count;
    },
  }), { least: 5 });
}

const toWorker = streams.group<(wanted: Wanted) => Promise<number>>("to one worker", [{
  name: "knitting",
  async open() {
    const pool = createPool({ threads: 1 })(tasks);
    await pool.ready();
    return Object.assign(
      (wanted: Wanted) => pool.call.drain(items(wanted)),
      { close: () => pool.shutdown() },
    );
  },
  close: (opened) => (opened as unknown as Opened).close().then(() => {}),
}]);
for (const [name, wanted] of cells) {
  toWorker.cell(`${name}, one item`, (send) => ({
    async sample(clock) {
      clock.start();
      const start = performance.now();
      const count = await send(wanted);
      const us = (performance.now() - start) * 1000;
      clock.end();
      if (count !== wanted.count) throw new Error(`${count} items instead of ${wanted.count}`);
      return us / count;
    },
  }), { least: 5 });
}
