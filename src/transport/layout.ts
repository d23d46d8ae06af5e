/**
 * Where everything lies in the memory of a lane. No other file holds an offset, a stride or a mask.
 *
 * A lane is one block of shared memory; the sizes come from {@linkcode laneLayout}:
 *
 * ```text
 *   byte 0      lane control        256 bytes: its lines lie apart
 *               ├─ BELL             the worker's doorbell; written by both sides, compare-and-swap to ring
 *               ├─ STOP             host writes 1: end after the calls already begun
 *               ├─ RAISED           host writes: how often it has changed a signal
 *               ├─ PACE             worker writes: nanoseconds a call has been taking
 *               ├─ UNSETTLED        worker writes: calls whose tasks wait for a promise
 *               └─ HEAP             worker writes, if asked to: KiB of its heap that are in use
 *   byte 256    call channel        host produces, worker consumes
 *               ├─ control          256 bytes: PUBLISHED | TAKEN, BEGUN
 *               └─ slots            slotCount * 64 bytes
 *               reply channel       worker produces, host consumes; the same shape
 *               call region         payload bytes that do not fit in a slot
 *               reply region
 *               signals             a word for each call that can be aborted, or is a stream; host writes:
 *                                   ABORTED, beside it how many items of the stream it has read
 *               meter               only if calls are measured; see meter_layout.ts
 *               carried             only if calls carry something: CARRIED_BYTES for each slot of the call
 *                                   channel, written and read with it: length, then what stores say
 * ```
 *
 * A slot is one cache line:
 *
 * ```text
 *   word 0      call id, WITHDRAWN, FROM_WORKER, or for what follows a call FIRST_ASIDE - call id
 *   word 1      task id << 16 | flags << 8 | tag
 *   word 2      payload length in bytes
 *   word 3      where the payload lies: byte offset in the lane, or INLINE
 *   byte 16     48 bytes: a number, or a payload that is short enough
 * ```
 *
 * The host has a doorbell for all lanes, or one for each, in blocks of its own ({@linkcode HOST_WORDS}).
 *
 * A worker that is a process has one memory object, which begins with the lane ({@linkcode processLayout}):
 *
 * ```text
 *   lane
 *   host block      the host's doorbell for this lane
 *   boot data       what the worker is started with
 * ```
 *
 * @module
 */

import { meterBytes } from "./meter_layout.ts";

/** Bytes of a cache line, and of a slot. */
const LINE_BYTES = 64;
/** Words that different sides write are two lines apart: processors fetch lines in pairs. */
const APART_WORDS = (2 * LINE_BYTES) / 4;

/** Index of the worker's doorbell among the lane's 32-bit words. */
export const BELL = 0;
/** Index of the word that asks the worker to end. */
export const STOP = 1;
/** Index of the word that changes when the host has changed a signal. */
export const RAISED = 2;
/** The bit of a signal that says that the call is aborted; the other bits count items of a stream. */
export const ABORTED = 1;
/** Index of the word in which the worker says how long a call takes it, in nanoseconds. */
export const PACE = APART_WORDS;
/** Index of the word in which the worker says how many of its calls wait for a promise. */
export const UNSETTLED: number = PACE + 1;
/** Index of the word in which the worker says how much of its heap is in use, in KiB. */
export const HEAP: number = PACE + 2;
const LANE_CONTROL_BYTES = 4 * LINE_BYTES;

/** Size of the host's own block, in words. */
export const HOST_WORDS = APART_WORDS;
/** Index of the host's doorbell in its block. */
export const HOST_BELL = 0;

/** Word of a channel: number of the next slot to publish, modulo 2^32. */
const PUBLISHED = 0;
/** Word of a channel: number of the next slot to take, modulo 2^32. */
const TAKEN = APART_WORDS;
/** Word of a channel: slots the consumer has begun to take; see ring.ts. */
const BEGUN: number = TAKEN + 1;
const CHANNEL_CONTROL_BYTES = 4 * LINE_BYTES;

/**
 * Numbers of the first slots. Counters wrap soon, in every lane: what goes wrong then must not take
 * 2^31 calls to be seen. Those of calls pass 2^31, where 32 bits become negative and the word of the
 * slots begun starts again at 0; those of replies pass 2^32.
 */
const FIRST_CALL: number = 2 ** 31 - 1024;
const FIRST_REPLY = -1024;

/** Bytes of one slot. */
export const SLOT_BYTES: number = LINE_BYTES;
/** 32-bit words of one slot. */
export const SLOT_WORDS: number = SLOT_BYTES / 4;
/** Words of a slot, relative to its first. */
export const SLOT_CALL = 0;
/** Value of the call id when the producer has taken the slot back. */
export const WITHDRAWN = -1;
/** Value of the call id of a reply that is no reply: the worker speaks of itself. */
export const FROM_WORKER = -2;
/** Call ids of slots that follow a call count down from here: they belong to the call with id 0, 1, and so on. */
export const FIRST_ASIDE = -3;
/** Task id, flags and tag. */
export const SLOT_HEAD = 1;
/** Payload length in bytes. */
export const SLOT_LENGTH = 2;
/** Byte offset of the payload, or {@linkcode INLINE}. */
export const SLOT_OFFSET = 3;
/** Byte of a slot at which an inline payload starts; a multiple of 8. */
export const SLOT_INLINE_BYTE = 16;
/** Bytes that fit inline. */
export const INLINE_BYTES: number = SLOT_BYTES - SLOT_INLINE_BYTE;
/** Value of the offset word when the payload lies in the slot. */
export const INLINE = -1;

