// Makes the pages that follow from others (deno task docs:pages), and looks whether they are current:
//
// - docs/api.md: one line for each export, out of the comments in the code;
// - llms.txt: what there is to read, for programs that read, out of docs/README.md and docs/quick-start.md;
// - llms-full.txt: all pages of docs/ in one.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { linksOf } from "./markdown.ts";
import { type DocJson, docOf, exportsOf } from "./public_names.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Where each entry point is, by what is imported; the second name of the same module is left out. */
const ENTRY_POINTS: Readonly<Record<string, string>> = {
  "knitting": "mod.ts",
  "knitting/metrics": "metrics.ts",
  "knitting/opentelemetry": "opentelemetry.ts",
  "knitting/shared-memory": "shared_memory.ts",
  "knitting/unsafe": "unsafe.ts",
  "knitting/utils": "src/utils.ts",
};

/** The pages that are made, by their paths. */
export type Pages = Readonly<Record<string, string>>;

/** What `deno doc` says of all entry points. */
export function docOfLibrary(): DocJson {
  return docOf(ROOT, Object.values(ENTRY_POINTS));
}

/** The exports that are there when a program runs. */
export function valuesOf(doc: DocJson): string[] {
  return Object.values(ENTRY_POINTS).flatMap((path) => exportsOf(doc, path))
    .filter(({ isValue }) => isValue).map(({ name }) => name);
}

/** Makes all pages. */
export function makePages(doc: DocJson): Pages {
  const api = apiPage(doc);
  const read = (path: string): string =>
    path === "docs/api.md" ? api : readFileSync(join(ROOT, path), "utf8");
  return { "docs/api.md": api, "llms.txt": llms(read), "llms-full.txt": llmsFull(read) };
}

/** Those that are not as they would be made now. */
export function stalePages(pages: Pages): string[] {
  return Object.entries(pages).filter(([path, text]) =>
    !existsSync(join(ROOT, path)) || readFileSync(join(ROOT, path), "utf8") !== text
  ).map(([path]) => `${path} is not current. To make it again: deno task docs:pages`);
}

function apiPage(doc: DocJson): string {
  const parts = [
    "# Every export",
    "Made by `deno task docs:pages` from the comments in the code, which say more: editors show them. " +
    "`knitting/task` has those of `knitting` that modules with tasks need, " +
    "`knitting/process-shared-buffer` is another name of `knitting/shared-memory`, and `knitting/browser` has " +
    "what `knitting` has. On JSR all names begin with `@vixeny/knitting`.",
  ];
  for (const [name, path] of Object.entries(ENTRY_POINTS)) {
    const all = exportsOf(doc, path);
    const table = (title: string, names: typeof all): string =>
      [`| ${title} | |`, "| - | - |"].concat(
        names.map(({ name, summary }) => `| \`${name}\` | ${summary.replaceAll("|", "\\|")} |`),
      ).join("\n");
    parts.push(`## ${name}`);
    const values = all.filter(({ isValue }) => isValue);
    const types = all.filter(({ isValue }) => !isValue);
    parts.push(table("Value", values));
    if (types.length > 0) parts.push(table("Type", types));
  }
  return format(parts.join("\n\n") + "\n");
}

/** As `deno fmt` leaves it. */
function format(markdown: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["fmt", "--ext", "md", "-"], {
    cwd: ROOT,
    encoding: "utf8",
    input: markdown,
  });
  if (status !== 0) throw new Error(`deno fmt: ${stderr}`);
  return stdout;
}

type Read = (path: string) => string;

function llms(read: Read): string {
  const index = read("docs/README.md");
  const start = read("docs/quick-start.md");
  return [
    "# knitting",
    `> ${firstParagraphOf(index)}`,
    "All of the pages below in one file: [llms-full.txt](llms-full.txt).",
    "## The essentials",
    /```ts\n[^]*?\n```/.exec(start)![0],
    fromRoot("docs/quick-start.md", sectionOf(start, "What trips people up").trim()),
    fromRoot("docs/README.md", index.slice(index.indexOf("\n## ")).trim()),
  ].join("\n\n") + "\n";
}

function llmsFull(read: Read): string {
  const pages = pagesOf(read("docs/README.md"));
  return pages.map((path) => `<!-- ${path} -->\n\n${fromRoot(path, read(path).trim())}\n`).join(
    "\n",
  );
}

/** The index, and the pages of docs/ that it leads to, in its order. */
export function pagesOf(index: string): string[] {
  const pages = linksOf(index).map(({ target }) => target)
    .filter((target) => /^[\w-]+\.md$/.test(target));
  return ["docs/README.md", ...new Set(pages.map((page) => `docs/${page}`))];
}

/** The same with relative links from the root, where the text is going to be. */
export function fromRoot(document: string, markdown: string): string {
  let text = "";
  let from = 0;
  for (const { target, at } of linksOf(markdown)) {
    const [path = "", anchor] = target.split("#");
    if (/^[a-z]+:/.test(target)) continue;
    const file = path === "" ? document : posix.join(posix.dirname(document), path);
    text += markdown.slice(from, at) + file + (anchor === undefined ? "" : `#${anchor}`);
    from = at + target.length;
  }
  return text + markdown.slice(from);
}

function firstParagraphOf(markdown: string): string {
  return markdown.split("\n\n")[1]!.replaceAll("\n", " ");
}

function sectionOf(markdown: string, heading: string): string {
  const found = markdown.split(/^## /m).find((section) => section.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`There is no section "${heading}"`);
  return found.slice(heading.length + 1);
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(makePages(docOfLibrary()))) {
    writeFileSync(join(ROOT, path), text);
    console.log(`${path}: ${text.length} characters`);
  }
}
