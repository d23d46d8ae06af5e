// The same as hostile_worker_test.ts, for a worker that is a process: all that its host knows of it lies
// in the memory between them, the host's own doorbell included.

import process from "node:process";
import { after, describe, it } from "node:test";
import { ProcessSharedBuffer } from "../../shared_memory.ts";
import { runHostile } from "../support/hostile_run.ts";
import { inProcess } from "../support/processes.ts";
import { runtimeName } from "../support/program.ts";

const SEEDS = process.env.KNITTING_LONG === "1"
  ? Array.from({ length: 100 }, (_, i) => i + 1)
  : [1, 2];

describe("a process that writes anything anywhere in its lane", () => {
  const shared: ProcessSharedBuffer[] = [];
  after(() => shared.forEach((buffer) => buffer.close()));
  const share = (bytes: number): ProcessSharedBuffer => {
    const buffer = ProcessSharedBuffer.create(bytes);
    shared.push(buffer);
    return buffer;
  };
  for (const seed of SEEDS) {
    it(`fails its own calls alone (seed ${seed})`, async () => {
      const options = inProcess(runtimeName, { processSharedMemory: "named" });
      await runHostile(seed, options, share);
    });
  }
});
