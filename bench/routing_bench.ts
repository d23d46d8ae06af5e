// Who should spread calls over workers: the host, from a queue, or the workers, from one ring of calls
// that they share? The figures behind the choice in src/README.md.

import { knitting } from "./support/knitting.ts";
import { warmUp } from "./support/pools.ts";
import { question } from "./support/question.ts";
import { sharedRing } from "./support/shared_ring.ts";
import type { Maker, Subject } from "./support/subject.ts";

const THREADS = 2;

const routing = question("routing", "Who should spread calls over workers?");
const group = routing.group<Subject>(
  "two workers",
  [knitting, sharedRing].map((maker: Maker) => ({
    name: maker.name,
    async open() {
      const subject = maker.open({ threads: THREADS, binding: "late" });
      await warmUp(subject);
      return subject;
    },
    close: (subject: Subject) => subject.close(),
  })),
);

function makespan(name: string, costsUs: readonly number[]): void {
  group.cell(name, (subject) => {
    const burn = subject.call("burn");
    return { batch: () => Promise.all(costsUs.map(burn)) };
  }, { ideal: costsUs.reduce((sum, us) => sum + us) / THREADS, roundMs: 500 });
}

makespan("20 calls of 200 us", Array.from({ length: 20 }, () => 200));
makespan(
  "20 calls of 100 us, every tenth 3 ms",
  Array.from({ length: 20 }, (_, i) => i % 10 === 0 ? 3000 : 100),
);
makespan("200 calls of 20 us", Array.from({ length: 200 }, () => 20));

for (const count of [1, 100, 1000]) {
  group.cell(`number x${count}`, (subject) => {
    const echo = subject.call("echo");
    if (count === 1) return { batch: () => echo(1.5) };
    return { batch: () => Promise.all(Array.from({ length: count }, () => echo(1.5))) };
  });
}
