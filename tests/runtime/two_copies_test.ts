// Two copies of the library in one program, as two packages may bring them along.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runProgram } from "../support/program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ENTRIES = ["mod.ts", "shared_memory.ts", "unsafe.ts"];

/** A folder with the library in `a` and in `b`, and a program beside them. */
function twoCopies(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "knitting-copies-"));
  for (const copy of ["a", "b"]) {
    for (const name of ["src", "prebuilds", ...ENTRIES, "deno.json"]) {
      cpSync(join(ROOT, name), join(folder, copy, name), { recursive: true });
    }
  }
  cpSync(join(ROOT, "tests/fixtures/programs/two_copies.ts"), join(folder, "two_copies.ts"));
  // What marks a project: its modules can be read.
  cpSync(join(ROOT, "deno.json"), join(folder, "deno.json"));
  return folder;
}

describe("two copies of the library in one program", () => {
  it("work side by side; what one has made the other refuses, or takes from its description", async () => {
    const folder = twoCopies();
    try {
      const program = pathToFileURL(join(folder, "two_copies.ts"));
      const { code, stdout, stderr } = await runProgram(program);
      assert.equal(code, 0, stderr);
      assert.deepEqual(stdout.split("\n"), [
        "a 9 6",
        "b 9 6",
        "careless 9 9",
        "a task of the other 49",
        "is false",
        "KNT_ERROR_3 ProcessSharedBuffer",
        "KNT_ERROR_3 BufferReference",
        "KNT_ERROR_3 Envelope",
        "from metadata 5 6",
        "the same memory 6",
        "still there 6",
        "",
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
