// What does a pool cost while nothing is called? Its share of the processors, from the operating
// system's account of this process.

import process from "node:process";
import { setTimeout as silence } from "node:timers/promises";
import * as functions from "./support/functions.ts";
import { type Opener, openerGroup, warmUp } from "./support/pools.ts";
import { question } from "./support/question.ts";
import type { Maker } from "./support/subject.ts";

const SETTLE_MS = 200;
const IDLE_MS = 2000;

/** What the runtime costs by itself. */
const noPool: Maker = {
  name: "no pool",
  open: () => ({
    call: (name) => async (argument) =>
      await (functions[name] as (_: unknown) => unknown)(argument),
    close: () => Promise.resolve(),
  }),
};

const idle = question("idle", "What does a pool cost while nothing is called?");

for (const threads of [1, 2]) {
  const group = openerGroup(idle, `threads: ${threads}`, { threads, binding: "late" }, [
    noPool,
  ]);
  group.cell(`threads: ${threads}`, (open: Opener) => ({
    async sample() {
      const subject = open();
      try {
        await warmUp(subject);
        await silence(SETTLE_MS);
        const start = performance.now();
        const before = process.cpuUsage();
        await silence(IDLE_MS);
        const { user, system } = process.cpuUsage(before);
        return (user + system) / ((performance.now() - start) / 1000);
      } finally {
        await subject.close();
      }
    },
  }), { slow: true, roundMs: 0, least: 1, unit: "us of CPU a second" });
}
