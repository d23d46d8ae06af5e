import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { Options } from "../../mod.ts";
import { createPool } from "../../mod.ts";
import {
  getDefaultProcessSharedBufferPrimitives,
  ProcessSharedBuffer,
} from "../../shared_memory.ts";
import type { RuntimeName } from "../../src/runtime/runtime.ts";
import { runtimeNames } from "../../src/runtime/current.ts";
import { add } from "../fixtures/imported_tasks.ts";
import * as tasks from "../fixtures/process_tasks.ts";
import * as sharing from "../fixtures/process_shared_tasks.ts";
import { noContainers, programOf, withContainer } from "../support/container.ts";
import { inProcess } from "../support/processes.ts";
import { isLinux } from "../support/shared_memory.ts";
import { until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** As the README has it; a project in /tmp must be let in again. */
const BWRAP = [
  "bwrap",
  "--unshare-all",
  "--ro-bind",
  "/",
  "/",
  "--dev-bind",
  "/dev",
  "/dev",
  "--proc",
  "/proc",
  "--tmpfs",
  "/tmp",
  "--die-with-parent",
  ...ROOT.startsWith("/tmp/") ? ["--ro-bind", ROOT, ROOT] : [],
];

function works(...command: string[]): boolean {
  return isLinux && spawnSync(command[0]!, command.slice(1), { stdio: "ignore" }).status === 0;
}

const noBwrap = !works(...BWRAP, "true") && "bwrap does not work here";
const noPodman = works("podman", "--version") ? noContainers() : "there is no podman here";

/** Has the runtime found where it really is, which is the same path inside. */
async function withBinary(
  runtime: RuntimeName,
  body: () => Promise<void>,
): Promise<void> {
  const name = `${runtime.toUpperCase()}_BINARY`;
  const before = process.env[name];
  process.env[name] = programOf(runtime);
  try {
    await body();
  } finally {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  }
}

describe("worker processes behind a bwrap of the user's", { skip: noBwrap }, () => {
  for (const runtime of runtimeNames) {
    it(`run imported tasks: ${runtime}`, async () => {
      const options = inProcess(runtime, { processCommandPrefix: BWRAP });
      await withBinary(runtime, async () => {
        await withPool({ add, whoAmI: tasks.whoAmI }, options, async ({ call }) => {
          const answer = await inTime("the worker", call.whoAmI());
          assert.equal(answer.runtime, runtime);
          assert.ok(answer.pid < 10);
          assert.equal(await call.add([1, 2]), 3);
        });
      });
    });
  }
});

describe("worker processes in a container", { skip: noPodman }, () => {
  for (const runtime of runtimeNames) {
    it(`run tasks, share memory with a name, and end: ${runtime}`, async () => {
      const name = `knitting-docker-counter-${process.pid}`;
      const { unlinkSharedMemory } = getDefaultProcessSharedBufferPrimitives();
      const shared = ProcessSharedBuffer.create({ mode: "create", name, size: 64 });
      shared.view(Int32Array)[0] = 42;
      try {
        await withBinary(runtime, () =>
          withContainer(runtime, async (processCommandPrefix) => {
            const worker = { processSharedMemory: "named", processCommandPrefix } as const;
            const options: Options = { ...inProcess(runtime, worker), permission: "unsafe" };
            const pool = createPool(options)({ ...sharing, ...tasks });
            try {
              assert.equal(await inTime("the worker", pool.call.readFirst(shared), 20_000), 42);
              assert.equal((await pool.call.whoAmI()).runtime, runtime);
              assert.deepEqual(await pool.call.echo("é".repeat(70_000)), "é".repeat(70_000));
            } finally {
              await pool.shutdown();
            }
          }));
      } finally {
        shared.close();
        unlinkSharedMemory?.(name);
      }
      const left = () => readdirSync("/dev/shm").filter((name) => name.startsWith("kpw_"));
      await until("no name is left", () => left().length === 0);
    });
  }
});
