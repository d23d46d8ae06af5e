import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { examplesOf } from "../../scripts/examples.ts";

const block = (text: string, language = "ts") => "```" + language + "\n" + text + "\n```\n";

/** The paths of each example. */
function pathsOf(markdown: string): string[][] {
  return examplesOf(markdown).map(({ files }) => files.map(({ path }) => path));
}

describe("examplesOf", () => {
  it("finds blocks of TypeScript, at their lines", () => {
    const [example] = examplesOf("# title\n\n" + block("const a = 1;") + block("ls", "sh"));
    assert.deepEqual(example, {
      line: 4,
      files: [{ path: "line_4/example.ts", text: "\n\n\nconst a = 1;\n" }],
    });
  });

  it("puts named blocks together", () => {
    const markdown = block("// a.ts") + "and\n" + block("// b.ts");
    assert.deepEqual(pathsOf(markdown), [["line_2/a.ts", "line_2/b.ts"]]);
  });

  it("starts a new example for a name that is taken, and for a block without one", () => {
    const markdown = block("// a.ts") + block("// a.ts") + block("f();") + block("// b.ts");
    assert.deepEqual(pathsOf(markdown), [
      ["line_2/a.ts"],
      ["line_5/a.ts"],
      ["line_8/example.ts"],
      ["line_11/b.ts"],
    ]);
  });

  it("starts a new example below a heading, and not at a comment in a shell script", () => {
    const named = block("// a.ts") + block("# comment", "sh") + block("// b.ts");
    const markdown = named + "## more\n" + block("// c.ts");
    assert.deepEqual(pathsOf(markdown), [["line_2/a.ts", "line_2/b.ts"], ["line_12/c.ts"]]);
  });
});
