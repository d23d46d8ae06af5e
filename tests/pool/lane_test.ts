// The host's end of a lane whose worker is written by hand: what it may reply to, and what gives it away.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { noAttachments } from "../../src/codec/attachments.ts";
import { Memory } from "../../src/codec/memory.ts";
import { Flag, packHead, Tag } from "../../src/codec/tags.ts";
import { Lane, type Replies } from "../../src/pool/lane.ts";
import { PendingCall } from "../../src/pool/pending_calls.ts";
import { atomics } from "../../src/transport/atomic.ts";
import { ChannelConsumer, ChannelProducer } from "../../src/transport/channel.ts";
import { Doorbell } from "../../src/transport/doorbell.ts";
import {
  FROM_WORKER,
  HOST_BELL,
  HOST_WORDS,
  laneLayout,
  PACE,
  SLOT_CALL,
  SLOT_HEAD,
  UNSETTLED,
} from "../../src/transport/layout.ts";
import { ProtocolViolation } from "../../src/transport/violation.ts";

const sizes = { slotCount: 4, regionBytes: 4096, signalCount: 0 };

/** A lane with the calls 0 to `count - 1` published, and the worker's end of it. */
function open(count: number, attachments = noAttachments) {
  const layout = laneLayout(sizes);
  const memory = new Memory(new SharedArrayBuffer(layout.totalBytes));
  const { words } = memory;
  const host = new Int32Array(new SharedArrayBuffer(HOST_WORDS * 4));
  const bell = { words: host, index: HOST_BELL };
  const lane = new Lane(
    { memory, attachments, atomic: atomics, bell: new Doorbell(host, 0, atomics) },
    sizes,
    1024,
    () => {},
  );
  const calls = Array.from({ length: count }, (_, id) => new PendingCall(id));
  for (const call of calls) {
    call.lane = lane;
    assert.ok(lane.send(call));
  }
  lane.publish();
  const { ring } = new ChannelConsumer(words, layout.call, bell, atomics);
  const replies = new ChannelProducer(words, layout.reply, bell, atomics);
  const log: unknown[] = [];
  const heard: Replies = {
    find: (id) => calls[id],
    fulfilled: ({ id }, value) => log.push([id, value]),
    rejected: ({ id }, reason) => log.push([id, (reason as Error).message]),
    promised: ({ id }) => log.push([id, "waits"]),
    item: ({ id }, flags, value) => {
      log.push([id, "item", flags, value]);
      return value === true;
    },
  };
  return {
    lane,
    words,
    layout,
    calls,
    log,
    begin(): void {
      ring.refresh();
      ring.begin();
      ring.advance();
    },
    reply(call: number, tag: number = Tag.True, flags = 0): void {
      const slot = replies.claim();
      words[slot + SLOT_CALL] = call;
      words[slot + SLOT_HEAD] = packHead(0, flags, tag);
      replies.commit(call);
      replies.publish();
    },
    take: (): number => lane.takeReplies(heard),
  };
}

function isGivenAway({ lane, take }: ReturnType<typeof open>, message: RegExp): void {
  assert.equal(lane.hasReplies(), true);
  assert.throws(take, (error) => error instanceof ProtocolViolation && message.test(error.message));
  assert.equal(lane.hasReplies(), false);
  assert.equal(take(), 0);
}

describe("replies of a worker", () => {
  it("are taken if it has begun the call", () => {
    const { begin, reply, take, log, lane } = open(2);
    begin();
    reply(0);
    assert.equal(take(), 1);
    assert.deepEqual(log, [[0, true]]);
    assert.equal(lane.inFlight, 1);
  });

  it("reject their call alone if they cannot be decoded", () => {
    const { begin, reply, take, log } = open(2);
    begin();
    begin();
    reply(0, 99);
    reply(1);
    assert.equal(take(), 2);
    assert.match(String(log[0]), /^0,.*malformed payload/);
    assert.deepEqual(log[1], [1, true]);
  });

  for (
    const [what, call] of [["has not begun", 1], ["nobody made", 7], ["cannot be", -5]] as const
  ) {
    it(`give it away if they are to a call that it ${what}`, () => {
      const worker = open(2);
      worker.begin();
      worker.reply(0);
      worker.reply(call);
      isGivenAway(worker, /^it replied to call -?\d+, which it has not begun$/);
      assert.deepEqual(worker.log, [[0, true]]); // what came before counts
    });
  }

  it("give it away if they are to a call that another lane has", () => {
    const worker = open(1);
    worker.begin();
    worker.calls[0]!.lane = open(0).lane;
    worker.reply(0);
    isGivenAway(worker, /which it has not begun$/);
  });

  it("are heard if they are about the worker itself", () => {
    const { reply, take, log, lane } = open(1);
    reply(FROM_WORKER);
    assert.equal(take(), 1);
    assert.deepEqual([log, lane.inFlight], [[], 1]);
  });

  it("are dropped when the worker is gone, also those that cannot be decoded", () => {
    const { begin, reply, take, log, lane } = open(2);
    begin();
    begin();
    reply(0, 99);
    reply(1);
    lane.dropReplies();
    assert.equal(take(), 0);
    reply(1);
    lane.retire();
    lane.dropReplies();
    assert.deepEqual([take(), log], [0, []]);
  });

  it("may be items, which leave the call with its worker", () => {
    const { begin, reply, take, log, lane } = open(1);
    begin();
    reply(0, Tag.True, Flag.Item);
    reply(0, Tag.True, Flag.Item | Flag.Asks);
    reply(0);
    assert.equal(take(), 3);
    assert.deepEqual(log, [[0, "item", 32, true], [0, "item", 96, true], [0, true]]);
    assert.equal(lane.inFlight, 0);
  });

  it("give it away if they are items that there cannot be", () => {
    const worker = open(1);
    worker.begin();
    worker.reply(0, Tag.False, Flag.Item);
    isGivenAway(worker, /^it sent of call 0 what is no part of it$/);
  });

  it("give it away if they speak of what did not come beside the lane", () => {
    const worker = open(1, { ...noAttachments, take: () => "something else" });
    worker.begin();
    worker.reply(0, Tag.SharedArrayBuffer);
    isGivenAway(worker, /^it did not send beside the lane what a slot speaks of$/);
  });

  it("give it away if there are more than fit", () => {
    const worker = open(1);
    const { publishedWord, firstSlot } = worker.layout.reply;
    worker.words[publishedWord] = firstSlot + 5;
    isGivenAway(worker, /^it published more replies than there is room for$/);
  });
});

describe("counters of a worker", () => {
  it("give it away, also if it has nothing to answer", () => {
    const worker = open(1);
    const { begunWord, firstSlot } = worker.layout.call;
    worker.words[begunWord] = (firstSlot << 1) + 40;
    worker.calls.length = 0;
    worker.lane.inFlight = 0;
    assert.equal(worker.lane.awaited, false);
    assert.equal(worker.lane.unbegun, 1);
    assert.equal(worker.lane.awaited, true);
    isGivenAway(worker, /^its count of slots begun went from -2048 to -2008$/);
    assert.equal(worker.lane.awaited, false);
    assert.deepEqual(worker.lane.withdrawAll(0), []);
  });

  it("make it neither busier nor freer than it can be", () => {
    const { lane, words } = open(2);
    for (const word of [-(2 ** 31), -1, 3, 2 ** 31 - 1]) {
      words[UNSETTLED] = words[PACE] = word;
      assert.equal(lane.isFree(), word > 0);
      assert.equal(typeof lane.hasRoom(), "boolean");
      assert.equal(lane.pace, Math.max(0, word));
    }
  });
});
