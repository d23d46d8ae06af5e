// What memory does a worker take, and a call that is on its way? As the operating system counts it, in a
// process of its own for every sample: what one pool has freed would serve the next.

import process from "node:process";
import { runChild } from "../scripts/child.ts";
import { currentRuntime } from "../scripts/runtimes.ts";
import { knitting } from "./support/knitting.ts";
import type { MemoryAnswer, MemoryOf } from "./support/memory_of.ts";
import { npmKnitting } from "./support/npm_knitting.ts";
import { piscina } from "./support/peers.ts";
import { postMessage } from "./support/post_message.ts";
import { question } from "./support/question.ts";

/** Less than a round may take. */
const SILENCE_MS = 15_000;

const memory = question("memory", "What memory does a worker take, and a call on its way?");
const pools = memory.group(
  "beyond a pool of one worker",
  [knitting, npmKnitting, postMessage, piscina].map(({ name, load }) => ({
    name,
    runnerOnly: true,
    open: async () => {
      await load?.();
      return (what: MemoryOf) => ask(name, what);
    },
  })),
);

async function ask(contender: string, what: MemoryOf): Promise<number> {
  let bytes: number | undefined;
  const ending = await runChild<MemoryAnswer>({
    runtime: { name: currentRuntime(), path: process.execPath, version: "" },
    script: "bench/support/memory_of.ts",
    args: [contender, what],
    silenceMs: SILENCE_MS,
    onMessage: (answer) => bytes = answer.bytes,
  });
  if (bytes === undefined) throw new Error(`no answer: ${ending}`);
  return bytes;
}

const options = { slow: true, roundMs: 0, least: 1 };

function cell(name: string, what: MemoryOf, perUnit: number, unit: string): void {
  pools.cell(name, (take: (what: MemoryOf) => Promise<number>) => ({
    sample: async () => await take(what) / perUnit,
  }), { ...options, unit });
}

cell("one more worker", "worker", 1024, "KiB");
cell("one more worker that has carried 1 MiB", "used worker", 1024, "KiB");
cell("one more call on its way", "call", 1, "bytes");
