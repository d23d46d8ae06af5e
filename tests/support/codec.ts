/**
 * An encoder and a decoder at the two ends of one channel, without workers.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Decoder } from "../../src/codec/decoder.ts";
import { Encoder } from "../../src/codec/encoder.ts";
import { Memory } from "../../src/codec/memory.ts";
import { KnittingError, type KnittingErrorCode } from "../../src/errors.ts";
import { atomics } from "../../src/transport/atomic.ts";
import { ChannelConsumer, ChannelProducer } from "../../src/transport/channel.ts";
import {
  BELL,
  type ChannelLayout,
  INLINE,
  laneLayout,
  SLOT_CALL,
  SLOT_HEAD,
  SLOT_INLINE_BYTE,
  SLOT_LENGTH,
  SLOT_OFFSET,
} from "../../src/transport/layout.ts";
import { startRing } from "../../src/transport/ring.ts";

/** No payload of these tests is larger. */
export const LARGEST_BYTES = 1 << 16;

export interface WireOptions {
  readonly slotCount?: number;
  /** Bytes of the region that are enough but for larger payloads. */
  readonly regionBytes?: number;
  readonly maxPayloadBytes?: number;
  /** Which text goes beside the shared memory; by default none. */
  readonly prefers?: (text: string) => boolean;
  readonly prefersBytes?: (lengthBytes: number) => boolean;
  /** Whether memory can be moved; by default it can. */
  readonly sameProcess?: boolean;
}

/** What came out of a slot. */
interface Taken {
  readonly call: number;
  readonly head: number;
  /** Length of the payload, if the value has one. */
  readonly length: number;
  /** Whether the payload, if the value has one, was in the slot. */
  readonly inline: boolean;
  readonly value: unknown;
}

export class Wire {
  readonly layout: ChannelLayout;
  /** All of the shared memory. */
  readonly bytes: Uint8Array;
  /** What was sent beside it and not taken yet. */
  readonly attached: unknown[] = [];
  readonly channel: ChannelProducer;
  /** Called before something is sent beside it; may throw, as a port does. */
  onPost: (() => void) | undefined;
  /** The shared memory, as the side that sends has it and the one that receives. */
  readonly near: Memory;
  readonly far: Memory;
  readonly #encoder: Encoder;
  readonly #consumer: ChannelConsumer;
  readonly #decoder: Decoder;
  readonly #words: Int32Array;

  constructor(options: WireOptions = {}) {
    const { slotCount = 4, regionBytes = 1 << 16, maxPayloadBytes = 1 << 23 } = options;
    const { call, totalBytes } = laneLayout({
      slotCount,
      regionBytes: Math.max(regionBytes, LARGEST_BYTES),
      usualBytes: regionBytes,
      signalCount: 0,
    });
    const buffer = new SharedArrayBuffer(totalBytes);
    const near = this.near = new Memory(buffer);
    const far = this.far = new Memory(buffer);
    const attachments = {
      post: (value: unknown) => {
        this.onPost?.();
        this.attached.push(value instanceof ArrayBuffer ? value.transfer() : value);
      },
      take: () => {
        assert.ok(this.attached.length > 0, "nothing was sent beside the shared memory");
        return this.attached.shift();
      },
      sameProcess: options.sameProcess ?? true,
      boundary: "a process-worker boundary",
      prefersText: options.prefers ?? (() => false),
      prefersBytes: options.prefersBytes ?? (() => false),
    };
    startRing(far.words, call);
    this.layout = call;
    this.bytes = far.bytes;
    this.#words = far.words;
    this.channel = new ChannelProducer(
      near.words,
      call,
      { words: near.words, index: BELL },
      atomics,
    );
    this.#encoder = new Encoder(near, this.channel, attachments, maxPayloadBytes);
    this.#consumer = new ChannelConsumer(
      far.words,
      call,
      { words: far.words, index: BELL },
      atomics,
    );
    this.#decoder = new Decoder(far, attachments);
  }

  /** Encodes and publishes; false if there was no room. */
  send(value: unknown, call = 0, head = 0): boolean {
    const sent = this.#encoder.send(call, head, value);
    this.channel.publish();
    return sent;
  }

  /** Decodes the oldest value and gives its memory back. */
  take(): Taken {
    const { ring } = this.#consumer;
    assert.ok(ring.available() > 0, "nothing was sent");
    const slot = ring.slot();
    const words = this.#words;
    const call = words[slot + SLOT_CALL]!;
    const head = words[slot + SLOT_HEAD]!;
    const length = words[slot + SLOT_LENGTH]!;
    const inline = words[slot + SLOT_OFFSET]! === INLINE;
    try {
      return { call, head, length, inline, value: this.#decoder.decode(slot, head) };
    } finally {
      ring.advance();
      ring.release();
    }
  }

  /** How many values were sent and not taken. */
  get waiting(): number {
    return this.#consumer.ring.refresh();
  }

  /** The bytes of the oldest slot, and of its payload if that is elsewhere in the shared memory. */
  peek(): { slot: Uint8Array; payload: Uint8Array } {
    const slot = this.#consumer.ring.slot();
    const offset = this.#words[slot + SLOT_OFFSET]!;
    const at = offset === INLINE ? slot * 4 + SLOT_INLINE_BYTE : offset;
    return {
      slot: this.bytes.slice(slot * 4, (slot + 16) * 4),
      payload: this.bytes.slice(at, at + this.#words[slot + SLOT_LENGTH]!),
    };
  }

  /** Sends one value and takes it, alone. */
  pass(value: unknown): Taken {
    assert.equal(this.waiting, 0);
    assert.equal(this.send(value), true, "no room");
    const taken = this.take();
    this.assertIdle();
    return taken;
  }

  /** Asserts that nothing is left of what was sent, and that the next value would arrive. */
  assertIdle(): void {
    assert.equal(this.channel.unpublished, 0);
    assert.equal(this.waiting, 0);
    assert.equal(this.channel.drained, true);
    assert.deepEqual(this.attached, []);
  }
}

const shared = new Wire();

/** What `value` arrives as. */
export function roundTrip<T>(value: T, options?: WireOptions): T {
  return (options === undefined ? shared : new Wire(options)).pass(value).value as T;
}

/** The error that `value` is refused with; also asserts that nothing is left of it. */
export function refusal(value: unknown, options?: WireOptions): KnittingError {
  const wire = options === undefined ? shared : new Wire(options);
  try {
    wire.send(value);
  } catch (error) {
    wire.channel.publish();
    wire.assertIdle();
    assert.equal(wire.pass("still usable").value, "still usable");
    assert.ok(error instanceof KnittingError, `not a KnittingError: ${error}`);
    assert.ok(error.message.startsWith(`${error.code}: `), error.message);
    return error;
  }
  const { value: arrived } = wire.take();
  assert.fail(`expected a refusal; it arrived as ${String(arrived)}`);
}

/** Asserts that `value` is refused with this code, and a message that names the path. */
export function assertRefused(value: unknown, code: KnittingErrorCode, path?: string): void {
  const error = refusal(value);
  assert.equal(error.code, code, error.message);
  if (path === undefined) assert.doesNotMatch(error.message, /\(at /);
  else assert.ok(error.message.includes(`(at ${path})`), error.message);
}
