// From which size on does it pay to move bytes instead of copying them?

import { createPool } from "../mod.ts";
import { BufferReference } from "../unsafe.ts";
import { sizeName } from "./support/payloads.ts";
import { postMessageMove } from "./support/post_message.ts";
import { question } from "./support/question.ts";
import * as tasks from "./support/tasks.ts";

const KiB = 1024;
const MiB = 1024 * KiB;
const sizes = [4 * KiB, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB, 16 * MiB, 64 * MiB];

/** Sends bytes there and back; what comes back is what is sent next. */
type Trip = (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;

interface Way {
  readonly trip: Trip;
  readonly close: () => Promise<void>;
}

const ways: Record<string, () => Way> = {
  "BufferReference": () => {
    const pool = createPool({})(tasks);
    return {
      trip: async (bytes) =>
        (await pool.call.echoReference(new BufferReference(bytes))).toUint8Array(),
      close: () => pool.shutdown(),
    };
  },
  "bytes, copied": () => {
    // As much room as the largest needs: it is refused otherwise.
    const pool = createPool({
      payload: { payloadMaxByteLength: 1024 * MiB, maxPayloadBytes: 128 * MiB },
    })(
      tasks,
    );
    return {
      trip: (bytes) => pool.call.echo(bytes) as ReturnType<Trip>,
      close: () => pool.shutdown(),
    };
  },
  "postMessage, transferred": () => {
    const subject = postMessageMove.open({ threads: 1, binding: "early" });
    return { trip: subject.call("echo") as Trip, close: () => subject.close() };
  },
};

const reference = question(
  "buffer_reference",
  "From which size on does it pay to move bytes instead of copying them?",
);
const group = reference.group<Way>(
  "there and back, one worker",
  Object.entries(ways).map(([name, open]) => ({
    name,
    async open() {
      const way = open();
      const small = new Uint8Array(4 * KiB);
      for (const end = performance.now() + 100; performance.now() < end;) {
        await way.trip(small.slice());
      }
      return way;
    },
    close: ({ close }) => close(),
  })),
);

for (const size of sizes) {
  group.cell(sizeName(size), async ({ trip }) => {
    let bytes = await trip(new Uint8Array(size).fill(7));
    if (bytes.length !== size || bytes[size - 1] !== 7) throw new Error("wrong bytes");
    return {
      batch: async () => {
        bytes = await trip(bytes);
      },
    };
  });
}
