import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runProgram } from "../support/program.ts";

const HOST_LINE = "host: printed elsewhere\n";

/** What a program prints whose worker prints in every way. */
async function outputOf(
  permission?: unknown,
  env: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string }> {
  const args = permission === undefined ? [] : [JSON.stringify(permission)];
  const { code, late, stdout, stderr } = await runProgram("console_output.ts", { args, env });
  assert.deepEqual([code, late], [0, false], stderr);
  return { stdout, stderr };
}

const silent: unknown[] = [
  undefined,
  "strict",
  { mode: "strict" },
  { mode: "custom" },
  { console: false },
  { mode: "unsafe", console: false },
];
const loud: unknown[] = [
  "unsafe",
  { mode: "unsafe" },
  { console: true },
  { mode: "custom", console: true },
];
const show = (permission: unknown): string =>
  permission === undefined ? "no permission option" : `permission: ${JSON.stringify(permission)}`;

describe("the console of a worker", () => {
  for (const permission of silent) {
    it(`prints nothing with ${show(permission)}`, async () => {
      assert.deepEqual(await outputOf(permission), { stdout: HOST_LINE, stderr: "" });
    });
  }

  for (const permission of loud) {
    it(`prints with ${show(permission)}`, async () => {
      const { stdout, stderr } = await outputOf(permission);
      const both = stdout + stderr;
      // Not trace, of which Bun prints only where it was called.
      const ways = ["log", "info", "debug", "warn", "error", "dir", "group", "count", "table"];
      for (const way of [...ways.map((name) => `by ${name}`), "by node:console", "at import"]) {
        assert.ok(both.includes(`printed ${way}`), `${way} is missing in:\n${both}`);
      }
      assert.ok(stdout.includes(HOST_LINE), stdout);
    });
  }

  it("prints nothing while diagnostics are written to standard error", async () => {
    const { stdout, stderr } = await outputOf("strict", { KNITTING_DEBUG: "lifecycle,imports" });
    assert.equal(stdout, HOST_LINE);
    assert.match(stderr, /^\[w0·\w+·\+\d+\.\dms\] imports: /m);
    assert.doesNotMatch(stderr, /printed/);
  });
});
