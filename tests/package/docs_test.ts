import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { examplesOf } from "../../scripts/examples.ts";
import { compilers, installed, nodes, type User } from "./user.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What users read, from the root. */
const DOCUMENTS: readonly string[] = [
  "README.md",
  ...readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md")).sort()
    .map((name) => `docs/${name}`),
];

/** `console.log(result); // what it prints` */
const PRINTED = /^\s*console\.log\(.*\); \/\/ (.+)$/gm;

/** Quotes and spaces differ between runtimes. */
const plain = (text: string) => text.replace(/["'\s]/g, "");

/** Programs outside of this project that examples start, and how to find out whether they may be used. */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  bwrap: ["--ro-bind", "/", "/", "true"],
  docker: ["version"],
};

function lacksTool(text: string): boolean {
  const used = Object.entries(TOOLS).filter(([tool]) => text.includes(`"${tool}"`));
  return used.some(([tool, args]) => spawnSync(tool, args).status !== 0);
}

describe("the examples of the documentation", () => {
  const examples = DOCUMENTS.flatMap((document) =>
    examplesOf(readFileSync(join(ROOT, document), "utf8")).map(({ line, files }) => ({
      place: `${document}:${line}`,
      files: files.map(({ path, text }) => ({ path: `${document}/${path}`, text })),
    }))
  );
  const files = examples.flatMap(({ files }) => files);
  /** Node cannot read `await using` before version 24. */
  const node = nodes[1] ?? nodes[0]!;
  let user: User;
  before(() => {
    user = installed();
    // The same module under its name on JSR.
    user.write(
      "node_modules/@vixeny/knitting/package.json",
      JSON.stringify({
        name: "@vixeny/knitting",
        type: "module",
        exports: { types: "./index.d.ts", default: "./index.js" },
      }),
    );
    for (const name of ["index.d.ts", "index.js"]) {
      user.write(`node_modules/@vixeny/knitting/${name}`, 'export * from "knitting";\n');
    }
    for (const { path, text } of files) user.write(path, text);
  });
  after(() => user.remove());

  it("compile", () => {
    const compilerOptions = {
      module: "nodenext",
      target: "esnext",
      lib: ["esnext", "dom"],
      types: ["node"],
      typeRoots: [join(ROOT, "node_modules/@types")],
      strict: true,
      moduleDetection: "force",
      allowImportingTsExtensions: true,
      erasableSyntaxOnly: true,
      noEmit: true,
    };
    const paths = files.map(({ path }) => path);
    assert.ok(paths.length > 20);
    user.write("package.json", JSON.stringify({ type: "module" }));
    user.write("tsconfig.json", JSON.stringify({ compilerOptions, files: paths }));
    const { code, stdout } = user.run([process.execPath, "run", "-A", compilers["7.0.2"]!]);
    assert.equal(stdout, "");
    assert.equal(code, 0);
  });

  for (const { place, files } of examples) {
    const { path, text } = files.at(-1)!;
    const expected = [...text.matchAll(PRINTED)].map(([, comment]) => plain(comment!));
    // Those for pages compile; tests/browser/ runs such pages.
    if (expected.length === 0 || text.includes('"knitting/browser"')) continue;

    it(`${place} prints what it says`, { skip: lacksTool(text) }, () => {
      const { code, stdout, stderr } = user.run([...node.command, path]);
      assert.equal(code, 0, stderr);
      const printed = stdout.trim().split("\n").map(plain);
      assert.equal(printed.length, expected.length, stdout);
      for (const [index, one] of printed.entries()) {
        assert.ok(
          one !== "" && expected[index]!.startsWith(one),
          `${one} is not ${expected[index]}`,
        );
      }
    });
  }
});
