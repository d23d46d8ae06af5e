import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { withImports } from "../../src/runtime/module_graph.ts";

const folder = mkdtempSync(join(tmpdir(), "knitting-imports-"));
after(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("what modules import", () => {
  it("is followed as far as there are files", () => {
    const b = write("b.js", 'import "./a.js"; import "./none.js"; import "file://%/c.js";');
    const a = write("a.js", 'export * from "./b.js"; import("./data.json");');
    const data = write("data.json", "{}");
    assert.deepEqual(withImports([a]), [a, b, data]);
    assert.deepEqual(withImports([join(folder, "none.js")]), [join(folder, "none.js")]);
  });
});
