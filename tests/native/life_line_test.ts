import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { describe, it } from "node:test";
import { getDefaultProcessSharedBufferPrimitives } from "../../shared_memory.ts";
import { LifeLine } from "../../src/native/life_line.ts";
import { Peer } from "../support/peer.ts";
import { runtimeName } from "../support/program.ts";
import { freshName, isLinux, pathOf, throwsCode } from "../support/shared_memory.ts";

/** A worker may live that long after its host. */
const SOON_MS = 2_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether a process is there, and is more than an entry that nobody has looked at. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

async function msToTheEnd(pid: number): Promise<number> {
  const start = performance.now();
  while (isAlive(pid) && performance.now() - start < 2 * SOON_MS) await pause(5);
  return performance.now() - start;
}

interface Pair {
  readonly host: Peer;
  /** Number of the process that the host has started. */
  readonly worker: number;
  /** What the worker said. */
  readonly said: string;
}

/** Gives `body` a host with a worker that spins. */
async function withPair(
  name: string,
  body: (pair: Pair) => Promise<void>,
  prefix: readonly string[] = [],
): Promise<void> {
  const host = new Peer(runtimeName, "life_line.ts", ["host", name, ...prefix]);
  let worker = 0;
  try {
    // Both are asked for at once: they may come together.
    const [pid, said] = await Promise.all([host.line(), host.line()]);
    worker = Number(pid);
    await body({ host, worker, said });
  } finally {
    host.kill("SIGKILL");
    if (worker > 0 && isAlive(worker)) process.kill(worker, "SIGKILL");
    if (name !== "") getDefaultProcessSharedBufferPrimitives().unlinkSharedMemory?.(name);
  }
}

async function endsWithItsHost({ host, worker }: Pair): Promise<void> {
  await pause(300);
  assert.ok(isAlive(worker), "the worker lives as long as its host");
  host.kill("SIGKILL");
  await host.ended();
  const ms = await msToTheEnd(worker);
  assert.ok(ms < SOON_MS, `the worker lived for ${ms} ms`);
}

/** Why a wrapper cannot be used here; `false` if it can. */
function without(...wrapper: readonly string[]): string | false {
  const { status } = spawnSync(wrapper[0]!, [...wrapper.slice(1), "true"], { stdio: "ignore" });
  return !isLinux || status !== 0 ? `${wrapper[0]} does not work here` : false;
}

const BWRAP = ["bwrap", "--unshare-all", "--bind", "/", "/", "--dev", "/dev", "--proc", "/proc"];

describe("a life line", { skip: !isLinux }, () => {
  it("ends a busy worker when its host is killed", async () => {
    await withPair("", async (pair) => {
      assert.equal(pair.said, "busy: 0 bytes, 0 handles for others");
      await endsWithItsHost(pair);
    });
  });

  it("removes the name of the memory, too", async () => {
    const name = freshName();
    await withPair(name, async (pair) => {
      assert.ok(existsSync(pathOf(name)));
      await endsWithItsHost(pair);
      assert.equal(existsSync(pathOf(name)), false);
    });
  });

  // The first process of a namespace gets no signals from inside; bwrap alone would live on without its worker.
  const wrappers = [
    ["env"],
    BWRAP,
    [...BWRAP, "--as-pid-1"],
    ["unshare", "--pid", "--fork"],
    ["unshare", "--user", "--pid", "--fork", "--mount-proc"],
  ];
  for (const wrapper of wrappers) {
    const skip = without(...wrapper);
    it(`goes through ${wrapper[0]} ${wrapper.at(-1)}`, { skip }, async () => {
      await withPair("", endsWithItsHost, wrapper);
    });
  }

  it("ends the worker when it is let go", async () => {
    await withPair("", async ({ host, worker }) => {
      const ended = host.line();
      host.tell("let go");
      assert.equal(await ended, "ended: 1");
      assert.equal(isAlive(worker), false);
    });
  });

  it("needs memory", () => {
    throwsCode(
      "KNT_ERROR_SHARED_MEMORY",
      /^Cannot hold a life line: EBADF/,
      () => new LifeLine(-1, ""),
    );
  });
});
