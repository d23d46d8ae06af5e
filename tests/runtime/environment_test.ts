import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, describe, it } from "node:test";
import { optionsWithoutPermissions } from "../../src/runtime/node_permissions.ts";
import { variablesFromFiles } from "../../src/runtime/environment.ts";

const folder = mkdtempSync(join(tmpdir(), "knitting-environment-"));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("files with variables", () => {
  it("count in their order, and need not be there", () => {
    const first = write("first.env", "A=1\nB=2\n");
    const second = write("second.env", "B=3\n");
    const none = join(folder, "none.env");
    assert.deepEqual({ ...variablesFromFiles([first, none, second]) }, { A: "1", B: "3" });
  });

  it("must be files if they are there", () => {
    assert.throws(() => variablesFromFiles([folder]));
  });
});

describe("NODE_OPTIONS for programs that have permissions of their own", () => {
  const { NODE_OPTIONS } = process.env;
  after(() => {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  });

  const cases: [given: string | undefined, kept: string | undefined][] = [
    [undefined, undefined],
    ["", undefined],
    ["--no-warnings", undefined],
    ["--permission --no-warnings", "--no-warnings"],
    ['--allow-fs-read "/a b" --title "x \\"y\\"" --allow_fs_write=/c', '--title "x \\"y\\""'],
  ];
  for (const [given, kept] of cases) {
    it(`are ${kept ?? "as they were"}: ${given}`, () => {
      if (given === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = given;
      assert.equal(optionsWithoutPermissions(), kept);
    });
  }
});
