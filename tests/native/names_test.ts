import assert from "node:assert/strict";
import { existsSync, unlinkSync } from "node:fs";
import { describe, it } from "node:test";
import {
  getDefaultProcessSharedBufferPrimitives,
  ProcessSharedBuffer,
} from "../../shared_memory.ts";
import { Peer } from "../support/peer.ts";
import { runtimeName } from "../support/program.ts";
import { freshName, isLinux, pathOf } from "../support/shared_memory.ts";

interface End {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Runs a program that makes two names, and sends it the signal; how it ended, and which names are left. */
async function namesLeft(
  how: string,
  signal?: NodeJS.Signals,
): Promise<{ end: End; handled?: string; left: number }> {
  const name = freshName();
  const names = [name, `${name}_2`];
  const peer = new Peer(runtimeName, "names.ts", [name, how]);
  try {
    assert.equal(await peer.line(), "made");
    if (signal === undefined) return { end: await peer.ended(), left: countOf(names) };
    assert.equal(countOf(names), 2);
    const line = how.startsWith("handler ") ? peer.line() : undefined;
    peer.kill(signal);
    const handled = await line;
    const end = await peer.ended();
    return { end, left: countOf(names), ...(handled !== undefined && { handled }) };
  } finally {
    peer.kill("SIGKILL");
    for (const name of names.filter((name) => existsSync(pathOf(name)))) unlinkSync(pathOf(name));
  }
}

function countOf(names: readonly string[]): number {
  return names.filter((name) => existsSync(pathOf(name))).length;
}

describe("names of shared memory", { skip: !isLinux }, () => {
  for (
    const [how, code] of [["end", 0], ["closed", 0], ["exit", 3], ["throw", 1], ["reject", 1]]
  ) {
    it(`vanish with the program: ${how}`, async () => {
      const { end, left } = await namesLeft(String(how));
      assert.deepEqual([end.code, end.signal, left], [code, null, 0]);
    });
  }

  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    it(`vanish with the program: ${signal}`, async () => {
      const { end, left } = await namesLeft("wait", signal);
      assert.equal(left, 0);
      assert.equal(end.signal, signal);
    });
  }

  for (const how of ["handler first", "handler later"]) {
    it(`stay until a program that handles the signal ends: ${how}`, async () => {
      const { end, handled, left } = await namesLeft(how, "SIGTERM");
      assert.equal(handled, "handled, 2 names");
      assert.deepEqual(end, { code: 33, signal: null });
      assert.equal(left, 0);
    });
  }

  it("stay if they are those of other memory by now", async () => {
    const name = freshName();
    const peer = new Peer(runtimeName, "names.ts", [name, "wait"]);
    const { unlinkSharedMemory } = getDefaultProcessSharedBufferPrimitives();
    try {
      assert.equal(await peer.line(), "made");
      assert.equal(unlinkSharedMemory?.(name), true);
      const shared = ProcessSharedBuffer.create({ mode: "create", name, size: 64 });
      peer.kill("SIGTERM");
      await peer.ended();
      assert.equal(countOf([name, `${name}_2`]), 1);
      const again = ProcessSharedBuffer.create({ mode: "open", name, size: 64 });
      shared.bytes()[0] = 7;
      assert.equal(again.bytes()[0], 7);
      again.close();
      shared.close();
    } finally {
      peer.kill("SIGKILL");
      unlinkSharedMemory?.(name);
    }
  });

  it("stay after SIGKILL, which nobody can handle", async () => {
    const { end, left } = await namesLeft("wait", "SIGKILL");
    assert.deepEqual([end.signal, left], ["SIGKILL", 2]);
  });
});
