// Workers that are processes and mean harm: they return shared memory that is not theirs to return. The
// host, which could open it, must not do it for them.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { Options } from "../../mod.ts";
import { ProcessSharedBuffer } from "../../shared_memory.ts";
import { runtimeNames } from "../../src/runtime/current.ts";
import type { Place } from "../fixtures/forged_memory.ts";
import * as tasks from "../fixtures/forged_memory.ts";
import { childrenOf, inProcess } from "../support/processes.ts";
import { freshName, isLinux, pathOf } from "../support/shared_memory.ts";
import { errorWithCode } from "../support/waiting.ts";
import { withPool } from "../support/with_pool.ts";

const { status } = spawnSync("bwrap", ["--unshare-all", "--ro-bind", "/", "/", "true"]);
const noSandbox = (!isLinux || status !== 0) && "bwrap does not work here";

let tokens = 1;
/** Text about memory, as a worker would write it. */
function textOf({ processId, fd, identity, size }: Place, name?: string): string {
  const metadata = { version: 1, fd, size, byteLength: size, name };
  const origin = { token: ++tokens, processId, mapping: 1, identity, hold: 0 };
  return JSON.stringify([metadata, 0, size, origin]);
}

/** The memory that a worker is called through: the largest that it has. */
function laneOf(processId: number): Place {
  const folder = `/proc/${processId}/fd`;
  const places = readdirSync(folder).flatMap((fd): Place[] => {
    const path = `${folder}/${fd}`;
    if (!readlinkSync(path).includes("memfd:knitting")) return [];
    const { ino: identity, size } = statSync(path);
    return [{ processId, fd: Number(fd), identity, size }];
  });
  return places.reduce((a, b) => b.size > a.size ? b : a);
}

const nowhere: Place = { processId: 1, fd: 3, identity: 1, size: 16 };

/** Memory of another program, which knows nothing of all this. */
async function withForeign(body: (name: string) => Promise<void>): Promise<void> {
  const name = freshName();
  writeFileSync(pathOf(name), "OTHER PROG BYTES");
  try {
    await body(name);
    assert.equal(readFileSync(pathOf(name), "latin1"), "OTHER PROG BYTES");
  } finally {
    rmSync(pathOf(name), { force: true });
  }
}

function refused(message: RegExp, result: Promise<unknown>): Promise<void> {
  return errorWithCode(result, "KNT_ERROR_SHARED_MEMORY")
    .then((error) => assert.match(error.message, message));
}

