// Workers of the runtime that the test runs on, because who starts them does not matter to the limits that
// the system holds; of all runtimes with KNITTING_LONG=1.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Options, ProcessLimits } from "../../mod.ts";
import { createPool } from "../../mod.ts";
import { outputOf } from "../../src/runtime/processes.ts";
import type { RuntimeName } from "../../src/runtime/runtime.ts";
import * as tasks from "../fixtures/limit_tasks.ts";
import { inProcess, ownWorkers } from "../support/processes.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const canLimit = outputOf(["prlimit", "--version"], 2_000) !== undefined;

/** Two workers with limits, which may do everything else. */
function limited(
  runtime: RuntimeName,
  processLimits: ProcessLimits,
): Options {
  const { worker } = inProcess(runtime, { processLimits });
  return { threads: 2, worker: { ...worker }, permission: "unsafe" };
}

describe("limits of worker processes", { skip: !canLimit && "there is no prlimit here" }, () => {
  for (const runtime of ownWorkers) {
    it(`contain a task that takes memory without end: ${runtime}`, async () => {
      const options = limited(runtime, { memoryMb: 300 });
      await withPool(tasks, options, async ({ call }) => {
        for (const how of ["buffers", "objects", "strings"]) {
          let isOver = false;
          const growing = call.grow([how, 1_000]).then(
            (mb) => assert.ok(mb > 0 && mb < 600, `${how}: ${mb} MiB`),
            ({ code }) => assert.equal(code, "KNT_ERROR_WORKER_EXITED", how),
          ).finally(() => isOver = true);
          // The host and the other worker go on in the meantime.
          let count = 0;
          while (!isOver) {
            assert.equal(await inTime("the other worker", call.double(count)), 2 * count);
            count++;
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
          await growing;
          assert.ok(count > 0);
        }
      });
    });

    it(`leave enough to start with: ${runtime}`, async () => {
      const least = { memoryMb: 128, cpuSeconds: 60, openFiles: 64 };
      await withPool(tasks, limited(runtime, least), async ({ call }) => {
        assert.equal(await call.double(4), 8);
        const files = await call.openMany(1_000);
        assert.ok(files > 4 && files < 64, `${files} files`);
      });
    });

    it(`end a task that computes without end: ${runtime}`, async () => {
      // Node alone needs more than a second on a busy machine, to start from TypeScript.
      await withPool(tasks, limited(runtime, { cpuSeconds: 2 }), async ({ call }) => {
        const outcome = await inTime("the end", call.spin().catch((error) => error));
        assert.equal(outcome.code, "KNT_ERROR_WORKER_EXITED");
        assert.equal(await inTime("a new worker", call.double(4)), 8);
      });
    });
  }
});

describe("limits of worker processes, where there are none", { skip: canLimit }, () => {
  it("are refused before anything starts", () => {
    assert.throws(
      () => createPool(limited("node", { memoryMb: 512 }))(tasks),
      /cannot be set here/,
    );
  });
});
