/**
 * One value as bytes of its own, outside of any lane: what a process is started with. They are the
 * bytes of a lane through which nothing but this value has been sent.
 *
 * @module
 */

import { atomics } from "../transport/atomic.ts";
import { ChannelProducer } from "../transport/channel.ts";
import { BELL, type LaneLayout, laneLayout, SLOT_HEAD } from "../transport/layout.ts";
import { startRing } from "../transport/ring.ts";
import { noAttachments } from "./attachments.ts";
import { Decoder } from "./decoder.ts";
import { Encoder, RegionExceeded } from "./encoder.ts";
import { Memory } from "./memory.ts";

const FIRST_REGION_BYTES = 4096;

/**
 * @throws {KnittingError} if the value cannot cross
 */
export function pack(value: unknown): Uint8Array {
  for (let regionBytes = FIRST_REGION_BYTES;; regionBytes *= 2) {
    const bytes = tryPack(value, regionBytes);
    if (bytes !== undefined) return bytes;
  }
}

function tryPack(value: unknown, regionBytes: number): Uint8Array | undefined {
  const { call, totalBytes } = layoutWith(regionBytes);
  const memory = new Memory(new ArrayBuffer(totalBytes));
  const bell = { words: memory.words, index: BELL };
  startRing(memory.words, call);
  const channel = new ChannelProducer(memory.words, call, bell, atomics);
  const encoder = new Encoder(memory, channel, noAttachments, Infinity);
  try {
    encoder.send(0, 0, value);
  } catch (error) {
    if (error instanceof RegionExceeded) return undefined;
    throw error;
  }
  return memory.bytes;
}

/** The value that {@linkcode pack} made these bytes of. */
export function unpack(bytes: Uint8Array): unknown {
  const memory = new Memory(bytes.slice().buffer);
  const slot = layoutWith(0).call.slotsWord;
  return new Decoder(memory, noAttachments).decode(slot, memory.words[slot + SLOT_HEAD]!);
}

function layoutWith(regionBytes: number): LaneLayout {
  return laneLayout({ slotCount: 1, regionBytes, signalCount: 0 });
}
