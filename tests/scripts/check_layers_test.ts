import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { checkLayers } from "../../scripts/check_layers.ts";

/** Writes the files to a new folder and returns what the check says, as "path:line: message". */
async function check(files: Record<string, string>): Promise<string[]> {
  const root = mkdtempSync(join(realpathSync(tmpdir()), "knitting-layers-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const violations = await checkLayers(root);
    return violations.map(({ path, line, message }) => `${path}:${line}: ${message}`);
  } finally {
    rmSync(root, { recursive: true });
  }
}

describe("checkLayers", () => {
  it("accepts an empty tree", async () => {
    assert.deepEqual(await check({ "README.md": "" }), []);
  });

  it("accepts imports that follow the table", async () => {
    const violations = await check({
      "mod.ts": `export * from "./src/api/a.ts";`,
      "src/api/a.ts": `import type { Rule } from "../safety/b.ts";\nimport "../pool/c.ts";`,
      "src/pool/c.ts": `import "./d.ts";\nimport "../errors.ts";`,
      "src/pool/d.ts": `export const lazy = () => import("../codec/e.ts");`,
      "src/runtime/f.ts": `import process from "node:process";\nprocess.cwd();\nDeno.cwd();`,
    });
    assert.deepEqual(violations, []);
  });

  it("reports every kind of import of a room that is not in the table", async () => {
    const violations = await check({
      "src/pool/a.ts": [
        `import { b } from "../worker/b.ts";`,
        `import type { B } from "../worker/b.ts";`,
        `export * from "../worker/b.ts";`,
        `export type { C } from "../worker/b.ts";`,
        `const lazy = import("../worker/b.ts");`,
        `type D = import("../worker/b.ts").D;`,
        `typeof import("../worker/b.ts");`,
        `let e: typeof import("../worker/b.ts");`,
      ].join("\n"),
    });
    const message = `pool may not import worker ("../worker/b.ts")`;
    assert.deepEqual(
      violations,
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `src/pool/a.ts:${n}: ${message}`),
    );
  });

  it("reports rooms that the table does not know, and files outside of src/", async () => {
    const violations = await check({
      "src/common/a.ts": `import "../errors.ts";`,
      "src/transport/b.ts": `import "../../scripts/test.ts";\nimport "../common/a.ts";`,
    });
    assert.deepEqual(violations, [
      `src/common/a.ts:1: room "common" is not in the table of check_layers.ts`,
      `src/transport/b.ts:1: "../../scripts/test.ts" is outside of src/`,
      `src/transport/b.ts:2: transport may not import common ("../common/a.ts")`,
    ]);
  });

  it("keeps what is for browsers out of everything else", async () => {
    const violations = await check({
      "browser.ts": `import "./src/worker/browser_entry.ts";`,
      "src/worker/browser_entry.ts": `import "../runtime/browser_threads.ts";\nimport "./a.ts";`,
      "src/worker/a.ts": `import "../runtime/browser_threads.ts";\nimport "../runtime/threads.ts";`,
    });
    assert.deepEqual(violations, [
      `src/worker/a.ts:1: "../runtime/browser_threads.ts" is for browsers, and would run elsewhere`,
    ]);
  });

  it("reports imports that are not relative or lack the .ts ending", async () => {
    const violations = await check({
      "src/codec/a.ts": `import "node:fs";\nimport "tinypool";\nimport "./b";\nimport "./b.js";`,
      "src/runtime/b.ts": `import "node:fs";\nimport "npm:tinypool";\nimport "bun";`,
    });
    assert.deepEqual(violations, [
      `src/codec/a.ts:1: "node:fs" may be imported only in src/runtime/`,
      `src/codec/a.ts:2: "tinypool" is not a relative import`,
      `src/codec/a.ts:3: "./b" does not end in ".ts"`,
      `src/codec/a.ts:4: "./b.js" does not end in ".ts"`,
      `src/runtime/b.ts:2: "npm:tinypool" is not a relative import`,
      `src/runtime/b.ts:3: "bun" is not a relative import`,
    ]);
  });

  it("reports cycles between files, but not those of types", async () => {
    const violations = await check({
      "src/codec/a.ts": `import "./b.ts";`,
      "src/codec/b.ts": `\nimport "./c.ts";`,
      "src/codec/c.ts": `import "./a.ts";`,
      "src/transport/a.ts": `import "./b.ts";`,
      "src/transport/b.ts": `import type { A } from "./a.ts";`,
    });
    assert.deepEqual(violations, [
      "src/codec/c.ts:1: cycle: src/codec/a.ts -> src/codec/b.ts -> src/codec/c.ts -> src/codec/a.ts",
    ]);
  });

  it("reports the globals of runtimes outside of src/runtime/", async () => {
    const violations = await check({
      "src/pool/a.ts": [
        `Deno.cwd();`,
        `export const b = { process };`,
        `let c: Buffer | undefined;`,
        `let d: typeof Bun;`,
        `typeof navigator;`,
        `globalThis.Deno;`,
        `(globalThis as unknown as { Bun: string })["Bun"];`,
        `"Deno" in globalThis;`,
        `const { process: e } = globalThis;`,
        `let f: Deno.Command;`,
      ].join("\n"),
    });
    const names = "Deno process Buffer Bun navigator Deno Bun Deno process Deno".split(" ");
    assert.deepEqual(
      violations,
      names.map((name, i) => `src/pool/a.ts:${i + 1}: "${name}" may be named only in src/runtime/`),
    );
  });

  it("accepts the same names when they are something else", async () => {
    const violations = await check({
      "src/pool/a.ts": [
        `import { Buffer } from "../transport/b.ts";`,
        `import type { Deno } from "../transport/b.ts";`,
        `const processes = [{ process: 1, Bun: 2 }];`,
        `export const c = (process: Deno) => ({ process, x: process.Bun, y: new Buffer() });`,
        `for (const { process } of processes) c(process);`,
        `interface Options { process: string; navigator(): void }`,
        `class Pool { process = 1; Bun(o: Options) { return this.process + o.process; } }`,
        `// Deno.cwd()`,
        `const s = "Deno" + \`Bun\`;`,
      ].join("\n"),
    });
    assert.deepEqual(violations, []);
  });
});
