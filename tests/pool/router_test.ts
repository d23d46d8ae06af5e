// The order in which calls go to lanes whose workers take them at any time.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { noAttachments } from "../../src/codec/attachments.ts";
import { Memory } from "../../src/codec/memory.ts";
import { packHead, Tag } from "../../src/codec/tags.ts";
import { CallOrder } from "../../src/pool/call_order.ts";
import { Lane } from "../../src/pool/lane.ts";
import { PendingCall } from "../../src/pool/pending_calls.ts";
import { Router } from "../../src/pool/router.ts";
import type { WorkerLane } from "../../src/pool/worker_lane.ts";
import { atomics } from "../../src/transport/atomic.ts";
import { ChannelConsumer, ChannelProducer } from "../../src/transport/channel.ts";
import { Doorbell } from "../../src/transport/doorbell.ts";
import {
  HOST_BELL,
  HOST_WORDS,
  laneLayout,
  SLOT_CALL,
  SLOT_HEAD,
} from "../../src/transport/layout.ts";
import { fakeLane } from "../support/fake_lanes.ts";

const settings = {
  tasks: [{ name: "task", abortable: false }],
  rules: [{ limit: undefined, retry: undefined, imported: false }],
  abortSignalCapacity: 1,
  hardTimeoutMs: Infinity,
  onHardTimeout: "shutdown",
  maxQueue: Infinity,
  highWaterMark: Infinity,
  strategy: "adaptive",
  inline: undefined,
  priorityAgeingMs: 1000,
} as const;

/** A router, and how to make a call: for any lane, or for that of one worker. */
function open(...lanes: readonly WorkerLane[]) {
  const router = new Router(settings, lanes, lanes.length, 0, () => {}, {
    changed() {},
    dequeued() {},
    again() {},
    ranOut() {},
  });
  let count = 0;
  return {
    router,
    call(worker?: number): void {
      const entry = new PendingCall(count++);
      entry.open = true;
      if (worker === undefined) return router.submit(entry);
      entry.order = new CallOrder(0, worker);
      router.submitOrdered(entry);
    },
  };
}

/** A busy lane that has room, and takes calls, as the test says. */
function busyLane(
  worker: number,
  inFlight: number,
  hasRoom: () => boolean,
  send: (call: PendingCall) => boolean,
): WorkerLane {
  const lane = Object.assign(fakeLane({ inFlight }), { worker, unpublished: 0, hasRoom, send });
  return lane as unknown as WorkerLane;
}

/** A lane whose worker answers with `true` when the test says so. */
function answeringLane() {
  const sizes = { slotCount: 4, regionBytes: 4096, signalCount: 0 };
  const layout = laneLayout(sizes);
  const memory = new Memory(new SharedArrayBuffer(layout.totalBytes));
  const { words } = memory;
  const host = new Int32Array(new SharedArrayBuffer(HOST_WORDS * 4));
  const bell = new Doorbell(host, HOST_BELL, atomics);
  const link = { memory, attachments: noAttachments, atomic: atomics, bell };
  const lane = new Lane(link, sizes, 1024, () => {}) as WorkerLane;
  lane.ready = true;
  const hostBell = { words: host, index: HOST_BELL };
  const { ring } = new ChannelConsumer(words, layout.call, hostBell, atomics);
  const replies = new ChannelProducer(words, layout.reply, hostBell, atomics);
  const answer = (): void => {
    ring.refresh();
    ring.begin();
    const slot = replies.claim();
    words[slot + SLOT_CALL] = words[ring.slot() + SLOT_CALL]!;
    words[slot + SLOT_HEAD] = packHead(0, 0, Tag.True);
    ring.advance();
    replies.commit(words[slot + SLOT_CALL]!);
    replies.publish();
  };
  return { lane, answer };
}

describe("the router", () => {
  it("finds what was answered after the host has seen that something is there", async () => {
    const { lane, answer } = answeringLane();
    const { router } = open(lane);
    const { calls } = router.settlement;
    const entries = [1, 2, 3].map(() => calls.claim(0));
    const promises = entries.map((entry) => new Promise(entry.executor));
    for (const entry of entries) router.submit(entry);
    router.dispatch();
    answer();
    assert.equal(lane.hasReplies(), true);
    answer();
    assert.equal(router.settlement.isAnswered(entries[1]!), true);
    assert.deepEqual(await Promise.all(promises.slice(0, 2)), [true, true]);
    assert.equal(router.settlement.isAnswered(entries[2]!), false);
  });

  for (let looks = 0; looks < 8; looks++) {
    it(`keeps the order of calls if a lane gets room at any time: look ${looks}`, () => {
      const got: number[] = [];
      let left = looks;
      const lane = busyLane(0, 1, () => left-- <= 0, ({ id }) => got.push(id) > 0);
      const { router, call } = open(lane, busyLane(1, 2, () => false, () => false));
      for (let pair = 0; pair < 3; pair++) {
        call(0);
        call();
      }
      for (let turn = 0; got.length < 6; turn++) {
        assert.ok(turn < 10, `${got}`);
        router.dispatch();
      }
      assert.deepEqual(got, [0, 1, 2, 3, 4, 5]);
    });
  }

  it("holds up no lane for a call whose payload has no room in another one", () => {
    const got: number[] = [];
    let fits = false;
    const crowded = busyLane(0, 1, () => true, ({ id }) => fits && got.push(id) > 0);
    const other = busyLane(1, 2, () => true, ({ id }) => got.push(id) > 0);
    const { router, call } = open(crowded, other);
    call(0); // it waits, and so do the others
    call();
    call(1);
    router.dispatch();
    assert.deepEqual(got, [2]);
    fits = true;
    router.dispatch();
    assert.deepEqual(got, [2, 0, 1]);
  });
});
