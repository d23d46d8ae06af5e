// Shared memory that is closed more than once, wherever: it is given back once, and nobody loses his own.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProcessSharedBuffer } from "../../shared_memory.ts";
import * as tasks from "../fixtures/process_shared_tasks.ts";
import { collectorFlags, parsesUsing, runProgram } from "../support/program.ts";
import { isLinux, memoryInUse, throwsReleased } from "../support/shared_memory.ts";
import { until } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const ROUNDS = 100;

/** Runs `body`, after which as much memory must be in use as before, and what was in use must work. */
async function leavesNothing(body: () => Promise<void>): Promise<void> {
  const bystander = ProcessSharedBuffer.create(64);
  bystander.bytes().fill(7);
  const before = isLinux ? memoryInUse() : undefined;
  await body();
  if (before !== undefined) {
    await until("all is given back", () => {
      const { handles, mappings } = memoryInUse();
      return handles <= before.handles && mappings <= before.mappings;
    });
  }
  assert.ok(bystander.bytes().every((byte) => byte === 7));
  bystander.close();
}

describe("shared memory that is closed twice", () => {
  it("by two threads at the same time is given back once", async () => {
    await leavesNothing(() =>
      withPool(tasks, {}, async ({ call }) => {
        for (let round = 0; round < ROUNDS; round++) {
          const shared = ProcessSharedBuffer.create(64);
          await call.keep(shared);
          const closing = call.closeKept();
          if (round % 2 === 0) await undefined; // the call is on its way
          shared.close();
          shared.close();
          await closing;
        }
      })
    );
  });

  it("as what was sent and as what came back is given back once", async () => {
    await leavesNothing(() =>
      withPool(tasks, {}, async ({ call }) => {
        for (let round = 0; round < ROUNDS; round++) {
          const shared = ProcessSharedBuffer.create(64);
          const back = await call.echo(shared) as ProcessSharedBuffer;
          assert.equal(back.descriptor, shared.descriptor);
          back.close();
          shared.close();
          throwsReleased(() => back.bytes());
        }
      })
    );
  });

  it("while calls settle is given back once; a call that has not mapped it by then says so", async () => {
    await leavesNothing(() =>
      withPool(tasks, {}, async ({ call }) => {
        for (let round = 0; round < ROUNDS; round++) {
          const shared = ProcessSharedBuffer.create(64);
          shared.view(Int32Array)[0] = round;
          const close = (first: number) => {
            assert.equal(first, round);
            shared.close();
            throwsReleased(() => shared.bytes());
          };
          const calls = Array.from({ length: 5 }, () => call.readFirst(shared).then(close));
          const [first, ...others] = await Promise.allSettled(calls);
          assert.equal(first!.status, "fulfilled");
          for (const other of others) {
            if (other.status === "rejected") assert.equal(other.reason.code, "KNT_ERROR_RELEASED");
          }
        }
      })
    );
  });

  it("by `using` after close is given back once", { skip: !parsesUsing }, async () => {
    const body = "using shared = create(64); shared.close(); return shared;";
    const run = new Function("create", body);
    await leavesNothing(() => {
      for (let round = 0; round < ROUNDS; round++) {
        const shared: ProcessSharedBuffer = run(ProcessSharedBuffer.create);
        throwsReleased(() => shared.bytes());
      }
      return Promise.resolve();
    });
  });

  it("while the other thread collects it is given back once", { skip: !isLinux }, async () => {
    const { code, stdout, stderr } = await runProgram("closed_and_collected.ts", {
      flags: collectorFlags,
    });
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { hostCloses: true, workerCloses: true, both: true });
  });
});
