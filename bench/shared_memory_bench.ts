// What does it cost to let a worker see bytes: copied to it, or in memory that is shared? The task looks
// at the first and the last byte.

import { createPool } from "../mod.ts";
import { ProcessSharedBuffer } from "../shared_memory.ts";
import * as tasks from "./support/memory_tasks.ts";
import { sizeName } from "./support/payloads.ts";
import { question } from "./support/question.ts";

const MIB = 1024 * 1024;
const SIZES = [64, 1024, 16 * 1024, 256 * 1024, MIB, 8 * MIB, 64 * MIB];

/** What a contender does with so many bytes, again and again. */
interface Shower {
  prepare(bytes: number): () => Promise<number>;
  close(): unknown;
}

function openPool() {
  // Room for the largest size: an eighth of it may be one payload.
  const payload = { payloadMaxByteLength: 1024 * MIB, maxPayloadBytes: 64 * MIB };
  return createPool({ threads: 1, payload })(tasks);
}

const shared = {
  name: "ProcessSharedBuffer",
  open(): Shower {
    const pool = openPool();
    return {
      prepare(bytes) {
        const memory = ProcessSharedBuffer.create(bytes);
        memory.bytes().fill(1);
        return () => pool.call.endsOfShared(memory);
      },
      close: () => pool.shutdown(),
    };
  },
  close: (shower: Shower) => void shower.close(),
};

const fresh = {
  name: "made for each call",
  open(): Shower {
    const pool = openPool();
    return {
      prepare: (bytes) => async () => {
        const memory = ProcessSharedBuffer.create(bytes);
        memory.bytes().fill(1);
        try {
          return await pool.call.endsOfShared(memory);
        } finally {
          memory.close();
        }
      },
      close: () => pool.shutdown(),
    };
  },
  close: (shower: Shower) => void shower.close(),
};

const copied = {
  name: "copied",
  open(): Shower {
    const pool = openPool();
    return {
      prepare(bytes) {
        const memory = new Uint8Array(bytes).fill(1);
        return () => pool.call.endsOfCopy(memory);
      },
      close: () => pool.shutdown(),
    };
  },
  close: (shower: Shower) => void shower.close(),
};

const showing = question("shared_memory", "What does it cost to let a worker see bytes?");
const group = showing.group("one worker", [shared, fresh, copied]);

for (const bytes of SIZES) {
  group.cell(sizeName(bytes), async (shower) => {
    const show = shower.prepare(bytes);
    if (await show() !== 2) throw new Error("the worker saw other bytes");
    return { batch: show };
  });
}
