import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deadLinks } from "../../scripts/check_links.ts";
import { fromRoot, pagesOf } from "../../scripts/docs_pages.ts";
import { anchorsOf, linksOf } from "../../scripts/markdown.ts";
import { unmentioned } from "../../scripts/mentions.ts";
import { pageOf, sidebarOf, stagePage } from "../../scripts/site_pages.ts";
import { type DocJson, exportsOf, optionsOf, textsOf } from "../../scripts/public_names.ts";

describe("anchorsOf", () => {
  const ANCHORS: readonly (readonly [heading: string, anchor: string])[] = [
    ["Who enforces it", "who-enforces-it"],
    ["Moving buffers: `knitting/unsafe`", "moving-buffers-knittingunsafe"],
    ["What [it](a.md) does, and why", "what-it-does-and-why"],
    ["a_b-c  d", "a_b-c--d"],
    ["Größe", "größe"],
  ];
  for (const [heading, anchor] of ANCHORS) {
    it(`of "${heading}" is ${anchor}`, () => {
      assert.deepEqual(anchorsOf(`# ${heading}\n`), [anchor]);
    });
  }

  it("count headings that are the same, and leave out what is no heading", () => {
    const markdown = "# a\n## A\n```sh\n# b\n```\n~~~\n```\n# c\n~~~\n#d\n### a\n";
    assert.deepEqual(anchorsOf(markdown), ["a", "a-1", "a-2"]);
  });
});

describe("linksOf", () => {
  it("finds links and images, at their places", () => {
    const markdown = "a [b](c.md#d)\n\n![e](f.svg) and [`g`](h.md 'i') [j](k.md \"l\")\n";
    const found = linksOf(markdown);
    assert.deepEqual(
      found.map(({ line, target, isImage }) => [line, target, isImage]),
      [[1, "c.md#d", false], [3, "f.svg", true], [3, "h.md", false], [3, "k.md", false]],
    );
    for (const { at, target } of found) assert.ok(markdown.startsWith(target, at));
  });

  it("finds an image that is a link", () => {
    assert.deepEqual(
      linksOf("[![a](b.svg)](c.md)").map(({ target, isImage }) => [target, isImage]),
      [["b.svg", true], ["c.md", false]],
    );
  });

  it("leaves out code and comments", () => {
    const hidden = "`[a](b)` ``[c]`(d)``\n\n```ts\n[e](f)\n```\n<!-- [g](h)\n[i](j) -->\n";
    assert.deepEqual(linksOf(hidden), []);
    assert.equal(linksOf(hidden + "[k](l)")[0]!.line, 8);
  });
});

describe("deadLinks", () => {
  const documents: Readonly<Record<string, string>> = {
    "docs/a.md": "# A\n## Two words\n",
    "README.md": "",
  };
  const tree = (links: string) => ({
    read: (path: string) => path === "docs/b.md" ? `# B\n${links}\n` : documents[path],
    exists: (path: string) => path in documents || path === "docs/b.md" || path === "docs",
  });

  for (
    const link of [
      "a.md",
      "a.md#two-words",
      "#b",
      "./a.md",
      "../README.md",
      "../docs",
      "https://example.com/#x",
      "mailto:a@example.com",
    ]
  ) {
    it(`lets [x](${link}) pass`, () => {
      assert.deepEqual(deadLinks("docs/b.md", tree(`[x](${link})`)), []);
    });
  }

  const DEAD: readonly (readonly [link: string, said: string])[] = [
    ["c.md", "is not there"],
    ["a.md#two", "names a heading that is not there"],
    ["#a", "names a heading that is not there"],
    ["../../other/README.md", "leads out of the project"],
    ["/README.md", "leads out of the project"],
    ["../docs#a", "has an anchor, and is no Markdown"],
  ];
  for (const [link, said] of DEAD) {
    it(`says that [x](${link}) ${said}`, () => {
      assert.deepEqual(deadLinks("docs/b.md", tree(`[x](${link})`)), [
        `docs/b.md:2: ${link} ${said}`,
      ]);
    });
  }
});

describe("unmentioned", () => {
  const page = "`a.d` and `f(x)`\n\n```ts\nconst g = 1;\n```\na.c h\n\n" +
    "| Option | Effect |\n| - | - |\n| `a.b`, `a.e` | as `a` |\n";

  it("finds options that are in no first cell, in full", () => {
    const options = ["a.b", "a.e", "a", "a.c", "a.d"];
    assert.deepEqual(unmentioned(page, { options, words: [] }), [
      "docs/ has no row of a table for the option `a`",
      "docs/ has no row of a table for the option `a.c`",
      "docs/ has no row of a table for the option `a.d`",
    ]);
  });

  it("finds words that are in no code", () => {
    assert.deepEqual(unmentioned(page, { options: [], words: ["f", "g", "h"] }), [
      "docs/ does not mention h",
    ]);
  });
});

