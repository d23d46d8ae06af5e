import assert from "node:assert/strict";
import { describe, it } from "node:test";
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

describe("a worker that does not speak the protocol of its host", () => {
  it("fails aloud if it cannot tell the host", async () => {
    const host = { boot: { protocol: 1 }, post: undefined } as unknown as WorkerHost;
    await assert.rejects(boot(host), /must load the same version of knitting/);
  });
});
