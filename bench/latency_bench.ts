// What does a call cost, alone and together with others?

import { knitting } from "./support/knitting.ts";
import { http, webSocket } from "./support/loopback.ts";
import { callsGroup, groupOf, MAKERS, together } from "./support/pools.ts";
import { floor } from "./support/program.ts";
import { question } from "./support/question.ts";
import { rivals } from "./support/rivals.ts";

const latency = question("latency", "What does a call cost, alone and together with others?");
const calls = callsGroup(latency, "one worker", [...MAKERS, ...rivals], [floor]);

for (const count of [1, 10, 100, 1000]) calls.cell(`noop x${count}`, together(count, "noop"));
for (const count of [1, 10, 100, 1000]) {
  calls.cell(`number x${count}`, together(count, "echo", 1.5));
}

/** Between an answer that is there at once and one that is worth sleeping for. */
const work = groupOf([...MAKERS, ...rivals], latency, "one worker, tasks that take time", {
  threads: 1,
  binding: "early",
});

for (const us of [20, 40, 100]) {
  work.cell(`${us} us of work`, (subject) => {
    const burn = subject.call("burn");
    return { batch: () => burn(us) };
  }, { ideal: us });
}

/** What servers are for is something else; this says how far apart the two are. */
const loopback = groupOf([knitting, http, webSocket], latency, "a server in a worker, for scale", {
  threads: 1,
  binding: "early",
});

for (const count of [1, 10, 100]) {
  loopback.cell(`number to a server x${count}`, together(count, "echo", 1.5));
}
