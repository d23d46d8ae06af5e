// Checks the examples that users read:
//
// - the ```ts blocks of the Markdown files are type-checked, with `knitting` meaning this folder;
//   "```ts ignore" opts out. A block that starts with a file name in a comment ("// main.ts") can
//   be imported by the named blocks right before and after it, below the same heading.
// - the examples in the comments of the entry points and src/ are type-checked in the same way, and
//   run. Not by `deno test --doc`: it runs them from memory, where workers cannot import them.
//
// and that what they read is complete:
//
// - relative links and anchors lead somewhere;
// - every option has a row of a table in docs/, and every code of an error, and every export that is there when
//   a program runs, stands in a page that somebody wrote;
// - docs/README.md leads to every page, and the pages that are made from others are current.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { deadLinks } from "./check_links.ts";
import { docOfLibrary, makePages, pagesOf, stalePages, valuesOf } from "./docs_pages.ts";
import { examplesOf } from "./examples.ts";
import { unmentioned } from "./mentions.ts";
import { type DocJson, optionsOf, textsOf } from "./public_names.ts";
import { runDeno } from "./runtimes.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUTPUT = ".tmp/docs";

function findDocuments(): string[] {
  const docs = existsSync(join(ROOT, "docs"))
    ? readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    : [];
  return ["README.md", "CHANGELOG.md", "src/README.md", ...docs.map((path) => join("docs", path))]
    .filter((path) => path.endsWith(".md") && existsSync(join(ROOT, path)));
}

/** Where links are looked at. */
function findLinked(): string[] {
  const others = [
    "CONTRIBUTING.md",
    "SECURITY.md",
    "bench/README.md",
    "examples/README.md",
    "ffi/README.md",
    "llms.txt",
    "llms-full.txt",
  ].filter((path) => existsSync(join(ROOT, path)));
  return [...findDocuments(), ...others];
}

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

function findDeadLinks(): string[] {
  const tree = { read, exists: (path: string) => existsSync(join(ROOT, path)) };
  return findLinked().flatMap((document) => deadLinks(document, tree));
}

/** What stands in no page of docs/ that somebody wrote. */
function findUnmentioned(doc: DocJson): string[] {
  const pages = findDocuments().filter((path) =>
    path.startsWith("docs") && posix.basename(path) !== "api.md"
  );
  const names = {
    options: optionsOf(doc, "mod.ts", "Options"),
    words: [
      ...textsOf(doc, "mod.ts", "KnittingErrorCode"),
      ...valuesOf(doc),
      ...["TaskOptions", "ImportTaskOptions", "CallOptions"]
        .flatMap((name) => optionsOf(doc, "mod.ts", name))
        .map((path) => path.slice(path.lastIndexOf(".") + 1)),
    ],
  };
  return unmentioned(pages.map(read).join("\n"), names);
}

function findUnlisted(): string[] {
  const listed = new Set(pagesOf(read("docs/README.md")));
  return findDocuments().filter((path) => path.startsWith("docs") && !listed.has(path))
    .map((path) => `docs/README.md does not lead to ${path}`);
}

function findSources(entryPoints: readonly string[]): string[] {
  return [
    ...entryPoints,
    ...readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
      .map((path) => join("src", path)),
  ].filter((path) => path.endsWith(".ts"));
}

/** What the comments of a source say, on the same lines. */
function commentsOf(source: string): string {
  let inside = false;
  return source.split("\n").map((line) => {
    inside ||= /^\s*\/\*\*/.test(line);
    const text = inside ? line.replace(/^\s*(?:\/\*\*|\*\/|\*) ?/, "") : "";
    if (line.includes("*/")) inside = false;
    return text;
  }).join("\n");
}

/** Writes the blocks of a document and returns the files. */
function writeBlocks(document: string): string[] {
  const content = readFileSync(join(ROOT, document), "utf8");
  const markdown = document.endsWith(".ts") ? commentsOf(content) : content;
  return examplesOf(markdown).flatMap(({ files }) => files).map(({ path, text }) => {
    const file = join(OUTPUT, document, path);
    mkdirSync(join(ROOT, dirname(file)), { recursive: true });
    writeFileSync(join(ROOT, file), text);
    return file;
  });
}

/** Like deno.json, but the package's names lead here, and examples need not use every variable. */
function writeConfig(exports: Record<string, string>, compilerOptions: object): string {
  const imports: Record<string, string> = {};
  for (const name of ["knitting", "@vixeny/knitting", "npm:knitting", "jsr:@vixeny/knitting"]) {
    for (const [subpath, file] of Object.entries(exports)) {
      imports[posix.join(name, subpath)] = `../../${file}`;
    }
  }
  const config = join(OUTPUT, "deno.json");
  const content = {
    nodeModulesDir: "none",
    lock: false,
    imports,
    compilerOptions: { ...compilerOptions, noUnusedLocals: false, noUnusedParameters: false },
  };
  writeFileSync(join(ROOT, config), JSON.stringify(content, null, 2));
  return config;
}

function main(): void {
  rmSync(join(ROOT, OUTPUT), { recursive: true, force: true });
  mkdirSync(join(ROOT, OUTPUT), { recursive: true });
  const { exports, compilerOptions } = JSON.parse(readFileSync(join(ROOT, "deno.json"), "utf8"));
  const config = writeConfig({ ...exports, "./browser": "./browser.ts" }, compilerOptions);
  const inDocuments = findDocuments().flatMap(writeBlocks);
  const inComments = findSources(Object.values<string>(exports)).flatMap(writeBlocks);
  const files = [...inDocuments, ...inComments];
  const checked = files.length === 0 ||
    runDeno(ROOT, ["check", "--quiet", "--config", config, ...files]);
  const failed = inComments.filter((file) =>
    !runDeno(ROOT, ["run", "-A", "--config", config, file])
  );
  const doc = docOfLibrary();
  const faults = [
    ...failed.map((file) => `Failed: ${file}`),
    ...findDeadLinks(),
    ...findUnmentioned(doc),
    ...findUnlisted(),
    ...stalePages(makePages(doc)),
  ];
  for (const fault of faults) console.error(fault);
  console.log(
    `Docs: ${inDocuments.length} blocks in Markdown, ${inComments.length} in comments, ` +
      `links of ${findLinked().length} documents`,
  );
  process.exitCode = checked && faults.length === 0 ? 0 : 1;
}

if (import.meta.main) main();
