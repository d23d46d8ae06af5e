// What does it cost that workers are processes instead of threads? All nine pairs of host and worker,
// because this runs on each of the three hosts.

import process from "node:process";
import { setTimeout as silence } from "node:timers/promises";
import { knitting, knittingProcesses } from "./support/knitting.ts";
import { ASCII, text, UNICODE } from "./support/payloads.ts";
import { groupOf, type Opener, openerGroupOf, together, warmUp } from "./support/pools.ts";
import { question } from "./support/question.ts";
import { afterSilence, SPARSE } from "./support/silence.ts";
import type { Maker, Subject } from "./support/subject.ts";

const threads: Maker = { ...knitting, name: "threads" };
const kinds = [
  threads,
  ...(["node", "deno", "bun"] as const).map((name) => knittingProcesses(name)),
];
const options = { threads: 1, binding: "early" } as const;
const MiB = 1024 * 1024;

const cost = question("process", "What does it cost that workers are processes?");

const hot = groupOf(kinds, cost, "hot calls, one worker", options);
for (const count of [1, 100, 1000]) {
  hot.cell(`number x${count}`, together(count, "echo", 1.5));
}

const large = groupOf(kinds, cost, "1 MiB there and back, one worker", options);
const values = {
  bytes: new Uint8Array(MiB).fill(7),
  "ASCII text": text(ASCII, MiB),
  "Unicode text": text(UNICODE, MiB),
};
for (const [name, value] of Object.entries(values)) {
  large.cell(`1 MiB ${name}`, together(1, "echo", value));
}

const sparse = groupOf(kinds, cost, "calls after a silence, one worker", options);
for (const gapMs of [1, 5, 20]) {
  sparse.cell(
    `noop after ${gapMs} ms`,
    (subject: Subject) => afterSilence(gapMs, subject.call("noop")),
    SPARSE,
  );
}

const start = openerGroupOf(kinds, cost, "start and end, one worker", options);
start.cell("from nothing to the first result", (open: Opener) => ({
  async sample(clock) {
    clock.start();
    const begin = performance.now();
    const subject = open();
    await subject.call("noop")();
    const elapsed = (performance.now() - begin) * 1000;
    clock.end();
    await subject.close();
    return elapsed;
  },
}), { slow: true, roundMs: 1000, least: 5 });
start.cell("teardown", (open: Opener) => ({
  async sample(clock) {
    const subject = open();
    await subject.call("noop")();
    clock.start();
    const begin = performance.now();
    await subject.close();
    const elapsed = (performance.now() - begin) * 1000;
    clock.end();
    return elapsed;
  },
}), { slow: true, roundMs: 1000, least: 5 });

const SETTLE_MS = 200;
const IDLE_MS = 2000;

/** Processor time of the host and of the worker, by what each knows of itself. */
const idle = openerGroupOf(kinds, cost, "idle: host and worker together", options);
idle.cell("nothing is called", (open: Opener) => ({
  async sample() {
    const subject = open();
    try {
      await warmUp(subject);
      const isApart = await subject.call("processNumber")() !== process.pid;
      const both = async (): Promise<number> => {
        const worker = isApart ? await subject.call("cpuTime")() as number : 0;
        const { user, system } = process.cpuUsage();
        return worker + user + system;
      };
      await both();
      await silence(SETTLE_MS);
      const begin = performance.now();
      const before = await both();
      await silence(IDLE_MS);
      return (await both() - before) / ((performance.now() - begin) / 1000);
    } finally {
      await subject.close();
    }
  },
}), { slow: true, roundMs: 0, least: 1, unit: "us of CPU a second" });
