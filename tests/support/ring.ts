import { atomics } from "../../src/transport/atomic.ts";
import { laneLayout } from "../../src/transport/layout.ts";
import { NO_ROOM, RingConsumer, RingProducer, startRing } from "../../src/transport/ring.ts";

/**
 * First slots from which counters pass nothing, 2^31, 2^32; and 2^30 and 3 * 2^30, which is where the
 * word of begun slots does; and one at which they have just passed.
 */
export const STARTS: readonly number[] = [
  0,
  2 ** 31 - 3,
  -3,
  2 ** 30 - 3,
  -(2 ** 30) - 3,
  -(2 ** 31),
];

/** Both ends of one ring, each with its own view of the memory. */
export function openRing(slotCount: number, start = 0, atomic = atomics) {
  const { call, totalBytes } = laneLayout({ slotCount, regionBytes: 0, signalCount: 0 });
  const layout = { ...call, firstSlot: start };
  const buffer = new SharedArrayBuffer(totalBytes);
  const words = new Int32Array(buffer);
  startRing(words, layout);
  const producer = new RingProducer(new Int32Array(buffer), layout, atomic);
  const consumer = new RingConsumer(new Int32Array(buffer), layout, atomic);
  const take = (): number => {
    const value = words[consumer.slot()]!;
    consumer.advance();
    return value;
  };
  return {
    layout,
    words,
    producer,
    consumer,
    /** Fills the next slot; whether there was one. */
    send(value: number): boolean {
      const slot = producer.claim();
      if (slot === NO_ROOM) return false;
      words[slot] = value;
      producer.commit(value);
      return true;
    },
    /** Takes the oldest slot without giving it back. */
    take,
    /** The same in a ring whose producer may withdraw. */
    beginAndTake(): number {
      consumer.begin();
      return take();
    },
  };
}
