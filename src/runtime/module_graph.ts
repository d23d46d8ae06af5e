/**
 * Which files modules import, as far as their text tells.
 *
 * @module
 */

import { fileURLToPath, pathToFileURL } from "node:url";
import { fileSystem } from "./builtins.ts";

/** `from "./a.ts"`, `import "./a.ts"`, `import("./a.ts")` and `require("./a")`; minifiers like backticks. */
const IMPORT =
  /(?:\bfrom|\bimport|\bimport\s*\(|\brequire\s*\()\s*(["'`])((?:\.{0,2}\/|file:)[^"'`\n]+)\1/g;
/** What `require` adds to a name. */
const ENDINGS = ["", ".js", ".json", ".node", ".cjs", ".mjs", ".ts", "/index.js", "/index.ts"];
/** More is a mistake, or not written by hand. */
const MOST_FILES = 10_000;
const MOST_BYTES = 2 ** 20;

/** These files and all that they import by a path, directly or not. Computed paths are not found. */
export function withImports(files: readonly string[]): readonly string[] {
  const found = new Set(files);
  for (const file of found) {
    if (found.size > MOST_FILES) break; // not covered: only with thousands of files
    for (const path of importsOf(file)) found.add(path);
  }
  return [...found];
}

function importsOf(file: string): readonly string[] {
  const text = textOf(file);
  if (text === undefined) return [];
  const base = pathToFileURL(file);
  return [...text.matchAll(IMPORT)].flatMap(([, , specifier]) => {
    const path = pathOf(specifier!, base);
    const existing = path && ENDINGS.map((ending) => path + ending).find(isFile);
    return existing === undefined || existing === "" ? [] : [existing];
  });
}

function pathOf(specifier: string, base: URL): string | undefined {
  try {
    const url = new URL(specifier, base);
    url.search = url.hash = "";
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

function isFile(path: string): boolean {
  try {
    return fileSystem().statSync(path).isFile();
  } catch {
    return false;
  }
}

function textOf(file: string): string | undefined {
  if (!/\.[cm]?[jt]sx?$/.test(file)) return undefined;
  const { readFileSync, statSync } = fileSystem();
  try {
    return statSync(file).size > MOST_BYTES ? undefined : readFileSync(file, "utf8"); // not covered: only with very large files
  } catch {
    return undefined;
  }
}
