import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, unlinkSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { createPool } from "../../mod.ts";
import { ProcessSharedBuffer } from "../../shared_memory.ts";
import * as tasks from "../fixtures/process_tasks.ts";
import * as sharing from "../fixtures/process_shared_tasks.ts";
import * as limits from "../fixtures/limit_tasks.ts";
import { Peer } from "../support/peer.ts";
import { inProcess, isAlive, killHard, ownWorkers } from "../support/processes.ts";
import { runtimeName } from "../support/program.ts";
import { freshName, isLinux, pathOf } from "../support/shared_memory.ts";
import { errorOf, until } from "../support/waiting.ts";
import { inTime, withPool } from "../support/with_pool.ts";

const { status } = spawnSync("bwrap", ["--unshare-all", "--ro-bind", "/", "/", "true"]);
const skip = (!isLinux || status !== 0) && "bwrap does not work here";

/** The processes that a process has started, and those that they have started. */
function descendantsOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean)
  ).map(Number);
  return [...children, ...children.flatMap(descendantsOf)];
}

describe("worker processes in a sandbox", { skip }, () => {
  for (const runtime of ownWorkers) {
    const sandboxed = inProcess(runtime, { sandbox: "bwrap" });

    it(`work as others do: ${runtime}`, async () => {
      await withPool(tasks, { ...sandboxed, threads: 2 }, async ({ call }) => {
        const { pid, ...rest } = await call.whoAmI();
        assert.ok(pid < 10, "a process of a namespace of its own");
        assert.deepEqual(rest, { runtime, isMain: false, marks: [undefined, undefined] });
        const large = new Uint8Array(3 << 20).map((_, i) => i * 7);
        assert.deepEqual(await call.echo(large), large);
        assert.equal(await call.addLater([1, 2]), 3);
      });
    });

    it(`leave nothing behind when their host is killed: ${runtime}`, async () => {
      const host = new Peer(runtimeName, "host_of_processes.ts", [runtime, "inherit", "bwrap"]);
      await host.line();
      const pids = descendantsOf(host.pid);
      assert.ok(pids.length >= 4, `${pids}`);
      killHard(host.pid);
      await until("the workers are gone", () => !pids.some(isAlive));
    });

    it(`can have limits, too: ${runtime}`, async () => {
      const worker = { ...sandboxed.worker, processLimits: { memoryMb: 256, openFiles: 64 } };
      await withPool(limits, { worker, permission: "unsafe" }, async ({ call }) => {
        assert.equal(await call.double(4), 8);
        const files = await call.openMany(1_000);
        assert.ok(files > 4 && files < 64, `${files} files`);
        const outcome = await inTime("the end", call.grow(["buffers", 1_000]).catch(() => 0));
        assert.ok(outcome >= 0 && outcome < 600, `${outcome} MiB`);
      });
    });

    it(`share memory with a name that they may have: ${runtime}`, async () => {
      const name = freshName();
      const path = pathOf(name);
      const shared = ProcessSharedBuffer.create({ mode: "create", name, size: 64 });
      shared.view(Int32Array)[0] = 42;
      const permission = {
        mode: "custom",
        read: [".", path],
        write: [path],
        denyRead: ["/etc"],
      } as const;
      try {
        await withPool(sharing, { ...sandboxed, permission }, async ({ call }) => {
          assert.equal(await call.readFirst(shared), 42);
        });
      } finally {
        shared.close();
        unlinkSync(path);
      }
    });

    it(`cannot share other memory, and say so: ${runtime}`, async () => {
      await withPool(sharing, sandboxed, async ({ call }) => {
        const shared = ProcessSharedBuffer.create(64);
        const { message } = await errorOf(call.readFirst(shared));
        assert.match(message, /Cannot map the memory that process/);
        shared.close();
      });
    });
  }

  it("are not started without it: there is no such program", () => {
    const { PATH } = process.env;
    process.env.PATH = "/nowhere";
    try {
      const options = inProcess(runtimeName, { sandbox: "bwrap" });
      assert.throws(() => createPool(options)(tasks), /worker.sandbox: "bwrap" cannot be had here/);
    } finally {
      process.env.PATH = PATH;
    }
  });
});
