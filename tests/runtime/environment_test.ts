import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
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
