// What does it cost to turn a value into bytes and back? One encoder and one decoder over one block
// of memory, in one thread: what is left of a call without threads.

import { isDeepStrictEqual } from "node:util";
import { attachmentsOf } from "../src/codec/attachments.ts";
import { Decoder } from "../src/codec/decoder.ts";
import { Encoder } from "../src/codec/encoder.ts";
import { Memory } from "../src/codec/memory.ts";
import { packHead } from "../src/codec/tags.ts";
import { messageEnd, messagePipe } from "../src/runtime/threads.ts";
import { atomics } from "../src/transport/atomic.ts";
import { ChannelConsumer, ChannelProducer } from "../src/transport/channel.ts";
import { laneLayout, SLOT_HEAD } from "../src/transport/layout.ts";
import { startRing } from "../src/transport/ring.ts";
import { messageToSelf } from "./support/message_to_self.ts";
import {
  arrays,
  bytes,
  largeBytes,
  objects,
  type Payload,
  strings,
  unicode,
} from "./support/payloads.ts";
import { type Contender, question } from "./support/question.ts";

type Copy = (value: unknown) => unknown;

const SIZES = { slotCount: 1024, regionBytes: 4 * 1024 * 1024, signalCount: 0 };
const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;

/** Sends values from one end of a channel to the other. */
function loopBack(): Copy {
  const layout = laneLayout(SIZES).call;
  const memory = new Memory(new SharedArrayBuffer(laneLayout(SIZES).totalBytes));
  const bell = { words: new Int32Array(new SharedArrayBuffer(4)), index: 0 };
  startRing(memory.words, layout);
  const producer = new ChannelProducer(memory.words, layout, bell, atomics);
  const { ring } = new ChannelConsumer(memory.words, layout, bell, atomics);
  const pipe = messagePipe()!;
  const near = attachmentsOf(pipe.near);
  const far = attachmentsOf(messageEnd(pipe.far));
  const encoder = new Encoder(memory, producer, near, MAX_PAYLOAD_BYTES);
  const decoder = new Decoder(memory, far);
  const head = packHead(0, 0, 0);

  return (value) => {
    if (!encoder.send(0, head, value)) throw new Error("there is no room");
    producer.publish();
    ring.refresh();
    const copy = decoder.decode(ring.slot(), memory.words[ring.slot() + SLOT_HEAD]!);
    ring.advance();
    ring.release();
    return copy;
  };
}

const contenders: Contender<Copy>[] = [
  { name: "knitting", open: loopBack },
  { name: "message", open: messageToSelf },
];

const codec = question("codec", "What does it cost to turn a value into bytes and back?");
const primitives: Payload[] = [undefined, true, 1.5, 10n, 2n ** 70n].map((value) => ({
  name: `${typeof value} ${String(value)}`,
  value,
  together: 1,
}));
const others: Payload[] = [
  { name: "date", value: new Date(0), together: 1 },
  { name: "object with a date", value: { id: 1, at: new Date(0), list: [1, NaN] }, together: 1 },
  { name: "error", value: new TypeError("why", { cause: new Error("because") }), together: 1 },
];

for (
  const { title, payloads } of [
    { title: "primitives", payloads: primitives },
    strings,
    unicode,
    objects,
    { title: "other objects", payloads: others },
    bytes,
    largeBytes,
    arrays,
  ]
) {
  const group = codec.group(title, contenders);
  for (const { name, value } of payloads) {
    group.cell(name, (copy: Copy) => {
      if (!(value instanceof Error) && !isDeepStrictEqual(copy(value), value)) {
        throw new Error("the copy differs");
      }
      return { batch: () => kept = copy(value) };
    }, { sync: true, roundMs: 50 });
  }
}

/** What nobody reads might not be computed. */
export let kept: unknown;
