import { poolGroup as _p, together, warmUp } from "./support/pools.ts";
import { knitting } from "./support/knitting.ts";
import { createPool } from "../../before/mod.ts";
import * as tasks from "../../before/bench/support/tasks.ts";
import { question } from "./support/question.ts";
import type { Call, Maker, Subject } from "./support/subject.ts";
const before: Maker = {
  name: "before",
  open({ threads }): Subject {
    const pool = createPool({ threads })(tasks);
    return { call: (name) => (pool.call as any)[name] as Call, close: () => pool.shutdown() };
  },
};
const q = question("zbefore", "before and after");
for (const threads of [1, 2]) {
  const g = q.group<Subject>(
    `${threads} workers`,
    [before, knitting].map((m) => ({
      name: m.name,
      async open() {
        const s = m.open({ threads, binding: "late" });
        await warmUp(s);
        return s;
      },
      close: (s: Subject) => s.close(),
    })),
  );
  for (const count of [1, 10, 100, 1000]) {
    g.cell(`number x${count} (${threads})`, together(count, "echo", 1.5));
  }
  if (threads === 2) {
    const mk = (name: string, costs: number[]) =>
      g.cell(name, (s: Subject) => {
        const burn = s.call("burn");
        return { batch: () => Promise.all(costs.map(burn)) };
      }, { ideal: costs.reduce((a, b) => a + b) / 2, roundMs: 500 });
    mk("20 calls of 200 us", Array.from({ length: 20 }, () => 200));
    mk(
      "20 calls of 100 us, every tenth 3 ms",
      Array.from({ length: 20 }, (_, i) => i % 10 === 0 ? 3000 : 100),
    );
  }
}