for (const runtime of runtimeNames) {
  const strict = inProcess(runtime);
  const sandboxed = inProcess(runtime, { sandbox: "bwrap" });
  const letIn = (options: Options, name: string): Options => ({
    ...options,
    permission: {
      mode: "custom",
      read: [".", pathOf(name)],
      write: [pathOf(name)],
      denyRead: ["/etc"],
    },
  });

  describe(`a process of ${runtime}'s that returns memory`, { skip: !isLinux }, () => {
    it("of another program, by its name", async () => {
      await withForeign((name) =>
        withPool(tasks, strict, async ({ call }) => {
          const words = new RegExp(`read and write in /dev/shm, .*; received "${name}"`);
          const text = textOf(nowhere, name);
          await refused(words, call.forge(text));
          await refused(words, call.forgeBody(text));
          await refused(words, call.forge(JSON.stringify([...JSON.parse(text).slice(0, 3), null])));
          assert.equal(await call.echo(1), 1, "only these calls have failed");
        })
      );
    });

    it("of another worker, by the number of its process, or what that is called through", async () => {
      await withPool(tasks, strict, async ({ call: victim }) => {
        const own = await victim.keepOwn();
        const lane = laneOf(own.processId);
        await withPool(tasks, strict, async ({ call }) => {
          for (const place of [own, lane, { ...own, processId: 2 ** 22 + 1 }]) {
            const words = new RegExp(
              `received memory of process ${place.processId}, which is none of`,
            );
            await refused(words, call.forge(textOf(place)));
            await refused(words, call.forgeBody(textOf(place)));
          }
          const place = await call.keepOwn();
          const ours = textOf(laneOf(place.processId));
          await refused(/received what a worker is called through/, call.forge(ours));
          const mine = await call.forge(textOf(place));
          assert.equal(mine.bytes().length, 64, "its own it may return");
          mine.close();
          assert.equal(await call.echo(1), 1);
        });
        assert.equal(await victim.firstKept(), 0);
      });
    });

    it("that it has made with a name, as permission says", async () => {
      const names = [freshName(), freshName(), freshName()] as const;
      await withPool(tasks, strict, async ({ call }) => {
        await refused(
          /expected a name that permission lets workers read/,
          call.makeNamed(names[0]),
        );
        assert.equal(await call.echo(1), 1);
      });
      const unsafe: Options = { ...strict, permission: "unsafe" };
      await withPool(tasks, unsafe, async ({ call }) => {
        const shared = await call.makeNamed(names[1]);
        assert.equal(shared.bytes().length, 64);
        shared.close();
      });
      // Nobody could hold Bun to that.
      const permissive = runtime === "bun" ? unsafe : letIn(strict, names[2]);
      await withPool(tasks, permissive, async ({ call }) => {
        const shared = await call.makeNamed(names[2]);
        assert.equal(shared.bytes().length, 64);
        shared.close();
      });
      names.forEach((name) => rmSync(pathOf(name), { force: true }));
    });

    it("of its host's, by a name under which it has put other memory", async () => {
      const name = freshName();
      const shared = ProcessSharedBuffer.create({ mode: "create", name, size: 64 });
      shared.bytes()[0] = 7;
      try {
        await withPool(tasks, strict, async ({ call }) => {
          const back = await call.echo(shared) as ProcessSharedBuffer;
          assert.equal(back.bytes()[0], 7);
          back.close();
          await refused(/has named "\w+"; received other memory/, call.replace(name));
        });
      } finally {
        shared.close();
        rmSync(pathOf(name), { force: true });
      }
    });

    it("and runs behind a wrapper that stays", async () => {
      const processCommandPrefix = ["sh", "-c", '"$@"; exit $?', "sh"];
      const options = inProcess(runtime, { processCommandPrefix });
      await withPool(tasks, { ...options, permission: "unsafe" }, async ({ call }) => {
        const { processId } = await call.keepOwn();
        assert.ok(!childrenOf(process.pid).includes(processId), "the wrapper is the child");
        const shared = await call.make();
        assert.equal(shared.bytes().length, 64);
        shared.close();
        const foreign = textOf({ ...await call.keepOwn(), processId: process.ppid });
        await refused(/which is none of the worker's/, call.forge(foreign));
      });
    });
  });

  describe(
    `a process of ${runtime}'s in a sandbox that returns memory`,
    { skip: noSandbox },
    () => {
      it("of whatever process, without a name", async () => {
        await withPool(tasks, strict, async ({ call: victim }) => {
          const own = await victim.keepOwn();
          await withPool(tasks, sandboxed, async ({ call }) => {
            const words =
              /from a worker in a sandbox comes only memory with a name that permission/;
            for (const place of [own, laneOf(own.processId), await call.keepOwn()]) {
              await refused(words, call.forge(textOf(place)));
              await refused(words, call.forgeBody(textOf(place)));
            }
            await refused(words, call.make());
            assert.equal(await call.echo(1), 1);
          });
        });
      });

      it("with a name, as permission says, whoever made it", async () => {
        const name = freshName();
        const ours = ProcessSharedBuffer.create({ mode: "create", name, size: 64 });
        ours.bytes()[0] = 7;
        const words =
          /expected a name that permission lets workers read and write in [^,]*; received/;
        try {
          await withForeign((foreign) =>
            withPool(tasks, letIn(sandboxed, name), async ({ call }) => {
              const back = await call.echo(ours) as ProcessSharedBuffer;
              assert.equal(back.bytes()[0], 7);
              back.close();
              await refused(words, call.forge(textOf(nowhere, foreign)));
            })
          );
          await withPool(tasks, sandboxed, async ({ call }) => {
            await refused(words, call.forge(textOf(nowhere, name)));
          });
          await withPool(tasks, { ...sandboxed, permission: "unsafe" }, async ({ call }) => {
            await refused(words, call.forge(textOf(nowhere, name)));
          });
        } finally {
          ours.close();
          rmSync(pathOf(name), { force: true });
        }
      });
    },
  );
}
