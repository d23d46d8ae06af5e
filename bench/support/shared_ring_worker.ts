/**
 * The worker's side of `shared_ring.ts`.
 *
 * @module
 */

import { parentPort, workerData } from "node:worker_threads";
import { atomics } from "../../src/transport/atomic.ts";
import { ChannelProducer } from "../../src/transport/channel.ts";
import { Doorbell, ITEMS } from "../../src/transport/doorbell.ts";
import { HOST_BELL, laneLayout, SLOT_CALL } from "../../src/transport/layout.ts";
import * as functions from "./functions.ts";
import {
  CALL,
  CLAIMED,
  FIRST_SLOT,
  FUNCTION,
  IN_USE,
  names,
  NUMBER,
  PUBLISHED,
  REPLY_NUMBER,
  REPLY_SIZES,
  type SharedRingBoot,
  SLOT,
  SLOTS,
} from "./shared_ring.ts";

/** Looks at the ring before sleeping; about 50 us. */
const LOOKS = 3000;

const boot = workerData as SharedRingBoot;
const calls = new Int32Array(boot.calls);
const callDoubles = new Float64Array(boot.calls);
const words = new Int32Array(boot.replies);
const doubles = new Float64Array(boot.replies);
const hostBell = { words: new Int32Array(boot.host), index: HOST_BELL };
const replies = new ChannelProducer(words, laneLayout(REPLY_SIZES).reply, hostBell, atomics);
const bell = new Doorbell(words, 0, atomics);

/** Claims and runs one call; whether there was one. */
function runOne(): boolean {
  const claimed = Atomics.load(calls, CLAIMED);
  if (Atomics.load(calls, PUBLISHED) === claimed) return false;
  if (Atomics.compareExchange(calls, CLAIMED, claimed, claimed + 1 | 0) !== claimed) return true;
  const slot = FIRST_SLOT + (claimed & (SLOTS - 1)) * SLOT;
  const f = functions[names[calls[slot + FUNCTION]!]!] as (argument: number) => unknown;
  const call = calls[slot + CALL]!;
  const argument = callDoubles[(slot + NUMBER) / 2]!;
  Atomics.store(calls, slot + IN_USE, 0);
  const result = f(argument);
  const reply = replies.claim();
  words[reply + SLOT_CALL] = call;
  doubles[reply / 2 + REPLY_NUMBER] = Number(result ?? 0);
  replies.commit(call);
  replies.publish();
  return true;
}

// A worker whose event loop has nothing to wait for ends.
parentPort!.on("message", () => {});

for (;;) {
  let looks = 0;
  while (looks < LOOKS) looks = runOne() ? 0 : looks + 1;
  bell.arm(ITEMS);
  if (runOne()) bell.disarm();
  else await bell.wait(ITEMS);
}