describe("fromRoot", () => {
  it("leads from another folder to the same places", () => {
    assert.equal(
      fromRoot("docs/a.md", "[b](b.md#c) [d](../e.md) [f](#g) [h](https://example.com/i)"),
      "[b](docs/b.md#c) [d](e.md) [f](docs/a.md#g) [h](https://example.com/i)",
    );
  });
});

describe("pagesOf", () => {
  it("are the index and what it leads to in its folder, once each", () => {
    assert.deepEqual(
      pagesOf("[b](b.md) [a](a.md) [b](b.md#x) [b](b.md) [c](../c.md) [d](https://d/e.md)"),
      ["docs/README.md", "docs/b.md", "docs/a.md"],
    );
  });
});

describe("the site", () => {
  const PAGES: readonly (readonly [document: string, page: string])[] = [
    ["docs/README.md", "index.md"],
    ["docs/tasks.md", "tasks.md"],
    ["src/README.md", "src.md"],
    ["bench/results/README.md", "bench/results.md"],
    ["CHANGELOG.md", "changelog.md"],
  ];
  for (const [document, page] of PAGES) {
    it(`has ${document} as ${page}`, () => assert.equal(pageOf(document), page));
  }

  it("has links between pages, and to files that it has", () => {
    const markdown = "[a](../docs/a.md#b) ![p](P.svg) [l](../LICENSE) [h](#h) [w](https://w/)";
    assert.deepEqual(stagePage("bench/README.md", markdown), {
      text: "[a](./a.md#b) ![p](./bench/p.svg) [l](/LICENSE) [h](#h) [w](https://w/)",
      others: ["docs/a.md", "bench/P.svg", "LICENSE"],
    });
  });

  it("has a menu like the index", () => {
    const index = "# A\n\n[x](x.md)\n\n## B\n\n- [c](c.md): d\n- [e](../f/README.md)\n\n## G\n";
    assert.deepEqual(sidebarOf(index), [
      { text: "B", items: [{ text: "C", link: "/c" }, { text: "E", link: "/f" }] },
      { text: "G", items: [] },
    ]);
  });
});

describe("what deno doc says", () => {
  const ref = (typeName: string) => ({ kind: "typeRef", value: { typeName } });
  const text = (string: string) => ({ kind: "literal", value: { kind: "string", string } });
  const field = (name: string, tsType: object) => ({ name, tsType });
  const old = { jsDoc: { tags: [{ kind: "deprecated" }] } };
  const symbol = (name: string, kind: string, def: object, doc = "") => ({
    name,
    declarations: [{ kind, jsDoc: { doc }, def }],
  });
  const doc = {
    nodes: {
      "file:///x/mod.ts": {
        symbols: [
          symbol("Options", "interface", {
            properties: [
              field("a", { kind: "keyword" }),
              field("b", ref("Inner")),
              field("c", { kind: "union", value: [text("x"), ref("Inner")] }),
              { ...field("d", ref("Inner")), ...old },
            ],
          }),
          symbol("Inner", "interface", {
            properties: [
              field("e", {
                kind: "typeLiteral",
                value: { properties: [field("f", { kind: "keyword" })] },
              }),
            ],
          }),
          symbol("Code", "typeAlias", {
            tsType: { kind: "union", value: [text("ONE"), text("TWO")] },
          }),
          symbol("make", "function", {}, "Makes {@linkcode Inner},\nor none. Not two."),
        ],
      },
    },
  } as unknown as DocJson;

  it("gives options with their paths", () => {
    assert.deepEqual(optionsOf(doc, "mod.ts", "Options"), ["a", "b.e.f", "c", "c.e.f", "d"]);
  });

  it("gives the texts of a union", () => {
    assert.deepEqual(textsOf(doc, "mod.ts", "Code"), ["ONE", "TWO"]);
  });

  it("gives exports with the first sentence of what is said of them", () => {
    assert.deepEqual(
      exportsOf(doc, "mod.ts").map(({ name, isValue, summary }) => [name, isValue, summary]),
      [
        ["Code", false, ""],
        ["Inner", false, ""],
        ["Options", false, ""],
        ["make", true, "Makes `Inner`, or none"],
      ],
    );
  });

  it("is missing for a module that was not asked for", () => {
    assert.throws(() => exportsOf(doc, "other.ts"), /says nothing of other\.ts/);
  });
});
