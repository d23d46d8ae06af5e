import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { runProgram, runtimeName } from "../support/program.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const skip = runtimeName === "node" ? false : "only Node holds a program so";

describe("a program that Node holds to permissions", { skip }, () => {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "knitting-held-"));
  after(() => rmSync(folder, { recursive: true }));
  for (const name of ["open", "closed"]) mkdirSync(join(folder, name));
  const files = ["open/a", "closed/b"].map((name) => join(folder, name));
  for (const file of files) writeFileSync(file, "");

  const narrow = ["--permission", "--allow-worker", `--allow-fs-read=${root}`]
    .concat(`--allow-fs-read=${join(folder, "open")}`);
  const run = async (permission: unknown, flags: readonly string[], env = {}): Promise<unknown> => {
    const args = [JSON.stringify(permission), ...files];
    const { stdout, stderr } = await runProgram("held.ts", { args, flags, env, cwd: root });
    assert.ok(stdout.startsWith("{"), stderr);
    return JSON.parse(stdout);
  };
  const everything = { mode: "custom", read: true, denyRead: [] };

  it("gives its threads no more than it has", async () => {
    const expected = { host: [true, false], thread: [true, false] };
    assert.deepEqual(await run(everything, narrow), expected);
    assert.deepEqual(await run(everything, [], { NODE_OPTIONS: narrow.join(" ") }), expected);
  });

  it("gives them what the policy says, if that is less", async () => {
    const expected = { host: [true, false], thread: [false, false] };
    assert.deepEqual(await run("strict", narrow), expected);
    assert.deepEqual(await run("strict", [], { NODE_OPTIONS: narrow.join(" ") }), expected);
    const all = ["--permission", "--allow-worker", "--allow-fs-read=*"];
    const options = { NODE_OPTIONS: all.join(" ") };
    assert.deepEqual(await run("strict", [], options), {
      host: [true, true],
      thread: [false, false],
    });
  });

  it("does not hold them with unsafe", async () => {
    const expected = { host: [true, false], thread: [true, true] };
    assert.deepEqual(await run("unsafe", narrow), expected);
    assert.deepEqual(await run("unsafe", [], { NODE_OPTIONS: narrow.join(" ") }), expected);
  });
});
