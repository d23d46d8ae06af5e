// Checks the examples that users read:
//
// - the ```ts blocks of the Markdown files are type-checked, with `knitting` meaning this folder;
//   "```ts ignore" opts out. A block that starts with a file name in a comment ("// main.ts") can
//   be imported by the named blocks right before and after it.
// - the examples in the comments of the entry points and src/ are type-checked in the same way, and
//   run. Not by `deno test --doc`: it runs them from memory, where workers cannot import them.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runDeno } from "./runtimes.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OUTPUT = ".tmp/docs";

interface Block {
  /** Where its first line stands in the document, counted from 1. */
  line: number;
  lines: string[];
  /** The file that its first line names. */
  name: string | undefined;
}

function findDocuments(): string[] {
  const docs = existsSync(join(ROOT, "docs"))
    ? readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    : [];
  return ["README.md", "CHANGELOG.md", "src/README.md", ...docs.map((path) => join("docs", path))]
    .filter((path) => path.endsWith(".md") && existsSync(join(ROOT, path)));
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

function findBlocks(markdown: string): Block[] {
  const blocks: Block[] = [];
  let fence = ""; // of the block that we are in
  let block: Block | undefined; // undefined in blocks of other languages
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    const text = line.trim();
    if (fence !== "") {
      if (text.startsWith(fence) && text === fence[0]!.repeat(text.length)) fence = "";
      else block?.lines.push(line);
      continue;
    }
    const opening = /^(`{3,}|~{3,})\s*(.*)$/.exec(text);
    if (opening === null) continue;
    fence = opening[1]!;
    block = opening[2] === "ts" ? { line: index + 2, lines: [], name: undefined } : undefined;
    if (block !== undefined) blocks.push(block);
  }
  for (const one of blocks) one.name = /^\s*\/\/ ([\w./-]+\.ts)\s*$/.exec(one.lines[0] ?? "")?.[1];
  return blocks;
}

/** Writes the blocks of a document and returns the files. */
function writeBlocks(document: string): string[] {
  const files: string[] = [];
  let folder = "";
  let taken = new Set<string>();
  const content = readFileSync(join(ROOT, document), "utf8");
  const markdown = document.endsWith(".ts") ? commentsOf(content) : content;
  for (const { line, lines, name } of findBlocks(markdown)) {
    // A block without a name, or a name for the second time, starts a new example.
    if (folder === "" || name === undefined || taken.has(name)) {
      folder = join(OUTPUT, document, `line_${line}`);
      taken = new Set();
    }
    const file = join(folder, name ?? "example.ts");
    mkdirSync(join(ROOT, dirname(file)), { recursive: true });
    // As many lines before the block as in the document, so that errors tell the right one.
    writeFileSync(join(ROOT, file), "\n".repeat(line - 1) + lines.join("\n") + "\n");
    files.push(file);
    if (name === undefined) folder = "";
    else taken.add(name);
  }
  return files;
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
  const config = writeConfig(exports, compilerOptions);
  const inDocuments = findDocuments().flatMap(writeBlocks);
  const inComments = findSources(Object.values<string>(exports)).flatMap(writeBlocks);
  const files = [...inDocuments, ...inComments];
  const checked = files.length === 0 ||
    runDeno(ROOT, ["check", "--quiet", "--config", config, ...files]);
  const failed = inComments.filter((file) =>
    !runDeno(ROOT, ["run", "-A", "--config", config, file])
  );
  for (const file of failed) console.error(`Failed: ${file}`);
  console.log(`Docs: ${inDocuments.length} blocks in Markdown, ${inComments.length} in comments`);
  process.exitCode = checked && failed.length === 0 ? 0 : 1;
}

if (import.meta.main) main();
