// What does it cost to wake another process that sleeps, and to be woken by it? There and back, both
// asleep, after a silence; the event loops of both go on running.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as silence } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { writeCrossing } from "../src/memory/crossing.ts";
import { ProcessSharedBuffer } from "../shared_memory.ts";
import { bellPair, PAIR_BYTES } from "./support/bell_pair.ts";
import { type Contender, question } from "./support/question.ts";

/** One way there and back. */
interface RoundTrip {
  (): Promise<unknown>;
}

interface Way {
  readonly trip: RoundTrip;
  close(): void;
}

const NAME_OF: Readonly<Record<string, string>> = {
  bell: "./support/bell_echo.ts",
  message: "./support/message_echo.ts",
};

async function start(kind: string, ...args: string[]): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL(NAME_OF[kind]!, import.meta.url)), args);
  await once(child, "message");
  return child;
}

const bells: Contender<Way> = {
  name: "doorbell in shared memory, processes",
  async open() {
    const memory = ProcessSharedBuffer.create(PAIR_BYTES);
    const pair = bellPair(memory, "near");
    const child = await start("bell", writeCrossing(memory, 0));
    let round = 0;
    return {
      trip() {
        pair.say(++round);
        return pair.heard(round);
      },
      close() {
        pair.close();
        child.kill();
      },
    };
  },
  close: (way) => way.close(),
};

const messages: Contender<Way> = {
  name: "messages, processes",
  async open() {
    const child = await start("message");
    return {
      trip() {
        const answer = once(child, "message");
        child.send("hello");
        return answer;
      },
      close: () => void child.kill(),
    };
  },
  close: (way) => way.close(),
};

const threads: Contender<Way> = {
  name: "messages, threads",
  open() {
    const worker = new Worker(new URL(NAME_OF.message!, import.meta.url));
    return {
      trip() {
        const answer = once(worker, "message");
        worker.postMessage("hello");
        return answer;
      },
      close: () => void worker.terminate(),
    };
  },
  close: (way) => way.close(),
};

const wake = question("wake", "What does it cost to wake another process, and to be woken by it?");
const ways = wake.group("there and back", [bells, messages, threads]);

for (const gapMs of [0, 2, 20]) {
  ways.cell(`after ${gapMs} ms`, ({ trip }) => ({
    async sample(clock) {
      await silence(gapMs);
      clock.start();
      const start = performance.now();
      await trip();
      const elapsed = (performance.now() - start) * 1000;
      clock.end();
      return elapsed;
    },
  }), { slow: true, roundMs: 1000, least: 30 });
}
