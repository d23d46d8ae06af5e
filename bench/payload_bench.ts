// What does it cost to send a value to a worker and back?

import {
  arrays,
  bytes,
  largeBytes,
  objects,
  type Payloads,
  strings,
  unicode,
} from "./support/payloads.ts";
import { callsGroup, MAKERS, poolGroup, together } from "./support/pools.ts";
import { postMessageTransfer } from "./support/post_message.ts";
import { floor } from "./support/program.ts";
import { question } from "./support/question.ts";
import { rivals } from "./support/rivals.ts";
import type { Maker, Subject } from "./support/subject.ts";

const payload = question("payload", "What does it cost to send a value to a worker and back?");

function echoes(
  { title, payloads }: Payloads,
  others: readonly Maker[] = [],
  programs = [floor],
): void {
  const group = callsGroup(payload, title, [...MAKERS, ...rivals, ...others], programs);
  for (const { name, value, together: many } of payloads) {
    for (const count of [1, many]) group.cell(`${name} x${count}`, together(count, "echo", value));
  }
}

echoes(strings);
echoes(unicode);
echoes(objects, [], []);
echoes(bytes);
echoes(largeBytes, [postMessageTransfer]);
echoes(arrays, [], []);

const errors = poolGroup(payload, "errors", { threads: 1, binding: "early" }, rivals);
const ignore = () => {};

errors.cell("throw x1", (subject: Subject) => {
  const fail = subject.call("fail");
  return { batch: () => fail("why").catch(ignore) };
});
