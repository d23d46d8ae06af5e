// What does it cost to let a worker see bytes: copied to it, or in memory that is shared? The task looks
// at the first and the last byte.

import { createPool } from "../mod.ts";
import { ProcessSharedBuffer } from "../shared_memory.ts";
import * as tasks from "./support/memory_tasks.ts";
import { sizeName } from "./support/payloads.ts";
import { type Contender, question } from "./support/question.ts";

const MIB = 1024 * 1024;
const SIZES = [64, 1024, 16 * 1024, 256 * 1024, MIB, 8 * MIB, 64 * MIB];

/** A call with so many bytes, to be made again and again. */
type Show = () => Promise<number>;

/** What a contender does with bytes. */
interface Shower {
  prepare(bytes: number): Show;
  close(): unknown;
}

function openPool() {
  // Room for the largest size: an eighth of it may be one payload.
  const payload = { payloadMaxByteLength: 1024 * MIB, maxPayloadBytes: 64 * MIB };
  return createPool({ threads: 1, payload })(tasks);
}

function contender(
  name: string,
  prepare: (call: ReturnType<typeof openPool>["call"], bytes: number) => Show,
): Contender<Shower> {
  return {
    name,
    open() {
      const pool = openPool();
      return { prepare: (bytes) => prepare(pool.call, bytes), close: () => pool.shutdown() };
    },
    close: (shower) => void shower.close(),
  };
}

function filled(bytes: number): ProcessSharedBuffer {
  const memory = ProcessSharedBuffer.create(bytes);
  memory.bytes().fill(1);
  return memory;
}

const shared = contender("ProcessSharedBuffer", (call, bytes) => {
  const memory = filled(bytes);
  return () => call.endsOfShared(memory);
});

const fresh = contender("made for each call", (call, bytes) => async () => {
  const memory = filled(bytes);
  try {
    return await call.endsOfShared(memory);
  } finally {
    memory.close();
  }
});

const copied = contender("copied", (call, bytes) => {
  const memory = new Uint8Array(bytes).fill(1);
  return () => call.endsOfCopy(memory);
});

const showing = question("shared_memory", "What does it cost to let a worker see bytes?");
const group = showing.group("one worker", [shared, fresh, copied]);

for (const bytes of SIZES) {
  group.cell(sizeName(bytes), async (shower) => {
    const show = shower.prepare(bytes);
    if (await show() !== 2) throw new Error("the worker saw other bytes");
    return { batch: show };
  });
}
