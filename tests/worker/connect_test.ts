import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseProcessBoot } from "../../src/runtime/handshake.ts";
import { boot } from "../../src/worker/boot.ts";
import type { WorkerHost } from "../../src/worker/host.ts";
import { runProgram } from "../support/program.ts";

const entry = new URL("../../src/worker/entry.ts", import.meta.url);

describe("a worker process that is not told where its host is", () => {
  const forwarded = { KNITTING_PROCESS_WORKER: "1" };
  const cases: [what: string, env: Record<string, string>, message: RegExp][] = [
    ["nothing at all", {}, /missing process worker boot payload: KNITTING_PROCESS_WORKER is not/],
    ["no payload", forwarded, /missing process worker boot payload: KNITTING_PROCESS_WORKER_BOOT/],
    [
      "another payload",
      { ...forwarded, KNITTING_PROCESS_WORKER_BOOT: "{}" },
      /invalid process worker boot payload: expected version 2/,
    ],
  ];
  for (const [what, env, message] of cases) {
    it(`fails with what is missing: ${what}`, async () => {
      const { code, stderr } = await runProgram(entry, { env });
      assert.equal(code, 1);
      assert.match(stderr, message);
    });
  }
});

describe("what a worker process is told of its host", () => {
  const sizes = { slotCount: 8, regionBytes: 64, usualBytes: 64, signalCount: 0 };
  const right = { version: 2, name: null, sizes, bootBytes: 0, hostProcess: 1 };
  const wrong: [what: string, text: string][] = [
    ["no JSON", "{"],
    ["no object", "5"],
    ["no sizes", JSON.stringify({ ...right, sizes: null })],
    ["a name that is none", JSON.stringify({ ...right, name: 5 })],
    ["a count below 0", JSON.stringify({ ...right, bootBytes: -1 })],
    ["half a slot", JSON.stringify({ ...right, sizes: { ...sizes, slotCount: 0.5 } })],
  ];
  for (const [what, text] of wrong) {
    it(`is refused: ${what}`, () => {
      assert.throws(() => parseProcessBoot(text), /^Error: invalid process worker boot payload: /);
    });
  }

  it("is read", () => {
    assert.deepEqual(parseProcessBoot(JSON.stringify(right)), right);
  });
});

describe("a worker that does not speak the protocol of its host", () => {
  it("fails aloud if it cannot tell the host", async () => {
    const host = { boot: { protocol: 1 }, post: undefined } as unknown as WorkerHost;
    await assert.rejects(boot(host), /must load the same version of knitting/);
  });
});