/** Bytes beside each slot of calls that carry what stores say: a length and a structured payload. */
export const CARRIED_BYTES = 2048;

/** Payloads in a region start at a multiple of this, so that no two share a cache line. */
export const REGION_ALIGN: number = LINE_BYTES;

/** Where one channel lies in its lane. */
export interface ChannelLayout {
  /** Index of the 32-bit word that counts published slots. */
  readonly publishedWord: number;
  /** Index of the 32-bit word that counts taken slots. */
  readonly takenWord: number;
  /** Index of the 32-bit word that counts slots begun. */
  readonly begunWord: number;
  /** Index of the first 32-bit word of slot 0. */
  readonly slotsWord: number;
  /** Number of slots, a power of two. */
  readonly slotCount: number;
  /** What all counters start from: the number of the first slot, as 32 bits with a sign. */
  readonly firstSlot: number;
  /** Byte offset of the region. */
  readonly regionByte: number;
  /** Size of the region in bytes. */
  readonly regionBytes: number;
  /** Bytes of the region that are used as long as they are enough. */
  readonly usualBytes: number;
}

/** Where everything of one lane lies. */
export interface LaneLayout {
  /** Host to worker. */
  readonly call: ChannelLayout;
  /** Worker to host. */
  readonly reply: ChannelLayout;
  /** Index of the first 32-bit word of the signals. */
  readonly signalsWord: number;
  /** Byte offset of the meter. */
  readonly meterByte: number;
  /** Byte offset of what calls carry. */
  readonly carriedByte: number;
  /** Size of the whole block in bytes. */
  readonly totalBytes: number;
}

/** The sizes that a lane is made from. */
export interface LaneSizes {
  /** Slots per direction; a power of two. */
  readonly slotCount: number;
  /** Bytes of each direction's region; a multiple of {@linkcode REGION_ALIGN}. */
  readonly regionBytes: number;
  /** Bytes of a region that are used as long as no payload is larger. Default all. */
  readonly usualBytes?: number;
  /** Calls that can be aborted, or are streams, at one time. */
  readonly signalCount: number;
  /** Tasks whose calls are measured. Default none. */
  readonly measuredTasks?: number;
  /** 1 if calls carry what stores of their callers say. Default 0. */
  readonly carries?: number;
}

/** Computes where everything lies. Both sides compute it from the same sizes. */
export function laneLayout(
  { slotCount, regionBytes, usualBytes = regionBytes, signalCount, measuredTasks = 0, carries = 0 }:
    LaneSizes,
): LaneLayout {
  const channelBytes = CHANNEL_CONTROL_BYTES + slotCount * SLOT_BYTES;
  const callByte = LANE_CONTROL_BYTES;
  const replyByte = callByte + channelBytes;
  const callRegionByte = replyByte + channelBytes;
  const replyRegionByte = callRegionByte + regionBytes;
  const signalsByte = replyRegionByte + regionBytes;
  const meterByte = signalsByte + alignUp(signalCount * 4);
  const carriedByte = meterByte + alignUp(meterBytes(measuredTasks));

  const channel = (byte: number, regionByte: number, firstSlot: number): ChannelLayout => ({
    publishedWord: byte / 4 + PUBLISHED,
    takenWord: byte / 4 + TAKEN,
    begunWord: byte / 4 + BEGUN,
    slotsWord: (byte + CHANNEL_CONTROL_BYTES) / 4,
    slotCount,
    firstSlot,
    regionByte,
    regionBytes,
    usualBytes,
  });
  return {
    call: channel(callByte, callRegionByte, FIRST_CALL),
    reply: channel(replyByte, replyRegionByte, FIRST_REPLY),
    signalsWord: signalsByte / 4,
    meterByte,
    carriedByte,
    totalBytes: carriedByte + carries * slotCount * CARRIED_BYTES,
  };
}

/** Where everything of one process worker lies. */
export interface ProcessLayout {
  readonly lane: LaneLayout;
  /** Index of the 32-bit word with the host's doorbell. */
  readonly hostBellWord: number;
  /** Byte offset of the boot data. */
  readonly bootByte: number;
  /** Size of the memory object in bytes. */
  readonly totalBytes: number;
}

/** Computes where everything of a process worker lies. */
export function processLayout(sizes: LaneSizes, bootBytes: number): ProcessLayout {
  const lane = laneLayout(sizes);
  const bootByte = lane.totalBytes + HOST_WORDS * 4;
  return {
    lane,
    hostBellWord: lane.totalBytes / 4 + HOST_BELL,
    bootByte,
    totalBytes: bootByte + alignUp(bootBytes),
  };
}

/** The smallest multiple of {@linkcode REGION_ALIGN} that holds `bytes`. */
export function alignUp(bytes: number): number {
  return Math.ceil(bytes / REGION_ALIGN) * REGION_ALIGN;
}
